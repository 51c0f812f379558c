"""Figures of use: counted once for each day, while it is known whose admissions they are, then that is forgotten.

A figure of fewer than k holders is hidden. Where one price class of a venue is hidden and the sum of all is told, the
smallest of the others is hidden as well: else one could work it out by subtraction. What is hidden was never stored.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Final

from core.clock import WALL_CLOCK, Clock
from db import pass_figures as store
from db.connection import Role
from db.pass_figures import CellRow, NewStatistic
from enjoy.acting import Connect
from enjoy.reader.rules import PARIS

#: Nothing says whose a validation was after this.
KNOWN_FOR: Final = timedelta(hours=48)
#: Readers without connection have until then to tell of a day.
_COUNTED_AFTER: Final = timedelta(hours=12)
_DAY: Final = timedelta(days=1)


async def keep_validations(lend: Connect, _replayed: Clock, *, least: int) -> None:
    """Publish figures of days that are over, then forget holders; people's time is the wall's."""
    await count_and_forget(lend, least=least, now=WALL_CLOCK.now())


async def count_and_forget(lend: Connect, *, least: int, now: datetime) -> None:
    """Publish the figures of days that are over, and forget whose validations before 48 hours ago were.

    Parameters
    ----------
    lend : callable
        Lends connections.
    least : int
        Holders that a figure is over at least.
    now : datetime
        Time.
    """
    async with lend(Role.ENJOY_PASS) as connection:
        days = await store.uncounted_days(connection, before=_start(_day(now - _COUNTED_AFTER)))
    for day in days:
        async with lend(Role.ENJOY_PASS) as connection:
            cells = await store.day_cells(connection, since=_start(day), until=_start(day + _DAY))
            await store.insert_statistics(connection, day, published(cells, least))
    async with lend(Role.ENJOY_PASS) as connection:
        await store.forget(connection, before=now - KNOWN_FOR, today=_day(now), now=now)


def published(cells: Sequence[CellRow], least: int) -> list[NewStatistic]:
    """Return what may be told of figures.

    Examples
    --------
    >>> cells = [CellRow(1, "full", False, 30, 20), CellRow(1, "child", False, 3, 2), CellRow(1, "", True, 33, 22)]
    >>> [(one.price_class, one.admission_count, one.hidden) for one in published(cells, 10)]
    [('child', None, 'k'), ('full', None, 'complementary'), ('', 33, None)]
    """
    return [
        told
        for venue_id in sorted({cell.venue_id for cell in cells})
        for told in _of_venue([cell for cell in cells if cell.venue_id == venue_id], least)
    ]


def _of_venue(cells: Sequence[CellRow], least: int) -> list[NewStatistic]:
    classes = sorted((cell for cell in cells if not cell.is_total), key=lambda cell: cell.holder_count)
    totals = [cell for cell in cells if cell.is_total]
    few = [cell for cell in classes if cell.holder_count < least]
    enough = classes[len(few) :]
    beside = enough[:1] if few else []
    shown = [*enough[len(beside) :], *(cell for cell in totals if cell.holder_count >= least)]
    hidden = [*few, *(cell for cell in totals if cell.holder_count < least)]
    tell = partial(NewStatistic, cells[0].venue_id)
    return [
        *(tell(cell.price_class, None, "k") for cell in hidden),
        *(tell(cell.price_class, None, "complementary") for cell in beside),
        *(tell(cell.price_class, cell.admission_count, None) for cell in shown),
    ]


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS)
