"""The decoders do what the golden vectors say, as far as it takes neither registry nor clock."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.quality import Quality
from core.registers import REGISTER_BY_ID
from ingest.decode import REFUSAL_CODES, Decoded, DecodedReadings, Message, Scope, decode_many, decode_one
from tests.firmware_specs.vectors import Vector, index, load_vectors

CLOCK_S: int = index()["context"]["clock"]

#: Judged before decoding (topic, gateway, shard) or after it (registry, clock, limits).
JUDGED_ELSEWHERE = {
    "topic_unknown",
    "gateway_unknown",
    "gateway_quarantined",
    "shard_wrong",
    "device_unknown",
    "device_foreign",
    "command_unknown",
    "offer_unknown",
    "resource_unknown",
    "time_too_old",
    "time_in_future",
    "value_negative",
    "value_out_of_range",
}
WHOLE = {code.code for code in REFUSAL_CODES if code.scope is Scope.MESSAGE}
VECTORS = [v for v in load_vectors() if "topic_unknown" not in v.refusals and not v.is_foreign]


def message_of(vector: Vector) -> Message:
    """Return the vector as ingest hands it over."""
    return Message(vector.kind, vector.content_type, vector.payload, received_s=CLOCK_S)


def interval_rows(decoded: Decoded) -> list[tuple[str | int | float, ...]]:
    """Return interval values as rows of the index's columns."""
    columns = decoded.intervals
    return [
        (columns.devices[device], REGISTER_BY_ID[register].name, Quality(quality).label, step, start, value)
        for device, register, quality, step, start, value in zip(
            columns.device.tolist(),
            columns.register_id.tolist(),
            columns.quality.tolist(),
            columns.step_s.tolist(),
            columns.start_s.tolist(),
            columns.value.tolist(),
            strict=True,
        )
    ]


def reading_rows(columns: DecodedReadings) -> list[tuple[str | int | float, ...]]:
    """Return readings as rows of the index's columns."""
    return [
        (columns.devices[device], REGISTER_BY_ID[register].name, Quality(quality).label, at, value)
        for device, register, quality, at, value in zip(
            columns.device.tolist(),
            columns.register_id.tolist(),
            columns.quality.tolist(),
            columns.at_s.tolist(),
            columns.value.tolist(),
            strict=True,
        )
    ]


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_vector_is_decoded_to_the_values_expected(vector: Vector) -> None:
    decoded = decode_many([message_of(vector)])
    got = {*interval_rows(decoded), *reading_rows(decoded.readings)}
    wanted = {tuple(row) for column in ("intervals", "readings") for row in vector.expected.get(column, ())}
    later = sum(count for code, count in vector.refusals.items() if code in JUDGED_ELSEWHERE - WHOLE)
    if vector.refusals.keys() & {"gateway_unknown", "gateway_quarantined", "shard_wrong"}:
        return  # the payload itself is good
    assert wanted <= got
    assert len(decoded.intervals.value) + len(decoded.readings.value) == len(wanted) + later * (
        vector.kind in {"batch", "live"}
    )


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.kind == "live"], ids=str)
def test_a_vector_is_decoded_to_the_labels_expected(vector: Vector) -> None:
    decoded = decode_many([message_of(vector)])
    got = [[label.device, label.label, label.text, label.at_s] for label in decoded.labels]
    if not vector.refusals.keys() & {"device_unknown", "device_foreign"}:
        assert got == vector.expected.get("labels", [])


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_vector_is_refused_for_the_codes_expected(vector: Vector) -> None:
    decoded = decode_many([message_of(vector)])
    got = {refusal.code: refusal.count for refusal in decoded.refusals}
    assert got == {code: count for code, count in vector.refusals.items() if code not in JUDGED_ELSEWHERE}
    assert all(refusal.reason.isascii() and refusal.reason.isprintable() for refusal in decoded.refusals)


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.kind not in {"batch", "live"}], ids=str)
def test_a_low_rate_vector_is_decoded_to_its_content(vector: Vector) -> None:
    contents = decode_many([message_of(vector)]).contents
    refused = {code for code in vector.refusals if code not in JUDGED_ELSEWHERE}
    assert len(contents) == (0 if refused else 1)


def test_all_vectors_at_once_give_what_each_gives_alone() -> None:
    together = decode_many([message_of(vector) for vector in VECTORS])
    alone = [decode_many([message_of(vector)]) for vector in VECTORS]
    assert interval_rows(together) == [row for decoded in alone for row in interval_rows(decoded)]
    assert reading_rows(together.readings) == [row for decoded in alone for row in reading_rows(decoded.readings)]
    assert [(refusal.message, refusal.code, refusal.count) for refusal in together.refusals] == [
        (place, refusal.code, refusal.count) for place, decoded in enumerate(alone) for refusal in decoded.refusals
    ]
    assert [place for place, _ in together.contents] == [p for p, one in enumerate(alone) if one.contents]
    assert together.labels == [replace(label, message=p) for p, one in enumerate(alone) for label in one.labels]
    assert together.sequence.tolist() == [int(one.sequence[0]) for one in alone]
    of_message = [place for place, decoded in enumerate(alone) for _ in decoded.intervals.value]
    assert together.intervals.message.tolist() == of_message


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.refusals.keys() & (WHOLE - JUDGED_ELSEWHERE)], ids=str)
def test_decoding_one_message_raises_why_all_of_it_is_refused(vector: Vector) -> None:
    with pytest.raises(InputError) as caught:
        decode_one(message_of(vector))
    assert {caught.value.code: 1} == vector.refusals
