"""A statement of what an event saved, as known at a moment: made, hashed, and made again."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from core.canonical import canonical_json, sha256_of
from core.errors import ConflictError, InputError
from core.slots import LOCAL_ZONE, SLOT, SLOTS_PER_HOUR, require_aware, slot_starts
from db.audit import record
from db.connection import Connection
from db.demand_response import Event
from db.settlement import (
    NewStatement,
    Participant,
    SlotRow,
    StatementRow,
    UsagePointRow,
    find_statements,
    insert_statement,
    participants,
    slots_of_statement,
    usage_points_of_statement,
)
from grid.demand_response.lifecycle import EventStatus, require_event
from grid.kernels.baseline_error import Interval, reduction_interval
from grid.kernels.checks import Bool, Float
from grid.like_days import like_days
from grid.settlement.curves import (
    ERROR_DAYS,
    Asked,
    Curves,
    Hours,
    days_needed,
    disturbed_days,
    read_curves,
    who_compares,
)
from grid.settlement.estimating import Estimate, errors_wh, estimate
from grid.settlement.methods import LOOK_BACK_DAYS, Method, method_named

#: Version of the computation and of what is hashed: raised whenever the same readings would give other figures.
FORM: Final = 1
CONFIDENCE: Final = 0.9
#: Readings carry the moment at which their batch was begun, and are stored a moment later: by default a statement is as
#: known so long ago.
MARGIN: Final = timedelta(minutes=2)
#: Figures are rounded to a thousandth, so that the last bits of a sum, which differ from processor to processor, are no
#: difference. [W], [Wh]
_DECIMALS: Final = 3
_SEED_BYTES: Final = 8
_HASHED: Final = [field.name for field in fields(NewStatement) if field.name not in {"made_at", "made_by", "hash"}]


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold a statement that is not stored, or not yet."""

    head: NewStatement
    usage_points: list[UsagePointRow]
    slots: list[SlotRow]


async def make_statement(
    connection: Connection,
    *,
    event_id: UUID,
    now: datetime,
    actor: str,
    method: str = "high_5_of_10",
    as_of: datetime | None = None,
    program: str | None = None,
) -> StatementRow:
    """Make a statement and store it; one of the same event, method and moment is made again and must be the same.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        Active or completed.
    now : datetime
        Time.
    actor : str
        Who has it made; see `db.audit.record`.
    method : str
        Key of `grid.settlement.methods.METHODS`.
    as_of : datetime, optional
        Nothing that became known later counts; by default `MARGIN` ago.
    program : str, optional
        Program that the event is settled under.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    InputError
        ``method_unknown``, or ``statement_in_future``.
    ConflictError
        ``event_not_measured``: it has not begun, or was cancelled; ``nobody_took_part``; ``statement_differs``: the one
        stored is not what the readings give now.
    """
    moment = now - MARGIN if as_of is None else require_aware(as_of)
    if moment > now:
        raise InputError("statement_in_future", "A statement cannot be as known later than now.", as_of=str(moment))
    event = await require_event(connection, event_id)
    made = await compute_statement(
        connection, event, method=method, as_of=moment, program=program, made_at=now, actor=actor
    )
    async with connection.transaction():
        stored = [
            row
            for row in await find_statements(connection, event_id=event_id)
            if (row.method, row.as_of) == (made.head.method, made.head.as_of)
        ]
        if not stored:
            key = await insert_statement(connection, made.head, made.usage_points, made.slots)
            facts = {"settlement_statement_id": key, "method": made.head.method, "as_of": moment, "program": program}
            facts |= {"reduction_wh": _no_nan(made.head.reduction_wh), "hash": made.head.hash.hex()}
            await record(
                connection, at=now, actor=actor, action="settlement.made", subject=f"event/{event_id}", facts=facts
            )
            stored = await find_statements(connection, settlement_statement_id=key)
        elif stored[0].hash != made.head.hash:
            message = "The statement that is stored for this moment is not what is known of that moment now."
            raise ConflictError("statement_differs", message, settlement_statement_id=stored[0].settlement_statement_id)
    return stored[0]


async def is_reproduced(connection: Connection, stored: StatementRow) -> bool:
    """Tell whether a stored statement is what it was, and what its readings give when it is made again.

    Its rows must have its hash, and so must those computed anew from what was known at its moment.
    """
    key = stored.settlement_statement_id
    usage_points, slots = await usage_points_of_statement(connection, key), await slots_of_statement(connection, key)
    if hash_of(stored, usage_points, slots) != stored.hash:
        return False
    event = await require_event(connection, stored.event_id)
    again = await compute_statement(
        connection,
        event,
        method=stored.method,
        as_of=stored.as_of,
        program=stored.program,
        made_at=stored.made_at,
        actor=stored.made_by,
    )
    return again.head.hash == stored.hash


async def compute_statement(
    connection: Connection,
    event: Event,
    *,
    method: str,
    as_of: datetime,
    program: str | None,
    made_at: datetime,
    actor: str,
) -> Statement:
    """Return a statement without storing it; all as `make_statement`."""
    how = method_named(method)
    if event.status not in (EventStatus.ACTIVE, EventStatus.COMPLETED):
        message = f"An event that is {event.status} is not measured."
        raise ConflictError("event_not_measured", message, event_id=str(event.event_id))
    members = await participants(connection, event.event_id, as_of=as_of)
    if not members:
        raise ConflictError("nobody_took_part", "Nobody took part in the event.", event_id=str(event.event_id))
    asked, curves, excluded, tried = await gather(connection, event, members, how, as_of)
    return await asyncio.to_thread(
        _statement, event, members, how, (asked, curves, excluded, tried), (program, made_at, actor)
    )


async def gather(
    connection: Connection, event: Event, members: list[Participant], method: Method, as_of: datetime
) -> tuple[Asked, Curves, set[date], list[date]]:
    """Read what a statement is made of: curves, days with an event, and days that the method is tried on."""
    hours, day = Hours.of(event.starts_at, event.ends_at), local_date(event)
    asked = Asked(event.place_id, [member.usage_point_id for member in members], [], as_of)
    excluded = await disturbed_days(connection, asked, day, hours, event=event.event_id)
    tried = like_days(day, count=ERROR_DAYS, within_days=LOOK_BACK_DAYS, excluded=excluded)
    days = days_needed(method, [*tried, day], excluded=excluded)
    if method.compares:
        others = await who_compares(connection, days, hours, as_of)
        asked = Asked(asked.place_id, asked.usage_point_ids, others, as_of)
    return asked, await read_curves(connection, asked, days, hours), excluded, tried


def local_date(event: Event) -> date:
    """Return the local day on which an event begins."""
    return event.starts_at.astimezone(LOCAL_ZONE).date()


def _statement(
    event: Event,
    members: list[Participant],
    method: Method,
    read: tuple[Asked, Curves, set[date], list[date]],
    made: tuple[str | None, datetime, str],
) -> Statement:
    asked, curves, excluded, tried = read
    day = local_date(event)
    found = estimate(curves, method, day, excluded=excluded)
    measured_w = curves.load_w[:, curves.rows([day])[0], curves.hours.inside].copy()
    starts = slot_starts(event.starts_at, event.ends_at)
    measured_w[:, [start + SLOT > asked.as_of for start in starts]] = np.nan  # what had not ended was not measured
    saved, adjusted = _saved_wh(found.baseline_w, measured_w), _saved_wh(found.adjusted_w, measured_w)
    error, _ = errors_wh(curves, method, tried, excluded=excluded)
    seed = int.from_bytes(sha256_of(event.event_id.bytes, method.name.encode())[:_SEED_BYTES], "big")
    own = reduction_interval(
        np.where(_whole(found, measured_w), saved, np.nan), error, confidence=CONFIDENCE, seed=seed
    )
    usage_points = _usage_points(members, found, asked.control_ids, (saved, adjusted, own.lower, own.upper))
    slots = _slots(members, event, (found.baseline_w, found.adjusted_w, measured_w))
    known = ~np.isnan(found.baseline_w) & ~np.isnan(measured_w)
    together = _together(saved, error, known, seed)
    head = NewStatement(
        event.event_id, made[0], method.name, FORM, asked.as_of, made[1], made[2], len(members), known.size,
        int(known.sum()), _sum(saved), _sum(adjusted), _rounded(together.lower[0]), _rounded(together.upper[0]),
        CONFIDENCE, int(_days_counted(error).sum()), _rounded(together.bias[0]), _rounded(together.deviation[0]), b"",
    )  # fmt: skip
    return _hashed(Statement(head, usage_points, slots))


def _saved_wh(baseline_w: Float, measured_w: Float) -> Float:
    """Return baseline less measured energy over the slots that have both, shape (usage_point,); NaN where none has."""
    difference = (baseline_w - measured_w) / SLOTS_PER_HOUR
    known = ~np.isnan(difference)
    total: Float = np.where(known, difference, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total, np.nan)


def _whole(found: Estimate, measured_w: Float) -> Bool:
    return np.asarray(~np.isnan(found.baseline_w - measured_w).any(axis=1))


def _days_counted(error: Float) -> Bool:
    """Tell of which days the errors of half of the usage points are known."""
    return np.asarray(2 * (~np.isnan(error)).sum(axis=0) >= max(error.shape[0], 1))


def _together(saved: Float, error: Float, known: Bool, seed: int) -> Interval:
    """Return how sure the sum is: errors of a day are added up, for who runs over on a cold day runs over with others.

    Where some are missing on a day the sum is scaled up; where slots of the event are missing it is scaled down.
    """
    there = ~np.isnan(error)
    total = np.where(there, error, 0.0).sum(axis=0) * error.shape[0] / np.maximum(there.sum(axis=0), 1)
    total = np.where(_days_counted(error), total * known.mean(), np.nan)
    sums = np.array([np.nansum(saved)]) if known.any() else np.array([np.nan])
    return reduction_interval(sums, total[np.newaxis], confidence=CONFIDENCE, seed=seed)


def _usage_points(
    members: list[Participant], found: Estimate, control_ids: list[int], figures: tuple[Float, Float, Float, Float]
) -> list[UsagePointRow]:
    ids = [*control_ids, 0]
    return [
        UsagePointRow(
            member.usage_point_id,
            member.usage_point_key,
            member.resources,
            [day for day, kept in zip(found.days, found.is_kept[row], strict=True) if kept],
            sorted(ids[other] for other in found.control[row].tolist() if other >= 0),
            *(_rounded(figure[row]) for figure in figures),
        )
        for row, member in enumerate(members)
    ]


def _slots(members: list[Participant], event: Event, powers: tuple[Float, Float, Float]) -> list[SlotRow]:
    starts = slot_starts(event.starts_at, event.ends_at)
    return [
        SlotRow(member.usage_point_id, start, *(_rounded(power[row, column]) for power in powers))
        for row, member in enumerate(members)
        for column, start in enumerate(starts)
    ]


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS) + 0.0  # no -0.0


def _sum(values: Float) -> float:
    known = ~np.isnan(values)
    return _rounded(float(values[known].sum())) if known.any() else float("nan")


def _hashed(statement: Statement) -> Statement:
    digest = hash_of(statement.head, statement.usage_points, statement.slots)
    return replace(statement, head=replace(statement.head, hash=digest))


def hash_of(
    head: NewStatement | StatementRow, usage_points: Sequence[UsagePointRow], slots: Sequence[SlotRow]
) -> bytes:
    """Return the hash over all that is in a statement but its key, and when and by whom it was made."""
    key_of = {one.usage_point_id: one.usage_point_key for one in usage_points}
    parts = [{name: getattr(head, name) for name in _HASHED}]
    parts += [asdict(one) | {"baseline_days": [str(day) for day in one.baseline_days]} for one in usage_points]
    parts += [asdict(slot) | {"usage_point_key": key_of.get(slot.usage_point_id)} for slot in slots]
    spelled = (canonical_json({name: _no_nan(value) for name, value in part.items()}) + "\n" for part in parts)
    return sha256_of(*(line.encode() for line in spelled))


def _no_nan(value: object) -> object:
    return None if isinstance(value, float) and np.isnan(value) else value
