"""Decode a day of half-hours in every format, against SenML and against a loop in Python.

The same 48,000 values are written in each format and decoded in this process, round by round; each figure is the best
of the rounds. A message holds the day of ten meters; for live, one instant of 100 meters. Ours ends in columns that are
ready to be stored. The peers have less to do: SenML (RFC 8428) is decoded by msgspec into typed objects, one per value,
and no further; the Python loop makes one tuple per value of the same JSON blocks with ``json.loads``. All values are
compared for equality in the same run.

Expected before measuring: the shape of a message matters more than the codec, so JSON blocks are read at least 4 times
and typed CBOR at least 8 times as fast as SenML objects, at a fifth of the bytes or less; the loop is at least twice as
slow as JSON blocks. Seen first, on two busy cores: 2.2 times for JSON, 2.3 for typed CBOR, 3 times the loop, a
seventh to a thirteenth of the bytes. The expectation for speed is not met: what a block costs in Python (its name, its
checks, its entry in the columns) weighs as much as its 48 values, whatever the codec; the loop and the bytes are as
expected.

Figures on the last line with ``--json``: ``<format>_vs_senml`` and ``<format>_vs_python_loop``, the peer's time over
ours; ``bytes_per_reading_<format>``; ``readings_per_s_<format>``, for orientation.
"""

import argparse
import json
import struct
import time
from collections.abc import Callable, Sequence
from typing import Final

import cbor2
import msgspec
import numpy as np
import numpy.typing as npt

from core.registers import IMPORT_WH
from ingest.decode import Message, decode_many, warm_up

METERS: Final = 1_000
METERS_PER_MESSAGE: Final = 10
SLOTS: Final = 48
START_S: Final = 1_767_225_600
LIVE_METERS: Final = 100
ROUNDS: Final = 40

Values = npt.NDArray[np.float64]
Decode = Callable[[], object]


class SenmlRecord(msgspec.Struct):
    """One record of RFC 8428; fields of the base stand in the first record of a pack."""

    n: str = ""
    v: float = 0.0
    t: float = 0.0
    u: str = ""
    bn: str = ""
    bt: float = 0.0
    bu: str = ""


SENML: Final = msgspec.json.Decoder(list[SenmlRecord])


def draw_values() -> Values:
    """Return what households draw, shape (meter, slot), whole watt-hours as meters count them. [Wh]."""
    generator = np.random.default_rng(20260101)
    shape = generator.gamma(2.0, 90.0, (METERS, SLOTS)) * (1 + np.sin(np.arange(SLOTS) / SLOTS * 2 * np.pi - 2) / 2)
    return np.rint(shape)


def by_message(values: Values) -> list[list[tuple[int, list[int]]]]:
    """Return the meters and their whole values, message by message."""
    numbered = list(enumerate(values.astype(np.int64).tolist()))
    return [numbered[at : at + METERS_PER_MESSAGE] for at in range(0, len(numbered), METERS_PER_MESSAGE)]


def compact(content: object) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(content, separators=(",", ":")).encode()


def json_blocks(values: Values) -> list[bytes]:
    """Return messages in JSON."""
    return [
        compact(
            {
                "sequence": sequence,
                "blocks": [_block(meter) | {"registers": {"import_wh": row}} for meter, row in message],
            }
        )
        for sequence, message in enumerate(by_message(values))
    ]


def cbor_blocks(values: Values, *, typed: bool) -> list[bytes]:
    """Return messages in CBOR, their arrays plain or typed (uint32)."""
    register = IMPORT_WH.register_id
    return [
        cbor2.dumps(
            {
                0: sequence,
                1: [
                    dict(enumerate(_block(meter).values())) | {3: {register: _array(row, typed=typed)}}
                    for meter, row in message
                ],
            }
        )
        for sequence, message in enumerate(by_message(values))
    ]


def senml_packs(values: Values) -> list[bytes]:
    """Return SenML packs: a base for each meter, then one record a value."""
    return [
        compact(
            [
                {"n": "import_wh", "v": value}
                | ({"t": slot * 1800} if slot else {"bn": f"m-{meter:06d}:", "bt": START_S, "bu": "Wh"})
                for meter, row in message
                for slot, value in enumerate(row)
            ]
        )
        for message in by_message(values)
    ]


def live_messages(values: Values) -> list[bytes]:
    """Return messages of 100 meters' power each, in JSON."""
    meters = [f"m-{place:06d}" for place in range(LIVE_METERS)]
    return [
        compact({"sequence": place, "at": START_S + place, "meters": meters, "registers": {"power_w": row.tolist()}})
        for place, row in enumerate(values.reshape(-1, LIVE_METERS))
    ]


def _block(place: int) -> dict[str, object]:
    return {"meter": f"m-{place:06d}", "start": START_S, "step_s": 1800}


def _array(row: Sequence[int], *, typed: bool) -> object:
    return cbor2.CBORTag(70, struct.pack(f"<{len(row)}I", *row)) if typed else row


def ours(kind: str, content_type: str, payloads: Sequence[bytes]) -> Callable[[], Values]:
    """Return how we decode payloads into the column of values."""
    messages = [Message(kind, content_type, payload) for payload in payloads]

    def decode() -> Values:
        decoded = decode_many(messages)
        assert not decoded.refusals
        return decoded.intervals.value if kind == "batch" else decoded.readings.value

    return decode


def senml(payloads: Sequence[bytes]) -> Callable[[], list[list[SenmlRecord]]]:
    """Return how msgspec decodes SenML packs into objects."""
    return lambda: [SENML.decode(payload) for payload in payloads]


def loop(payloads: Sequence[bytes]) -> Callable[[], list[tuple[str, int, int, float]]]:
    """Return how a plain loop makes rows of JSON blocks."""

    def decode() -> list[tuple[str, int, int, float]]:
        return [
            (block["meter"], IMPORT_WH.register_id, block["start"] + slot * block["step_s"], float(value))
            for payload in payloads
            for block in json.loads(payload)["blocks"]
            for slot, value in enumerate(block["registers"]["import_wh"])
        ]

    return decode


def best_s(ways: dict[str, Decode]) -> dict[str, float]:
    """Return the least processor time each way took, the ways taking turns. [s]."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            spent[name].append(time.process_time() - began)
    return {name: min(times) for name, times in spent.items()}


def check(values: Values, payloads: dict[str, list[bytes]]) -> None:
    """Check that every way yields the values that were written."""
    flat = values.ravel()
    for name, (kind, content_type) in FORMATS.items():
        np.testing.assert_array_equal(ours(kind, content_type, payloads[name])(), flat)
    records = [record for pack in senml(payloads["senml"])() for record in pack]
    np.testing.assert_array_equal([record.v for record in records], flat)
    np.testing.assert_array_equal([row[3] for row in loop(payloads["json"])()], flat)


FORMATS: Final = {
    "json": ("batch", "application/json"),
    "cbor_plain": ("batch", "application/cbor"),
    "cbor_typed": ("batch", "application/cbor"),
    "live": ("live", "application/json"),
}


def measure() -> dict[str, float]:
    """Return all figures."""
    values = draw_values()
    payloads = {
        "json": json_blocks(values),
        "cbor_plain": cbor_blocks(values, typed=False),
        "cbor_typed": cbor_blocks(values, typed=True),
        "live": live_messages(values),
        "senml": senml_packs(values),
    }
    warm_up()
    check(values, payloads)
    ways: dict[str, Decode] = {name: ours(*FORMATS[name], payloads[name]) for name in FORMATS}
    spent_s = best_s(ways | {"senml": senml(payloads["senml"]), "loop": loop(payloads["json"])})
    return (
        {f"{name}_vs_senml": spent_s["senml"] / spent_s[name] for name in FORMATS}
        | {f"{name}_vs_python_loop": spent_s["loop"] / spent_s[name] for name in FORMATS if name != "live"}
        | {f"bytes_per_reading_{name}": sum(map(len, of)) / values.size for name, of in payloads.items()}
        | {f"readings_per_s_{name}": values.size / spent_s[name] for name in spent_s}
    )


def main() -> None:
    """Print the figures; with ``--json`` as one object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    as_json = parser.parse_args().json
    figures = measure()
    for name, value in figures.items():
        print(f"{name:32s} {value:16,.2f}")
    if as_json:
        print(json.dumps({name: float(f"{value:.4g}") for name, value in figures.items()}))


if __name__ == "__main__":
    main()
