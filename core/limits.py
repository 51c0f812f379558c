"""How far the values of a register are believed, unless an operator says otherwise: the defaults of one table.

Sources: the rules for spikes (highest against third highest of a day), history, zeros and sums are those of the
California Public Utilities Commission's Direct Access Standards for Metering and Meter Data (1999), which most metering
systems have followed since; a Linky trips within a minute at three times the subscribed power.
"""

from dataclasses import dataclass
from typing import Final

from core.registers import IMPORT_WH, REGISTERS, Register, RegisterKind

_HOUR_S: Final = 3_600
#: Index registers of a Linky count nine digits.
_ROLLOVER_AT: Final = 1e9


@dataclass(frozen=True, slots=True)
class Limit:
    """How far one register's values are believed; None where a rule is not applied.

    Attributes
    ----------
    register_id : int
        Register.
    lowest, highest : float
        Beyond them a value is refused; of an interval, as mean power. [unit]
    subscribed_ratio : float or None
        Mean power above so many times the subscribed power is stored as bad. [1]
    spike_ratio, spike_floor_ratio : float or None
        A day's highest power is a spike when it exceeds the third highest by more than `spike_ratio` times that one,
        and also `spike_floor_ratio` times the subscribed power. [1]
    high_ratio, low_ratio : float or None
        A day's energy against the median of the days before. [1]
    zero_run_s, flat_run_s : int or None
        Longest run of zeros, and of one other value, that is nothing to speak of. [s]
    clock_ahead_s, late_s : int or None
        How long before or after its end an interval may become known. [s]
    rollover_at : float or None
        Where an index starts again from zero. [unit]
    sum_tolerance, sum_tolerance_ratio : float or None
        Difference allowed between load curve and index: absolute [unit], and of the index difference [1].
    """

    register_id: int
    lowest: float
    highest: float
    subscribed_ratio: float | None = None
    spike_ratio: float | None = None
    spike_floor_ratio: float | None = None
    high_ratio: float | None = None
    low_ratio: float | None = None
    zero_run_s: int | None = None
    flat_run_s: int | None = None
    clock_ahead_s: int | None = None
    late_s: int | None = None
    rollover_at: float | None = None
    sum_tolerance: float | None = None
    sum_tolerance_ratio: float | None = None


def default_limit(register: Register) -> Limit:
    """Return the limits that a register has until an operator changes them."""
    if register.kind is RegisterKind.INDEX:
        return Limit(register.register_id, register.lowest, register.highest, rollover_at=_ROLLOVER_AT)
    if register.kind is RegisterKind.INSTANT:
        return Limit(register.register_id, register.lowest, register.highest)
    # A home without the sun, or without reactive load, exports nothing for months: only import is expected to move.
    is_import = register == IMPORT_WH
    return Limit(
        register.register_id,
        register.lowest,
        register.highest,
        subscribed_ratio=3.0 if is_import else None,
        spike_ratio=1.8,
        spike_floor_ratio=0.5,
        high_ratio=4.0 if is_import else None,
        low_ratio=0.1 if is_import else None,
        zero_run_s=24 * _HOUR_S if is_import else None,
        flat_run_s=12 * _HOUR_S,
        clock_ahead_s=5,
        late_s=48 * _HOUR_S,
        sum_tolerance=10.0,
        sum_tolerance_ratio=0.01,
    )


DEFAULT_LIMITS: Final[tuple[Limit, ...]] = tuple(default_limit(register) for register in REGISTERS)
