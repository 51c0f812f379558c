"""What a message in another maker's format says, once it has been read.

Such formats need what only their session knows: the aliases that an earlier message gave, the time of receipt for want
of a clock, the meter that a device without a name for it measures. So they are read before `decode_many`, which
gathers their rows with those of all other messages.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from core.quality import Quality
from ingest.decode.low_rate import StateContent


class Row(NamedTuple):
    """One value of one register of one device at one instant, UTC epoch [s]."""

    device: str
    register_id: int
    at_s: int
    value: float
    quality: Quality = Quality.OK


class Meters(Protocol):
    """Tells which meters a gateway means that names none."""

    def whole(self) -> str | None:
        """Return the meter of all that the gateway measures; None where it is not known."""

    def channel(self, number: int) -> str | None:
        """Return the meter that stands for one of several circuits; None where none does."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A number of values that are refused for one reason."""

    code: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """What one message says.

    Attributes
    ----------
    rows : list of Row
        Values.
    faults : list of Fault
        What is refused beside them.
    state : StateContent or None
        Whether its gateway is online, if the message says so.
    """

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    state: StateContent | None = None


def unnamed(count: int, what: str) -> Fault:
    """Return the fault of values of which it is not known which meter they belong to."""
    return Fault("device_unnamed", count, f"It is not known which meter {what} belongs to.")
