"""The readings that the storm is about: every value follows from its meter and slot, so that each can be checked."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.identifiers import shard_of
from core.network import Commune, EndDevice, Feeder, Gateway, Network, PowerTransformer, Substation, UsagePoint
from core.registers import IMPORT_WH
from core.slots import SLOT_S
from simulators.messages import Block, encode_batch

GATEWAYS: Final = 8
METERS: Final = 16  # of each gateway
_METERS_AT_ONCE: Final = 4
_SLOTS_AT_ONCE: Final = 24
_DAYS_BACK: Final = 1_000
METER_FACTOR, SLOT_FACTOR, MODULUS = 7_919, 104_729, 5_000
COMMUNES: Final = [Commune("59350", "Lille", 236_234, 3.06, 50.63)]


@dataclass(frozen=True, slots=True)
class Readings:
    """What is published: `slots` half-hours of every meter from `start_s` on, UTC epoch. [s]."""

    start_s: int
    slots: int

    @classmethod
    def of(cls, least: int) -> "Readings":
        """Return at least so many readings, of whole messages, in the past."""
        in_one_slot = GATEWAYS * METERS
        slots = -(-least // (in_one_slot * _SLOTS_AT_ONCE)) * _SLOTS_AT_ONCE
        day_s = int(time.time()) // 86_400 - _DAYS_BACK
        return cls(day_s * 86_400, slots)

    @property
    def count(self) -> int:
        """How many readings that are."""
        return GATEWAYS * METERS * self.slots

    @property
    def energy_wh(self) -> int:
        """Return what they add up to. [Wh]."""
        meters = np.arange(GATEWAYS * METERS, dtype=np.int64)[:, None]
        return int(_values(meters, np.arange(self.slots, dtype=np.int64)[None, :]).sum())

    def messages(self, gateway: int, sequence: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield (sequence, payload, readings) of each message of one gateway, numbered from `sequence` on."""
        for first_slot in range(0, self.slots, _SLOTS_AT_ONCE):
            slots = np.arange(first_slot, first_slot + _SLOTS_AT_ONCE, dtype=np.int64)
            for first_meter in range(gateway * METERS, (gateway + 1) * METERS, _METERS_AT_ONCE):
                blocks = [
                    Block(
                        meter_name(meter),
                        self.start_s + first_slot * SLOT_S,
                        SLOT_S,
                        {IMPORT_WH.register_id: _values(np.int64(meter), slots).astype("<u4")},
                    )
                    for meter in range(first_meter, first_meter + _METERS_AT_ONCE)
                ]
                yield sequence, encode_batch(sequence, blocks), _METERS_AT_ONCE * _SLOTS_AT_ONCE
                sequence += 1


def meter_name(meter: int) -> str:
    """Return a meter's name, which ends in its number."""
    return f"m-{meter:06d}"


def gateway_name(gateway: int) -> str:
    """Return a gateway's name."""
    return f"chaos-{gateway:02d}"


def network(shards: int) -> Network:
    """Return one transformer with all meters below it."""
    meters = range(GATEWAYS * METERS)
    return Network(
        substations=[Substation("S1", "Poste source", 3.1, 50.6)],
        feeders=[Feeder("F1", "Départ", "S1", 20_000)],
        power_transformers=[PowerTransformer("T1", "Poste", "F1", "59350", 400_000, 3.1, 50.6)],
        usage_points=[UsagePoint(_prm(meter), "T1", 9_000, "base", "residential", SLOT_S) for meter in meters],
        gateways=[Gateway(name, shard_of(name, shards)) for name in map(gateway_name, range(GATEWAYS))],
        end_devices=[
            EndDevice(meter_name(meter), "meter", gateway_name(meter // METERS), _prm(meter), None) for meter in meters
        ],
    )


def _prm(meter: int) -> str:
    return f"99{meter:012d}"


def _values(meter: ArrayLike, slot: ArrayLike) -> NDArray[np.int64]:
    values: NDArray[np.int64] = (np.asarray(meter) * METER_FACTOR + np.asarray(slot) * SLOT_FACTOR) % MODULUS
    return values
