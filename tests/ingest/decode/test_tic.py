"""Raw frames of Linky meters: the official frames, and whatever a serial line makes of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.quality import Quality
from core.registers import REGISTER_BY_ID
from ingest.decode import Decoded, Message, decode_many
from ingest.decode.many import TIC
from ingest.decode.tic_frame import Group, checksum, read_frames, read_group, without_parity
from ingest.decode.tic_labels import TIC_LABELS, Fate, Mode
from ingest.decode.tic_status import STATUS_FIELDS, read_status
from ingest.decode.tic_time import read_horodate
from tests.firmware_specs.making.tic_frames import group, historic, old, standard


def decode(payload: bytes, received_s: int = 1_780_315_200) -> Decoded:
    return decode_many([Message("live", TIC, payload, received_s=received_s)])


def values(decoded: Decoded) -> dict[str, float]:
    found = zip(decoded.readings.register_id.tolist(), decoded.readings.value.tolist(), strict=True)
    return {REGISTER_BY_ID[register].name: value for register, value in found}


def labels(decoded: Decoded) -> dict[str, str]:
    return {label.label: label.text for label in decoded.labels}


def written(groups: list[Group]) -> dict[str, str]:
    """Return label and data as the publishers of the official frames write them."""
    words = {}
    for of in groups:
        data = of.data.decode() if of.horodate is None else f"{of.horodate.decode()}\t{of.data.decode()}"
        words[("" if of.is_intact else "!") + of.label.decode()] = data
    return words


@pytest.fixture
def tic(reference_data: Path) -> Path:
    return reference_data / "tic"


@pytest.mark.reference_data
def test_every_group_of_the_official_historic_frame_reads_as_its_publisher_says(tic: Path) -> None:
    (frame,) = read_frames((tic / "ticFrameHistoric.txt").read_bytes())
    said: dict[str, Any] = json.loads((tic / "ticFrameHistoric_full_details.json").read_text())
    assert {of.mode for of in frame.groups} == {Mode(said["mode"].lower())}
    assert written(frame.groups) == {entry["label"]: entry["value"] for entry in said["groupList"]}
    doubted = [entry["label"] for entry in said["groupList"] if not entry["isValid"]]
    # Its publisher shows what a wrong group looks like at the last one, whose checksum holds in the frame itself.
    assert doubted == ["MOTDETAT"]
    assert ord("B") == checksum(b"MOTDETAT 000000")


@pytest.mark.reference_data
@pytest.mark.parametrize(("file", "wrong"), [("ticFrameStandard.txt", 0), ("ticFrameStandard_PCOUP_Invalid.txt", 1)])
def test_every_group_of_the_official_standard_frames_reads_as_its_publisher_says(
    tic: Path, file: str, wrong: int
) -> None:
    (frame,) = read_frames((tic / file).read_bytes())
    said: dict[str, str] = json.loads((tic / "ticFrameStandard_summarized.json").read_text())
    if not wrong:
        said["PCOUP"] = said.pop("!PCOUP")
    assert written(frame.groups) == said
    assert frame.broken == 0


@pytest.mark.reference_data
def test_a_bad_checksum_spoils_its_group_and_nothing_else(tic: Path) -> None:
    right = decode((tic / "ticFrameStandard.txt").read_bytes())
    wrong = decode((tic / "ticFrameStandard_PCOUP_Invalid.txt").read_bytes())
    assert right.refusals == []
    assert [(refusal.code, refusal.count) for refusal in wrong.refusals] == [("group_checksum", 1)]
    assert values(wrong) == values(right)
    assert wrong.intervals.value.tolist() == right.intervals.value.tolist()
    assert labels(right) == labels(wrong) | {"PCOUP": "02"}


@pytest.mark.reference_data
def test_the_official_standard_frame_is_kept_whole(tic: Path) -> None:
    decoded = decode((tic / "ticFrameStandard.txt").read_bytes())
    assert {*decoded.readings.devices, *decoded.intervals.devices} == {"031664001115"}
    assert len(values(decoded)) == 20
    assert values(decoded)["voltage_v"] == values(decoded)["mean_voltage_l1_v"] == 230
    halves = [datetime.fromtimestamp(start, UTC).isoformat() for start in decoded.intervals.start_s.tolist()]
    assert halves == ["2017-09-13T08:30:00+00:00", "2017-09-13T09:00:00+00:00"]
    assert decoded.intervals.step_s.tolist() == [1800, 1800]
    assert labels(decoded)["STGE.supplier_tariff"] == f"index {int(labels(decoded)['NTARF'])}"
    assert not any("PRM" in label.label for label in decoded.labels)


def test_the_table_says_each_label_once_in_each_mode() -> None:
    keys = [(known.mode, known.label) for known in TIC_LABELS]
    assert len(set(keys)) == len(keys)
    for known in TIC_LABELS:
        assert (known.register is not None) == (known.fate in (Fate.READING, Fate.CURVE))


def test_the_fields_of_the_status_do_not_overlap() -> None:
    taken = [bit for field in STATUS_FIELDS for bit in range(field.bit, field.bit + field.width)]
    assert len(set(taken)) == len(taken) == 30
    assert all(len(field.words) <= 1 << field.width for field in STATUS_FIELDS)


@settings(deadline=None)
@given(st.integers(0, 9))
def test_all_ten_indexes_of_a_supplier_have_a_word(index: int) -> None:
    assert dict(read_status(f"{index << 10:08X}".encode()))["supplier_tariff"] == f"index {index + 1}"


@settings(deadline=None)
@given(st.datetimes(datetime(2010, 1, 1), datetime(2089, 12, 31)))  # noqa: DTZ001 - made aware below
@example(datetime(2025, 10, 26, 0, 30))  # noqa: DTZ001
@example(datetime(2025, 10, 26, 1, 30))  # noqa: DTZ001
@example(datetime(2026, 3, 29, 1, 0))  # noqa: DTZ001
def test_a_horodate_is_the_instant_that_a_clock_in_france_shows(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC, microsecond=0)
    local = instant.astimezone(ZoneInfo("Europe/Paris"))
    season = "E" if local.utcoffset() == local.dst() * 2 and local.dst() else "H"  # type: ignore[operator]
    stamp = read_horodate(f"{season}{local:%y%m%d%H%M%S}".encode())
    assert stamp is not None
    assert stamp.at_s == int(instant.timestamp())
    assert stamp.quality is Quality.OK
    degraded = read_horodate(f"{season.lower()}{local:%y%m%d%H%M%S}".encode())
    assert degraded == (stamp.at_s, Quality.ESTIMATED)


@pytest.mark.parametrize(
    "text", [b"X260601140000", b"E260631140000", b"E260601250000", b"E26060114000", b"", b"E2606011400001"]
)
def test_a_horodate_that_is_none_is_none(text: bytes) -> None:
    assert read_horodate(text) is None


def test_an_unknown_season_is_the_calendars() -> None:
    assert read_horodate(b" 260601140000") == (1_780_315_200, Quality.ESTIMATED)
    assert read_horodate(b" 260115130000") == (1_768_478_400, Quality.ESTIMATED)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8), st.integers(0, 999_999_999))
def test_a_group_reads_back_in_both_modes_whatever_its_checksum(label: str, number: int) -> None:
    for text, mode in ((group(label, f"{number:09}"), Mode.STANDARD), (old(label, f"{number:09}"), Mode.HISTORIC)):
        assert read_group(text.strip("\r\n").encode()) == Group(
            mode, label.encode(), None, f"{number:09}".encode(), True
        )


def test_a_checksum_that_is_a_space_is_one() -> None:
    spaced = [number for number in range(300) if group("EAST", f"{number:09}").endswith(" \r")]
    assert spaced
    for number in spaced:
        assert values(decode(standard(group("EAST", f"{number:09}")))) == {"import_index_wh": number}


@settings(deadline=None)
@given(st.data())
def test_one_flipped_bit_in_a_group_never_becomes_another_value(data: st.DataObject) -> None:
    frame = bytearray(standard(group("EAST", "012345678"), group("URMS1", "231")))
    first = frame.index(b"EAST")
    place = data.draw(st.integers(first, len(frame) - 2))
    bit = data.draw(st.integers(0, 6))
    frame[place] ^= 1 << bit
    got = values(decode(bytes(frame)))
    assert got.items() <= {"import_index_wh": 12_345_678.0, "voltage_v": 231.0}.items()


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_noise_around_a_frame_changes_nothing(noise: bytes) -> None:
    quiet = noise.translate(None, b"\x02\x03\x04\n\r0123456789")
    frame = standard(group("EAST", "012345678"))
    assert values(decode(quiet + frame + quiet + historic(old("PAPP", "00920")))) == {
        "import_index_wh": 12_345_678,
        "apparent_power_va": 920,
    }


def test_parity_is_taken_off_only_where_every_byte_has_it() -> None:
    frame = standard(group("EAST", "012345678"))
    even = bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in frame)
    assert without_parity(even) == frame
    assert without_parity(frame) == frame
    assert values(decode(even)) == values(decode(frame))


def test_a_longer_step_is_not_taken_for_one_when_the_payload_shows_a_shorter() -> None:
    earlier = standard(group("CCASN", "E260601133000", "00100"), group("CCASN-1", "E260601130000", "00200"))
    later = standard(group("CCASN", "E260601150000", "00300"), group("CCASN-1", "E260601133000", "00100"))
    assert set(decode(earlier + later).intervals.step_s.tolist()) == {1800}
    assert decode(later).refusals[0].code == "step_unknown"  # 90 minutes


def test_the_same_point_seen_again_is_one_interval() -> None:
    frame = standard(group("CCASN", "E260601133000", "00100"), group("CCASN-1", "E260601130000", "00200"))
    assert len(decode(frame * 20).intervals.value) == 2
