"""Colours of days: what Tempo and EJP allow, and what a day whose colour is not announced yet may still become.

Tempo: 22 red, 43 white and 300 blue days (301 in a leap year) from 1 September to 31 August; red ones from 1 November
to 31 March and never at a weekend, white ones never on a Sunday [1]_. That red days are no public holidays either is
said by some [2]_ and not by the method: it is not used. EJP: 22 days of peak from 1 November to 31 March [3]_.

References
----------
.. [1] RTE, "Méthode de choix des jours Tempo, indice 2", services-rte.com; the rules follow the deliberation of the
   Commission de régulation de l'énergie of 16 July 2015 on tariffs of the type Tempo.
.. [2] Connaissance des énergies, "Fourniture d'électricité : qu'est-ce que l'option Tempo ?".
.. [3] Coopérative d'électricité de Saint-Martin-de-Londres (CESML), "Jours EJP".
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

_SATURDAY, _SUNDAY = 5, 6
_SEASON_BEGINS: Final = (9, 1)
_WINTER: Final = frozenset({11, 12, 1, 2, 3})

#: Colours of each tariff of days, and how many days of a season may have them; None: the rest.
COLORS: Final[Mapping[str, Mapping[str, int | None]]] = {
    "tempo": {"blue": None, "white": 43, "red": 22},
    "ejp": {"normal": None, "peak": 22},
}


def season_year(day: date) -> int:
    """Return the year in which the season of a day began: on 1 September.

    Examples
    --------
    >>> season_year(date(2026, 8, 31)), season_year(date(2026, 9, 1))
    (2025, 2026)
    """
    return day.year if (day.month, day.day) >= _SEASON_BEGINS else day.year - 1


def may_be(tariff: str, color: str, day: date) -> bool:
    """Tell whether the rules allow a day a colour, whatever other days have.

    Examples
    --------
    >>> may_be("tempo", "red", date(2026, 1, 16)), may_be("tempo", "red", date(2026, 1, 17))
    (True, False)
    """
    if (tariff, color) == ("tempo", "red"):
        return day.month in _WINTER and day.weekday() < _SATURDAY
    if (tariff, color) == ("tempo", "white"):
        return day.weekday() != _SUNDAY
    return color != "peak" or day.month in _WINTER


@dataclass(frozen=True)
class Calendar:
    """Hold the colours that were announced.

    Attributes
    ----------
    color : mapping
        Colour by tariff (tempo, ejp) and local day.
    """

    color: Mapping[tuple[str, date], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        used = Counter((tariff, season_year(day), color) for (tariff, day), color in self.color.items())
        object.__setattr__(self, "_used", used)

    def possible(self, tariff: str, day: date) -> tuple[str, ...]:
        """Return the colours that a day may have: one when it is announced, else those that its season has left."""
        known = self.color.get((tariff, day))
        if known is not None:
            return (known,)
        used: Counter[tuple[str, int, str]] = self._used  # type: ignore[attr-defined]  # set after initialisation
        return tuple(
            color
            for color, most in COLORS[tariff].items()
            if may_be(tariff, color, day) and (most is None or used[tariff, season_year(day), color] < most)
        )

    def fault_of(self, tariff: str, day: date, color: str) -> str | None:
        """Return why a day cannot have a colour beside what was announced: a code, or None when it can."""
        if color not in COLORS.get(tariff, {}):
            return "color_unknown"
        if not may_be(tariff, color, day):
            return "color_not_allowed"
        others = Calendar({key: one for key, one in self.color.items() if key != (tariff, day)})
        return None if color in others.possible(tariff, day) else "colors_used_up"

    def with_days(self, days: Iterable[tuple[str, date, str]]) -> "Calendar":
        """Return a calendar that knows more days, or knows some otherwise."""
        return Calendar({**self.color, **{(tariff, day): color for tariff, day, color in days}})
