"""Who is admitted, when, how often and at which price class: the same rules on the server and in readers. Pure.

A rule is declared as JSON (`enjoy.reader.rule_content`). The first rule that admits decides. Where none does, the
reason is that of the rule that came closest: who has the right and comes too early learns that it is too early.

Days are those of Lille: a use on the 25th at one in the night is one of the 25th, on the longest day of the year too.
What counts are the admissions that a rule gave; `lasts_s` runs from the first admission by any rule of the service.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rule_content import Per, Rule, Uses, Window, read_rule

__all__ = [
    "Admission",
    "Asked",
    "Per",
    "Rule",
    "Tally",
    "Used",
    "Uses",
    "Verdict",
    "Window",
    "judge",
    "read_rule",
    "tallies",
    "used",
]

PARIS: Final = ZoneInfo("Europe/Paris")
_DAY: Final = timedelta(days=1)
_DAY_MIN: Final = 24 * 60
#: Reasons from the least telling to the most; a rule refuses for the first of them that holds.
TELLING: Final = (
    Reason.NOT_ENTITLED,
    Reason.VENUE_OTHER,
    Reason.OUTSIDE_HOURS,
    Reason.PROOF_MISSING,
    Reason.OVER,
    Reason.USED_UP,
    Reason.TOO_SOON,
)


class Admission(NamedTuple):
    """Tell one use: by which rule somebody was admitted, where and when."""

    rule_id: int
    venue: str
    at: datetime


class Tally(NamedTuple):
    """Name what is counted: uses by a rule within a period; `venue` is empty where all venues count together."""

    rule_id: int
    per: Per
    start: date
    venue: str


@dataclass(frozen=True, slots=True)
class Used:
    """Hold what is known of a holder's uses before.

    Attributes
    ----------
    counts : mapping
        Uses by what is counted.
    last_at : mapping
        Last admission by rule; only of rules that have a pause.
    first_at : datetime or None
        First admission by any rule; needed where a rule lasts from it.
    """

    counts: Mapping[Tally, int] = field(default_factory=dict)
    last_at: Mapping[int, datetime] = field(default_factory=dict)
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what is judged.

    Attributes
    ----------
    rights : frozenset of int
        Numbers of the rights that hold now.
    venue : str
        Where.
    at : datetime
        When; aware.
    proof : Proof
        How sure it is that who shows the pass holds it.
    uses : Used
        What was used before.
    """

    rights: frozenset[int]
    venue: str
    at: datetime
    proof: Proof
    uses: Used = field(default_factory=Used)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Tell whether somebody is admitted; rule and price class are None where not."""

    is_admitted: bool
    reason: Reason
    rule_id: int | None = None
    price_class: str | None = None


def judge(rules: Sequence[Rule], asked: Asked, *, proof: Proof) -> Verdict:
    """Return whether somebody is admitted, and why not.

    Parameters
    ----------
    rules : sequence of Rule
        In the order in which they are tried.
    asked : Asked
        Who, where, when and how.
    proof : Proof
        Least proof that the service takes where a rule says nothing else.
    """
    closest = Reason.NOT_ENTITLED
    for rule in rules:
        reason = _refusal(rule, asked, proof)
        if reason is None:
            return Verdict(True, Reason.ADMITTED, rule.rule_id, rule.price_class)
        closest = max(closest, reason, key=TELLING.index)
    return Verdict(False, closest)


def tallies(rule: Rule, venue: str, at: datetime) -> list[Tally]:
    """Return what an admission by a rule counts towards."""
    day = at.astimezone(PARIS).date()
    return [
        Tally(rule.rule_id, use.per, start_of(use.per, day), venue if use.each_venue else "")
        for use in dict.fromkeys(rule.uses)
    ]


def used(rules: Iterable[Rule], admissions: Iterable[Admission]) -> Used:
    """Return what is known from a list of admissions, in any order.

    Examples
    --------
    >>> from datetime import UTC
    >>> rule = read_rule({"rights": [1], "uses": [{"most": 1, "per": "week"}]}, rule_id=7)
    >>> used([rule], [Admission(7, "pool", datetime(2026, 11, 29, 23, 30, tzinfo=UTC))]).counts
    {Tally(rule_id=7, per=<Per.WEEK: 'week'>, start=datetime.date(2026, 11, 30), venue=''): 1}
    """
    by_id = {rule.rule_id: rule for rule in rules}
    counts: dict[Tally, int] = {}
    last_at: dict[int, datetime] = {}
    first_at: datetime | None = None
    for one in admissions:
        first_at = one.at if first_at is None else min(first_at, one.at)
        last_at[one.rule_id] = max(last_at.get(one.rule_id, one.at), one.at)
        rule = by_id.get(one.rule_id)
        for tally in tallies(rule, one.venue, one.at) if rule is not None else ():
            counts[tally] = counts.get(tally, 0) + 1
    return Used(counts, last_at, first_at)


def start_of(per: Per, day: date) -> date:
    """Return the first day of the period that a day is in.

    Examples
    --------
    >>> start_of(Per.WEEK, date(2026, 11, 29)).isoformat()
    '2026-11-23'
    """
    if per is Per.WEEK:
        return day - timedelta(days=day.weekday())
    if per is Per.MONTH:
        return day.replace(day=1)
    return date.min if per is Per.EVER else day


def _refusal(rule: Rule, asked: Asked, proof: Proof) -> Reason | None:
    """Return why a rule does not admit, the least telling reason that holds; None: it does."""
    if rule.rights and not rule.rights & asked.rights:
        return Reason.NOT_ENTITLED
    if rule.venues and asked.venue not in rule.venues:
        return Reason.VENUE_OTHER
    if not _is_open(rule, asked.at):
        return Reason.OUTSIDE_HOURS
    if asked.proof.rank < (rule.proof or proof).rank:
        return Reason.PROOF_MISSING
    return _spent(rule, asked)


def _spent(rule: Rule, asked: Asked) -> Reason | None:
    first_at = asked.uses.first_at
    if rule.lasts_s is not None and first_at is not None and _since_s(first_at, asked.at) >= rule.lasts_s:
        return Reason.OVER
    for use, tally in zip(dict.fromkeys(rule.uses), tallies(rule, asked.venue, asked.at), strict=True):
        if asked.uses.counts.get(tally, 0) >= use.most:
            return Reason.USED_UP
    last_at = asked.uses.last_at.get(rule.rule_id)
    if rule.pause_s and last_at is not None and _since_s(last_at, asked.at) < rule.pause_s:
        return Reason.TOO_SOON
    return None


def _since_s(earlier: datetime, later: datetime) -> float:
    return later.timestamp() - earlier.timestamp()


def _is_open(rule: Rule, at: datetime) -> bool:
    """Tell whether a rule holds at a time; hours past midnight are those of the day on which they began."""
    there = at.astimezone(PARIS)
    day, minute = there.date(), there.hour * 60 + there.minute
    if _is_day(rule, day) and _is_within(rule.windows, day, minute):
        return True
    before = day - _DAY
    return bool(rule.windows) and _is_day(rule, before) and _is_within(rule.windows, before, minute + _DAY_MIN)


def _is_day(rule: Rule, day: date) -> bool:
    if rule.start_on is not None and day < rule.start_on:
        return False
    if rule.end_on is not None and day > rule.end_on:
        return False
    return day not in rule.closed_on


def _is_within(windows: Sequence[Window], day: date, minute: int) -> bool:
    weekday = day.isoweekday()
    return not windows or any(
        weekday in window.days and window.from_min <= minute < window.until_min for window in windows
    )
