"""The quick way through messages of the plain forms; whatever it declines goes the long way, `decode_many`.

Nothing here is done by the message or by the reading in Python: kernels read the payloads of a whole parcel into runs
of numbers, and look up topics and meters by their bytes. The long way says what every message means; this one says the
same or declines: unknown gateways and meters, other kinds, quality marks, escapes in names, numbers that take more than
53 bits, anything that is to be refused for its shape.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import mqtt5
import numpy as np
import numpy.typing as npt

from core.registers import REGISTERS, RegisterKind
from core.slots import INTERVAL_STEPS_S
from db.registry import GatewayEntry, Registry
from ingest import decode
from ingest.decode import MAX_PAYLOAD_BYTES, DecodedIntervals, DecodedReadings
from ingest.decode.kernels import expand
from ingest.directory import PLAIN_KINDS, Directory
from ingest.kernels.cbor_messages import read_cbor
from ingest.kernels.json_messages import BATCH, LIVE, read_json
from ingest.kernels.json_numbers import read_numbers
from ingest.kernels.packets import PAYLOAD, PAYLOAD_END, TOPIC, TYPE
from ingest.name_table import NameTable
from ingest.parcel import Parcel
from ingest.plausibility import KnownNames
from ingest.wire import PacketReader

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.int8]

_JSON, _CBOR = 0, 1
_STEPS_S: Final = np.array(INTERVAL_STEPS_S, np.int64)
_IDS: Final = np.array([register.register_id for register in REGISTERS], np.int64)
_KINDS: Final = np.array([BATCH if one.kind is RegisterKind.INTERVAL else LIVE for one in REGISTERS], np.int64)
_KIND_BY_ID: Final = np.zeros(1 + int(_IDS.max()), np.int64)
_KIND_BY_ID[_IDS] = _KINDS
_RUN_COLUMNS: Final = 7
_MESSAGE, _STEP, _LENGTH = 0, 5, 6  # columns of runs; the message is the third column of names
_LEAST_RUN_BYTES, _LEAST_NAME_BYTES = 3, 4


@cache
def _forms() -> NameTable:
    return NameTable(["application/json", "application/cbor"])


@cache
def _names() -> NameTable:
    return NameTable([register.name for register in REGISTERS])


@dataclass(frozen=True, slots=True)
class Plain:
    """What was read of a parcel.

    Attributes
    ----------
    intervals, readings : list
        Values by form, JSON and CBOR; their devices are those of the directory.
    gateway_id : ndarray, shape (message,), int32
        Gateway that sent each message that was read; -1 for those declined.
    sequence : ndarray, shape (message,), int64
        Their numbers; -1 where there is none.
    declined : list of int
        Positions of the messages that were not read.
    """

    intervals: list[DecodedIntervals]
    readings: list[DecodedReadings]
    gateway_id: npt.NDArray[np.int32]
    sequence: Ints
    declined: list[int]


@dataclass(frozen=True, slots=True)
class _Read:
    """Runs, as `expand` takes them, their numbers, the places of names, and which runs are good."""

    runs: Ints
    values: npt.NDArray[np.float64]
    names: Ints
    good: npt.NDArray[np.bool_]


def read_plain(parcel: Parcel, directory: Directory) -> Plain:
    """Read the messages of plain form.

    Parameters
    ----------
    parcel : Parcel
        Messages in the order received.
    directory : Directory
        Who is registered.
    """
    data, table = parcel.array, parcel.table
    places = np.ascontiguousarray(table[:, PAYLOAD : PAYLOAD_END + 1])
    topic = directory.topics.find(data, table[:, TOPIC:TYPE])
    form = _forms().find(data, table[:, TYPE:PAYLOAD])
    size = places[:, 1] - places[:, 0]
    readable = (topic >= 0) & (form >= 0) & (size <= MAX_PAYLOAD_BYTES)
    kinds = np.where(readable, BATCH + topic % len(PLAIN_KINDS), 0).astype(np.int8)
    sequence = np.full(len(table), -1, np.int64)
    plain = Plain([], [], np.full(len(table), -1, np.int32), sequence, [])
    for wanted, read in ((_JSON, _read_json), (_CBOR, _read_cbor)):
        chosen = np.where(form == wanted, kinds, np.int8(0))
        if chosen.any():
            _add(plain, read(data, places, chosen, sequence), chosen, data, directory)
            kinds[form == wanted] = chosen[form == wanted]
    taken = kinds > 0
    plain.gateway_id[taken] = directory.gateway_id[topic[taken] // len(PLAIN_KINDS)]
    sequence[~taken] = -1
    plain.declined.extend(np.flatnonzero(~taken).tolist())
    return plain


def _read_json(data: Bytes, places: Ints, kinds: Kinds, sequence: Ints) -> _Read:
    runs, names = _room(places, kinds)
    lists, filled = np.empty((len(runs), 2), np.int64), np.zeros(3, np.int64)
    registers = (_names().names, _names().ends, _IDS, _KINDS)
    out = (np.zeros(len(_IDS), np.int64), runs, lists, names, filled)
    read_json(data, places, kinds, _STEPS_S, registers, out, sequence)
    runs, names = runs[: filled[0]], names[: filled[1]]
    values, good = np.empty(int(runs[:, _LENGTH].sum())), np.empty(len(runs), np.bool_)
    read_numbers(data, lists[: filled[0]], np.ascontiguousarray(runs[:, _LENGTH]), values, good)
    return _Read(runs, values, names, good)


def _read_cbor(data: Bytes, places: Ints, kinds: Kinds, sequence: Ints) -> _Read:
    runs, names = _room(places, kinds)
    filled = np.zeros(4, np.int64)
    values = np.empty(1 + int((places[:, 1] - places[:, 0])[kinds > 0].sum()))
    scratch = np.empty(1, np.int64), np.empty(1, np.uint32)
    out = (np.zeros(len(_KIND_BY_ID), np.int64), runs, values, names, filled, *scratch)
    read_cbor(data, places, kinds, _STEPS_S, _KIND_BY_ID, out, sequence)
    return _Read(runs[: filled[0]], values[: filled[1]], names[: filled[2]], np.ones(filled[0], np.bool_))


def _room(places: Ints, kinds: Kinds) -> tuple[Ints, Ints]:
    """Return arrays for as many runs and names as the payloads can hold; memory that is not written costs nothing."""
    size = int((places[:, 1] - places[:, 0])[kinds > 0].sum())
    runs = np.empty((1 + size // _LEAST_RUN_BYTES, _RUN_COLUMNS), np.int64)
    return runs, np.empty((1 + size // _LEAST_NAME_BYTES, 3), np.int64)


def _add(plain: Plain, read: _Read, kinds: Kinds, data: Bytes, directory: Directory) -> None:
    """Add what was read, less the messages with a meter that is not registered or a number that was declined."""
    who = directory.meters.find(data, read.names)
    runs, value = read.runs, read.values
    bad = np.concatenate([read.names[who < 0, 2], runs[~read.good, _MESSAGE]])
    if len(bad):
        kinds[bad] = 0
        keep = kinds[runs[:, _MESSAGE]] > 0
        value, runs = value[np.repeat(keep, runs[:, _LENGTH])], runs[keep]
    total = len(value)
    message, place, step_s = (np.empty(total, np.int32) for _ in range(3))
    register_id, time_s = np.empty(total, np.int16), np.empty(total, np.int64)
    expand(runs, message, place, register_id, step_s, time_s)
    columns: list[npt.NDArray[Any]] = [
        message,
        who[place],
        register_id,
        np.zeros(total, np.int16),
        step_s,
        time_s,
        value,
    ]
    absent = np.isnan(value)
    if absent.any():
        columns = [column[~absent] for column in columns]
    _share_out(plain, columns, directory.devices)


def _share_out(plain: Plain, columns: list[npt.NDArray[Any]], devices: KnownNames) -> None:
    """Add rows to the intervals or, where they have no step, to the readings."""
    spans = columns[_STEP - 1] > np.int32(0)
    for chosen, is_interval in ((spans, True), (~spans, False)):
        if not chosen.any():
            continue
        rows = columns if chosen.all() else [column[chosen] for column in columns]
        if is_interval:
            plain.intervals.append(DecodedIntervals(devices, *rows))
        else:
            plain.readings.append(DecodedReadings(devices, *rows[:4], *rows[5:]))


def warm_up() -> None:
    """Compile the kernels, or load them from Numba's cache; about half a minute the first time on a machine."""
    decode.warm_up()
    directory = Directory(Registry({"gw-0001": GatewayEntry(1, 0)}, {}))
    forms = (("application/json", b'{"blocks": [{"registers": {"import_wh": [1]}}]}'), ("application/cbor", b"\xa0"))
    reader = PacketReader()
    for form, payload in forms:
        packet = mqtt5.PublishPacket(
            "somel/v1/0/gw-0001/batch", payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=1, content_type=form
        ).write()
        reader.space()[: len(packet)] = packet
        reader.note(len(packet))
        for found in reader.take():
            assert isinstance(found, Parcel)  # noqa: S101 - what `cut` makes of a plain message; for the type checker
            read_plain(found, directory)
