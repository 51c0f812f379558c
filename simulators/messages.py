"""Messages of version 1 as gateways write them: columns in, bytes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cbor2
import msgspec
import numpy as np
from numpy.typing import NDArray

from core.registers import EXPORT_WH, IMPORT_WH, POWER_W

JSON: Final = "application/json"
CBOR: Final = "application/cbor"
SPECIFICATION: Final = "1.1"

#: RFC 8746 typed arrays, little-endian: uint32, sint32, float32, float64.
_TYPED: Final = {"<u4": 70, "<i4": 78, "<f4": 85, "<f8": 86}


@dataclass(frozen=True, slots=True)
class Block:
    """One meter's values over consecutive intervals.

    Attributes
    ----------
    meter : str
        Name of the meter.
    start_s : int
        Start of the first interval, UTC epoch, a multiple of the step. [s]
    step_s : int
        Length of an interval. [s]
    registers : mapping of int to ndarray
        Values by register number, all of one length.
    quality : mapping of int to sequence of int
        Places of the values that are not ok, by quality code.
    """

    meter: str
    start_s: int
    step_s: int
    registers: Mapping[int, NDArray[Any]]
    quality: Mapping[int, Sequence[int]] | None = None


def encode_batch(sequence: int, blocks: Sequence[Block]) -> bytes:
    """Write a ``batch`` as CBOR with typed arrays."""
    return cbor2.dumps({0: sequence, 1: [_block(block) for block in blocks]})


def encode_live(sequence: int, at_s: int, meters: Sequence[str], registers: Mapping[int, NDArray[Any]]) -> bytes:
    """Write a ``live`` snapshot of many meters as CBOR with typed arrays; each register one value for each meter."""
    return cbor2.dumps({0: sequence, 1: at_s, 2: list(meters), 3: _typed(registers)})


def encode_json(message: Mapping[str, object]) -> bytes:
    """Write an ``event``, ``answer``, ``meta`` or ``state`` as JSON."""
    return msgspec.json.encode(message)


def flexibility_event(sequence: int, at_s: int, wanted: Sequence[tuple[str, int, int, int, int]]) -> dict[str, object]:
    """Return an ``event`` that announces what resources need.

    Parameters
    ----------
    sequence, at_s : int
        Sequence number, and time of the announcement, UTC epoch. [s]
    wanted : sequence of (resource, energy_wh, max_power_w, available_s, ready_s)
        Needs; times are UTC epoch. [Wh] [W] [s]
    """
    keys = ("resource", "energy_needed_wh", "max_power_w", "available_from", "ready_by")
    return {
        "sequence": sequence,
        "flexibility": [{**dict(zip(keys, need, strict=True)), "at": at_s} for need in wanted],
    }


def states_event(
    sequence: int, at_s: int, energies_wh: Mapping[str, float], temperatures_degc: Mapping[str, float]
) -> dict[str, object]:
    """Return an ``event`` that says how batteries and homes with heat pumps stand, by resource. [Wh], [degC]."""
    energies = [{"resource": name, "at": at_s, "energy_wh": round(value)} for name, value in energies_wh.items()]
    warmths = [
        {"resource": name, "at": at_s, "temperature_degc": round(value, 2)} for name, value in temperatures_degc.items()
    ]
    return {"sequence": sequence, "states": [*energies, *warmths]}


def meta(
    gateway: str,
    firmware_version: str,
    meters: Sequence[str],
    resources: Sequence[Mapping[str, object]],
    *,
    hardware: str,
) -> dict[str, object]:
    """Return a ``meta``: what a gateway is, and what is attached to it."""
    return {
        "gateway": gateway,
        "specification": SPECIFICATION,
        "firmware_version": firmware_version,
        "hardware": hardware,
        "meters": list(meters),
        "resources": list(resources),
    }


def state(status: str, at_s: int | None = None, firmware_version: str | None = None) -> dict[str, object]:
    """Return a ``state``; a last will carries no time, because nobody knows when it will be sent."""
    known = {"status": status, "at": at_s, "firmware_version": firmware_version}
    return {key: value for key, value in known.items() if value is not None}


def energy_registers(import_wh: NDArray[np.int32], export_wh: NDArray[np.int32] | None) -> dict[int, NDArray[Any]]:
    """Return the interval registers of one meter; a home without a roof of its own has no export register."""
    registers: dict[int, NDArray[Any]] = {IMPORT_WH.register_id: import_wh.astype("<u4")}
    if export_wh is not None:
        registers[EXPORT_WH.register_id] = export_wh.astype("<u4")
    return registers


def power_register(power_w: NDArray[np.float64]) -> dict[int, NDArray[Any]]:
    """Return the instantaneous power of many meters, import positive. [W]."""
    return {POWER_W.register_id: power_w.astype("<f4")}


def _block(block: Block) -> dict[int, object]:
    written: dict[int, object] = {0: block.meter, 1: block.start_s, 2: block.step_s, 3: _typed(block.registers)}
    if block.quality:
        written[4] = {code: list(places) for code, places in block.quality.items()}
    return written


def _typed(registers: Mapping[int, NDArray[Any]]) -> dict[int, cbor2.CBORTag]:
    return {number: cbor2.CBORTag(_TYPED[values.dtype.str], values.tobytes()) for number, values in registers.items()}
