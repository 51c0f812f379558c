"""Whether a right holds, and until when: a pure function of what a desk saw, the condition and the day.

Every right ends, and begins by age, on the first day of a month: many share that day, so it tells nobody's birthday and
nobody's evidence. What a desk saw counts for two weeks longer than shown, and then to the end of that month; whoever
has to come again is told in time. No right is derived for much longer than a year: what nobody derives again ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from enjoy.passes.conditions import AgeBelow, AgeFrom, Combined, Condition, Everybody, Residence, SocialTariff, Sold

PARIS: Final = ZoneInfo("Europe/Paris")
#: What was shown counts for so long after it ended.
GRACE: Final = timedelta(days=14)
#: A right that ends within it is told as ending soon.
SOON: Final = timedelta(days=45)
_LONGEST_MONTHS: Final = 13


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold what desks saw of one holder; None: nothing of the kind.

    Attributes
    ----------
    insee_code, quotient_below_eur : optional
        Commune of residence; bound that the family quotient lies below. [EUR]
    residence_until, quotient_until : date or None
        Last days on which these count as shown.
    born_on : date or None
        Day of birth.
    """

    insee_code: str | None = None
    residence_until: date | None = None
    born_on: date | None = None
    quotient_below_eur: int | None = None
    quotient_until: date | None = None


def today_of(now: datetime) -> date:
    """Return the day on the wall in Lille."""
    return now.astimezone(PARIS).date()


def midnight_of(day: date) -> datetime:
    """Return when a day begins in Lille."""
    return datetime(day.year, day.month, day.day, tzinfo=PARIS)


def month_after(day: date, months: int = 1) -> date:
    """Return the first day of the month that is so many months after a day's.

    Examples
    --------
    >>> month_after(date(2026, 11, 25)), month_after(date(2026, 11, 25), 13), month_after(date(2026, 11, 25), 0)
    (datetime.date(2026, 12, 1), datetime.date(2027, 12, 1), datetime.date(2026, 11, 1))
    """
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def holds_until(condition: Condition, evidence: Evidence, *, metropolis: frozenset[str], today: date) -> date | None:
    """Return the first day on which a right holds no more, None where it does not hold today.

    Parameters
    ----------
    condition : Condition
        What the right follows from.
    evidence : Evidence
        What desks saw.
    metropolis : frozenset of str
        INSEE codes of the communes of the metropolis.
    today : date
        Day in Lille.

    Examples
    --------
    >>> child = Evidence(born_on=date(2015, 2, 17))
    >>> holds_until(AgeBelow(12), child, metropolis=frozenset(), today=date(2026, 11, 25))
    datetime.date(2027, 3, 1)
    """
    ends = _ends(condition, evidence, metropolis, today)
    return ends if ends is not None and ends > today else None


def _ends(condition: Condition, evidence: Evidence, metropolis: frozenset[str], today: date) -> date | None:
    last = month_after(today, _LONGEST_MONTHS)
    match condition:
        case Residence(communes):
            there = evidence.insee_code in (metropolis if communes is None else communes)
            return _shown(evidence.residence_until, last) if there else None
        case SocialTariff(below_eur):
            known = evidence.quotient_below_eur
            return _shown(evidence.quotient_until, last) if known is not None and known <= below_eur else None
        case AgeBelow() | AgeFrom():
            return None if evidence.born_on is None else _by_age(condition, evidence.born_on, today, last)
        case Combined(how, parts):
            ends = [holds_until(part, evidence, metropolis=metropolis, today=today) for part in parts]
            return _earliest(ends) if how == "all" else _latest(ends)
        case Everybody() | Sold():
            return last if isinstance(condition, Everybody) else None


def _by_age(condition: AgeBelow | AgeFrom, born_on: date, today: date, last: date) -> date | None:
    if isinstance(condition, AgeBelow):
        return min(last, month_after(born_on, 12 * condition.years + 1))
    return last if month_after(born_on, 12 * condition.years) <= today else None


def _shown(until: date | None, last: date) -> date | None:
    return None if until is None else min(last, month_after(until + GRACE))


def _earliest(ends: Iterable[date | None]) -> date | None:
    found = list(ends)
    known = [end for end in found if end is not None]
    return min(known) if len(known) == len(found) else None


def _latest(ends: Iterable[date | None]) -> date | None:
    return max((end for end in ends if end is not None), default=None)


def ends_soon(until: datetime, now: datetime) -> bool:
    """Tell whether something ends so soon that its holder should do something about it."""
    return until - now <= SOON
