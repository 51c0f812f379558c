"""A million payloads over every decoder: only typed refusals, no crash, no hang, bounded memory."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode.many import FORMATS
from tests.firmware_specs.making.senml import numbered
from tests.firmware_specs.making.tic_frames import group, old
from tests.firmware_specs.making.vector import SENML_CBOR, SENML_JSON, TIC
from tests.fuzzing.mutation import with_checksums
from tests.fuzzing.way import Sent, Way, seeds

PAYLOADS = 1_000_000
#: Found by coverage, where the fuzzer is to be had; else the mutator makes up for it.
GUIDED = 20_000
ROOT = Path(__file__).resolve().parents[2]
SEED = 20_261_124
LIVE = "somel/v1/1/gw-0001/live"
WAY = Way()

LABELS = st.sampled_from(["ADSC", "DATE", "EAST", "URMS1", "CCASN", "CCASN-1", "STGE", "SMAXSN", "NGTF", "NEW"])
DATA = st.sampled_from(["021976000001", "012345678", "231", "00500", "000A4411", "E260601133000", "", "E"])
GROUPS = st.builds(group, LABELS, DATA, DATA) | st.builds(group, LABELS, DATA) | st.builds(old, LABELS, DATA)
FRAMES = st.lists(GROUPS, max_size=8).map(lambda groups: b"\x02" + "".join(groups).encode() + b"\x03")
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=20)
RECORDS = st.dictionaries(
    st.sampled_from(["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "s", "t", "vd", "x_"]),
    SCALARS | st.sampled_from(["m-000001", "m-000001:power_w", "W", "kWh", "J", 1_780_315_200, -5]),
    max_size=6,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(FRAMES, min_size=1, max_size=3))
def test_frames_of_any_groups_end_in_columns_or_refusals(frames: list[bytes]) -> None:
    WAY.take([Sent(LIVE, TIC, b"".join(frames))])


@settings(max_examples=400, deadline=None)
@given(st.lists(RECORDS, max_size=5))
def test_packs_of_any_records_end_in_columns_or_refusals(pack: list[dict[str, object]]) -> None:
    WAY.take([Sent(LIVE, SENML_JSON, json.dumps(pack).encode()), Sent(LIVE, SENML_CBOR, numbered(pack))])


def test_every_form_of_message_has_seeds() -> None:
    assert {f"{kind} {of}" for kind, of in FORMATS} <= set(seeds())


def test_checksums_are_put_right_and_nothing_else_is_touched() -> None:
    frames = [sent.payload for sent in seeds()[f"live {TIC}"] if sent.payload.startswith(b"\x02")]
    intact = [frame for frame in frames if with_checksums(frame) == frame]
    assert len(frames) - len(intact) == 2  # those whose checksums are wrong on purpose
    assert with_checksums(b"\x02\nEAST\t012345679\tX\r\x03") == b"\x02" + group("EAST", "012345679").encode() + b"\x03"


def _start(module: str, count: int, seed: int, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", module, "--count", str(count), "--seed", str(seed)]
    # Without the measuring of coverage, which all other tests do: it would double the time of a million payloads.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment = {**kept, "TMPDIR": str(folder)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=ROOT
    )


@pytest.mark.slow(150)
@pytest.mark.timeout(900)
def test_a_million_payloads_end_in_columns_or_typed_refusals(tmp_path: Path) -> None:
    """Two processes mutate the golden vectors, a third is guided by coverage; the seed repeats every payload."""
    guided = GUIDED if importlib.util.find_spec("atheris") else 0
    share = (PAYLOADS - guided + 1) // 2
    mutators = [_start("tests.fuzzing", share, SEED + place, tmp_path) for place in range(2)]
    guide = _start("tests.fuzzing.guided", guided, SEED, tmp_path) if guided else None
    taken = 0
    for mutator in mutators:
        said, _ = mutator.communicate()
        assert mutator.returncode == 0, said
        report = json.loads(said.splitlines()[-1])
        assert report["slowest_s"] < 5
        assert report["grown_mb"] < 100
        assert len(report["codes"]) > 25
        taken += report["count"]
    if guide is not None:
        said, _ = guide.communicate()
        assert guide.returncode == 0, said
        (done,) = re.findall(r"number_of_executed_units: (\d+)", said)
        taken += int(done)
    assert taken >= PAYLOADS
