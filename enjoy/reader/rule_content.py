"""Rules as they are declared: JSON, checked when it is declared and again when it is read."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from core.errors import InputError
from enjoy.reader.reasons import Proof

#: Bounds of what a rule may say.
_MOST_LISTED: Final = 400
_MOST_USES: Final = 8
_MOST_S: Final = 366 * 86_400
_MOST_PAUSE_S: Final = 86_400
_MOST_COUNT: Final = 10_000
_DAY_MIN: Final = 24 * 60
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{1,47}$")]
Number = Annotated[int, msgspec.Meta(ge=1, le=32_767)]


class Per(StrEnum):
    """Periods that uses are counted in: of the calendar, in Lille; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    EVER = "ever"


@dataclass(frozen=True, slots=True)
class Window:
    """Hold hours of some days of the week, in minutes since midnight; what is above 24 hours is of the next day."""

    days: frozenset[int]
    from_min: int
    until_min: int


class Uses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold how often something may be used.

    Attributes
    ----------
    most : int
        So many times.
    per : Per
        Within this.
    each_venue : bool
        Whether venues count apart.
    """

    most: Annotated[int, msgspec.Meta(ge=1, le=_MOST_COUNT)]
    per: Per
    each_venue: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Hold a rule.

    Attributes
    ----------
    rule_id : int
        Its key; uses are counted by it.
    rights : frozenset of int
        Any of these rights is enough; empty: everybody.
    venues : frozenset of str
        Where; empty: everywhere.
    windows : tuple of Window
        When; empty: always.
    closed_on : frozenset of date
        Days on which it does not hold.
    start_on, end_on : date or None
        First and last day.
    uses : tuple of Uses
        How often; all of them hold.
    pause_s : int
        Least time between two uses. [s]
    lasts_s : int or None
        How long it holds from the first use of the service on. [s]
    proof : Proof or None
        Least proof; None: that of the service.
    price_class : str
        What readers say of the price.
    """

    rule_id: int
    rights: frozenset[int]
    venues: frozenset[str]
    windows: tuple[Window, ...]
    closed_on: frozenset[date]
    start_on: date | None
    end_on: date | None
    uses: tuple[Uses, ...]
    pause_s: int
    lasts_s: int | None
    proof: Proof | None
    price_class: str


class _Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: Annotated[tuple[Annotated[int, msgspec.Meta(ge=1, le=7)], ...], msgspec.Meta(min_length=1, max_length=7)]
    from_: str = msgspec.field(name="from")
    until: str


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    rights: Annotated[tuple[Number, ...], msgspec.Meta(max_length=_MOST_LISTED)]
    venues: Annotated[tuple[Name, ...], msgspec.Meta(max_length=_MOST_LISTED)] = ()
    windows: Annotated[tuple[_Window, ...], msgspec.Meta(max_length=_MOST_LISTED)] = ()
    closed_on: Annotated[tuple[date, ...], msgspec.Meta(max_length=_MOST_LISTED)] = ()
    start_on: date | None = None
    end_on: date | None = None
    uses: Annotated[tuple[Uses, ...], msgspec.Meta(max_length=_MOST_USES)] = ()
    pause_s: Annotated[int, msgspec.Meta(ge=0, le=_MOST_PAUSE_S)] = 0
    lasts_s: Annotated[int, msgspec.Meta(ge=1, le=_MOST_S)] | None = None
    proof: Proof | None = None
    price_class: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] = "full"


def read_rule(content: object, rule_id: int = 0) -> Rule:
    """Return the rule that JSON declares.

    Parameters
    ----------
    content : object
        What JSON decodes to.
    rule_id : int, default 0
        Key of the rule, where it has one.

    Raises
    ------
    InputError
        ``rule_invalid`` says what is wrong and where.
    """
    try:
        read = msgspec.convert(content, _Content)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    if read.start_on is not None and read.end_on is not None and read.end_on < read.start_on:
        raise _invalid("it ends before it starts - at `$.end_on`")
    return Rule(
        rule_id=rule_id,
        rights=frozenset(read.rights),
        venues=frozenset(read.venues),
        windows=tuple(_window_of(one, place) for place, one in enumerate(read.windows)),
        closed_on=frozenset(read.closed_on),
        start_on=read.start_on,
        end_on=read.end_on,
        uses=read.uses,
        pause_s=read.pause_s,
        lasts_s=read.lasts_s,
        proof=read.proof,
        price_class=read.price_class,
    )


def _window_of(window: _Window, place: int) -> Window:
    begin, end = (_minute(text, place) for text in (window.from_, window.until))
    if begin == _DAY_MIN:
        raise _invalid(f"hours begin before 24:00 - at `$.windows[{place}]`")
    return Window(frozenset(window.days), begin, end if end > begin else end + _DAY_MIN)


def _minute(text: str, place: int) -> int:
    if not _HOUR.fullmatch(text):
        raise _invalid(f"hours are written like 08:00 - at `$.windows[{place}]`")
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _invalid(why: str) -> InputError:
    return InputError("rule_invalid", f"The rule cannot be read: {why}.")
