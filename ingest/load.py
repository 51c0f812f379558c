"""How much of the time is taken by something that is done again and again."""

from typing import Final

#: Weight of the last round against all before. [ratio]
_NEWEST: Final = 0.3
_HIGH: Final = 0.25
#: Without a round for so long there is no load. [s]
_QUIET_S: Final = 1.0


class Load:
    """Follow the share of the time that rounds take; those that came last count most.

    Examples
    --------
    >>> load = Load()
    >>> for second in range(5):
    ...     load.note(second, second + 0.5)
    >>> load.is_high(4.6), load.is_high(6.0)
    (True, False)
    """

    def __init__(self) -> None:
        self._share = 0.0
        self._ended_s = float("-inf")

    def note(self, began_s: float, ended_s: float) -> None:
        """Note a round, on a clock that never goes back. [s]."""
        since_last_s = ended_s - self._ended_s
        newest = (ended_s - began_s) / since_last_s if since_last_s > 0.0 else 1.0
        self._share += _NEWEST * (newest - self._share)
        self._ended_s = ended_s

    def is_high(self, now_s: float) -> bool:
        """Tell whether rounds took more than a quarter of the time lately."""
        return self._share > _HIGH and now_s - self._ended_s < _QUIET_S
