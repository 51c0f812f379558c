"""``somel decode``: what a payload means, without a database or a broker."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from ingest.decode.many import MAX_PAYLOAD_BYTES
from ingest.decode.payloads import PAYLOAD_FORMATS, read_payload
from somel.cli import app
from somel.commands.decode import Format
from tests.firmware_specs.making.tic_frames import group, standard
from tests.firmware_specs.vectors import Vector, index, load_vectors
from tests.somel.test_cli import somel

NOW = "2026-06-01T12:00:00Z"
NAMES: dict[tuple[str, str | None], str] = {
    ("batch", "application/json"): "batch-json",
    ("batch", "application/cbor"): "batch-cbor",
    ("live", "application/json"): "live-json",
    ("live", "application/cbor"): "live-cbor",
    ("live", "application/senml+json"): "senml-json",
    ("live", "application/senml+cbor"): "senml-cbor",
    ("live", "application/vnd.somel.tic"): "tic",
}
VALID = [
    vector
    for vector in load_vectors()
    if not vector.refusals and not vector.is_foreign and (vector.kind, vector.content_type) in NAMES
]
FRAME = standard(group("EAST", "012345678"), group("URMS1", "231"))


#: Of formats of others, payloads that need neither a birth before them nor a registry.
FOREIGN = [
    vector
    for vector in load_vectors()
    if (vector.kind in {"status", "events"} and not vector.refusals and vector.expected["readings"])
    or vector.name in {"sparkplug-device-birth", "sparkplug-node-metrics"}
]


@pytest.mark.parametrize("vector", FOREIGN, ids=str)
def test_a_format_of_others_is_found_out_and_its_values_shown(vector: Vector) -> None:
    found, decoded = read_payload(vector.payload, None, index()["context"]["clock"])
    assert found == ("sparkplug" if vector.is_sparkplug else "shelly")
    assert decoded.refusals == []
    assert sorted(decoded.readings.value) == sorted(row[-1] for row in vector.expected["readings"])


def test_an_alias_without_its_birth_is_said_to_be_undefined() -> None:
    (data,) = (vector.payload for vector in load_vectors() if vector.name == "sparkplug-data-by-alias")
    content = document("-", "--format", "sparkplug", given=data)
    assert [(refusal["code"], refusal["count"]) for refusal in content["refusals"]] == [("metric_undefined", 1)]


@pytest.mark.reference_data
def test_the_status_of_a_real_meter_is_shown(reference_data: Path) -> None:
    content = document(str(reference_data / "iot" / "shelly_pro3em_status.json"), "--received-at", NOW)
    assert content["format"] == "shelly"
    assert {"power_w": 2413.825, "import_index_wh": 5415414.19, "power_l3_w": 244.0}.items() <= {
        value["register"]: value["value"] for value in content["values"]
    }.items()


def run(*arguments: str, given: bytes = b"") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["decode", *arguments], input=given)
    return done.exit_code, done.stdout


def document(*arguments: str, given: bytes = b"") -> dict[str, Any]:
    code, text = run(*arguments, "--json", given=given)
    content: dict[str, Any] = json.loads(text)
    assert (code == 3) == bool(content["refusals"])
    return content


@pytest.mark.parametrize("vector", VALID, ids=str)
def test_the_format_of_a_good_vector_is_found_out(vector: Vector) -> None:
    assert read_payload(vector.payload, None, 0)[0] == NAMES[vector.kind, vector.content_type]


def test_the_options_are_the_formats() -> None:
    assert set(get_args(Format)) == set(PAYLOAD_FORMATS)


def test_values_are_shown_with_register_unit_and_both_times() -> None:
    code, text = run("-", given=FRAME)
    assert code == 0
    row = next(line for line in text.splitlines() if "import_index_wh" in line)
    assert row.split() == [
        "021976000001", "import_index_wh", "1-0:1.8.0", "12345678", "Wh", NOW, "2026-06-01T14:00:00+02:00", "ok",
    ]  # fmt: skip
    assert text.splitlines()[-1] == "tic: 2 values, 1 labels, 0 refused"


def test_json_holds_the_same_and_labels() -> None:
    content = document("-", "--format", "tic", given=FRAME)
    assert [value["register"] for value in content["values"]] == ["import_index_wh", "voltage_v"]
    assert content["labels"] == [{"device": "021976000001", "label": "VTIC", "text": "02", "time_utc": NOW}]


def test_what_is_refused_is_said_and_is_exit_code_3() -> None:
    broken = FRAME.replace(b"EAST\t0", b"EAST\t1")
    code, text = run("-", given=broken)
    assert code == 3
    assert "group_checksum" in text
    assert "voltage_v" in text


def test_a_value_outside_its_limits_is_marked_and_is_exit_code_3() -> None:
    code, text = run("-", given=standard(group("URMS1", "999")))
    assert code == 3
    assert "999 !" in text


def test_hexadecimal_digits_are_read_in_any_dress(tmp_path: Path) -> None:
    file = tmp_path / "frame.hex"
    for dressed in (FRAME.hex(), FRAME.hex(" ").upper(), ", ".join(f"0x{byte:02x}" for byte in FRAME) + "\n"):
        file.write_text(dressed)
        assert document(str(file), "--hex")["format"] == "tic"


def test_digits_that_are_none_are_named() -> None:
    done = somel("decode", "--hex", __file__)
    assert (done.returncode, "hex_invalid" in done.stderr) == (3, True)


def test_a_capture_longer_than_a_message_is_read_whole() -> None:
    frame = standard(
        group("EAST", "012345678"), group("PJOURF+1", "00004001 " * 10 + "NONUTILE"), group("URMS1", "231")
    )
    count = 2 * MAX_PAYLOAD_BYTES // len(frame)
    content = document("-", given=b"tail of a frame\r" + frame * count)
    assert len(content["values"]) == 2 * count
    assert content["refusals"] == []


def test_a_time_of_receipt_stands_in_where_a_form_has_none() -> None:
    pack = json.dumps([{"n": "m-000001", "u": "W", "v": 5}]).encode()
    (value,) = document("-", "--received-at", NOW, given=pack)["values"]
    assert (value["time_utc"], value["quality"]) == (NOW, "estimated")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("no-such-file",), 3, "file_unreadable"),
        ((__file__,), 3, "format_unrecognised"),
        ((__file__, "--format", "tic", "--received-at", "noon"), 3, "time_unreadable"),
        ((__file__, "--received-at", "2026-06-01T12:00:00"), 3, "naive_time"),
        ((__file__, "--format", "morse"), 2, "senml-json"),
    ],
)
def test_an_error_says_what_is_wrong(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = somel("decode", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_control_characters_of_a_sender_never_reach_the_terminal() -> None:
    payload = json.dumps({"at": 0, "meters": ["m\u001b[2J1"], "registers": {"power_w": [1]}}).encode()
    assert "\u001b" not in run("-", given=payload)[1]
