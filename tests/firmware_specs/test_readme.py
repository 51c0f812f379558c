"""The page for firmware makers says what the code does."""

import json
import re
from datetime import UTC, date, datetime

import pytest
from jsonschema import Draft202012Validator

from core.identifiers import DOWN_KINDS, UP_KINDS, shard_of
from core.quality import Quality
from core.registers import REGISTERS, RegisterKind
from core.slots import local_day
from ingest.decode import MAX_PAYLOAD_BYTES, REFUSAL_CODES
from ingest.decode.cbor_tokens import TYPED_ARRAYS
from ingest.plausibility import AHEAD_S, REACH_BACK_DAYS
from tests.firmware_specs.test_schemas import SCHEMAS
from tests.firmware_specs.vectors import SPECIFICATION

PAGE = (SPECIFICATION / "README.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, its head left out."""
    below = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_table_of_registers_is_the_one_of_the_code() -> None:
    assert rows("Registers") == [
        [
            str(register.register_id),
            register.name,
            register.obis,
            register.unit,
            str(register.kind),
            f"{register.lowest:.0f}",
            f"{register.highest:.0f}",
            "batch" if register.kind is RegisterKind.INTERVAL else "live",
        ]
        for register in REGISTERS
    ]


def test_the_table_of_refusals_is_the_one_of_ingest_in_its_order() -> None:
    assert rows("What is refused") == [[code.code, str(code.scope), code.meaning] for code in REFUSAL_CODES]


def test_the_tables_of_kinds_qualities_and_typed_arrays_are_those_of_the_code() -> None:
    assert tuple(row[0] for row in rows("Topics")) == (*UP_KINDS, *DOWN_KINDS)
    assert [row[:2] for row in rows("Quality")] == [[str(int(quality)), quality.label] for quality in Quality]
    assert [int(row[0]) for row in rows("Encodings")] == list(TYPED_ARRAYS)
    assert f"{MAX_PAYLOAD_BYTES:,} bytes" in PAGE


def test_the_limits_of_time_are_those_of_the_code() -> None:
    time = PAGE.split("## Time\n", 1)[1].split("\n## ", 1)[0]
    meanings = {row[0]: row[2] for row in rows("What is refused")}
    for text, code in ((f"{REACH_BACK_DAYS:,} days", "time_too_old"), (f"{AHEAD_S} s", "time_in_future")):
        assert f"more than {text}" in " ".join(time.split())
        assert f"more than {text}" in meanings[code]


def test_the_shards_named_are_those_that_names_hash_to() -> None:
    named = re.findall(r"`(gw-\d+)` (?:is )?in (\d)", PAGE)
    assert len(named) == 3
    assert [(name, str(shard_of(name, 4))) for name, _ in named] == named


@pytest.mark.parametrize(("day", "half_hours"), [(date(2026, 3, 29), 46), (date(2025, 10, 26), 50)])
def test_the_local_days_named_are_right(day: date, half_hours: int) -> None:
    start, end = local_day(day)
    assert (end - start).total_seconds() == half_hours * 1800
    assert f"[{start.timestamp():.0f}, {end.timestamp():.0f})" in PAGE


@pytest.mark.parametrize("example", re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
def test_an_example_conforms_to_the_schema_of_its_kind(example: str) -> None:
    content = json.loads(example)
    assert any(Draft202012Validator(schema).is_valid(content) for schema in SCHEMAS.values())


def test_the_delivery_in_one_minute_is_a_batch_for_the_half_hour_it_says() -> None:
    found = re.search(r"-m '(.*?)'", PAGE)
    assert found
    content = json.loads(found[1])
    Draft202012Validator(SCHEMAS["batch"]).validate(content)
    start = datetime.fromtimestamp(content["blocks"][0]["start"], UTC)
    assert f"{start:%Y-%m-%dT%H:%M:%SZ} on" in PAGE
