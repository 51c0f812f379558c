"""The state of one call of `decode_many`: what has been gathered so far. Every format adds to the same one."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ingest.decode.columns import Contents, Decoded, DecodedIntervals, DecodedReadings, DeviceLabel, Message
from ingest.decode.faults import Faults
from ingest.decode.foreign import Foreign
from ingest.decode.gathering import Gathered, Gatherer


class Decoding:
    """Gather what messages hold.

    Attributes
    ----------
    faults : Faults
        Refusals of parts of messages.
    intervals, readings : Gatherer
        Values over spans, and values at one instant.
    contents : list of (int, LowRateContent)
        What is no measured value, with the message's position.
    labels : list of DeviceLabel
        What devices say of themselves in words.
    """

    def __init__(self, count: int) -> None:
        self.faults = Faults()
        self.intervals = Gatherer()
        self.readings = Gatherer()
        self.contents: Contents = []
        self.labels: list[DeviceLabel] = []
        self.sequence = np.full(count, -1, np.int64)

    def take_foreign(self, index: int, foreign: Foreign) -> None:
        """Gather what another maker's message said; it was read where its session is known."""
        for row in foreign.rows:
            device = len(self.readings.devices)
            self.readings.devices.append(row.device)
            first = self.readings.add(index, device, row.register_id, row.at_s, 0, [row.value])
            if row.quality:
                self.readings.mark(first, [0], row.quality)
        for fault in foreign.faults:
            self.faults.add(index, fault.code, fault.count, fault.reason)
        if foreign.state is not None:
            self.contents.append((index, foreign.state))

    def finish(self) -> Decoded:
        """Return everything as columns."""
        return Decoded(
            intervals=_intervals(self.intervals.finish(self.faults)),
            readings=_readings(self.readings.finish(self.faults)),
            contents=self.contents,
            refusals=self.faults.refusals(),
            sequence=self.sequence,
            labels=self.labels,
        )


#: A format: takes a message at its position into the decoding and returns its sequence number, if it has one. It raises
#: InputError where the whole message is refused, and has gathered nothing then; a part is refused in `Decoding.faults`.
Format: TypeAlias = Callable[[Decoding, int, Message], int | None]


def _intervals(of: Gathered) -> DecodedIntervals:
    return DecodedIntervals(
        of.devices, of.message, of.device, of.register_id, of.quality, of.step_s, of.time_s, of.value
    )


def _readings(of: Gathered) -> DecodedReadings:
    return DecodedReadings(of.devices, of.message, of.device, of.register_id, of.quality, of.time_s, of.value)
