"""What is in a statement: figures, how sure they are, and a hash over all of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Final

import numpy as np

from core.canonical import canonical_json, sha256_of
from core.slots import LOCAL_ZONE, SLOT, SLOTS_PER_HOUR, slot_starts
from db.demand_response import Event
from db.settlement import NewStatement, Participant, SlotRow, StatementRow, UsagePointRow
from grid.kernels.baseline_error import Interval, reduction_interval
from grid.kernels.checks import Bool, Float
from grid.settlement.curves import Asked, Curves
from grid.settlement.estimating import Estimate, errors_wh, estimate
from grid.settlement.methods import Method
from grid.settlement.table import known

#: Version of the computation and of what is hashed: raised whenever the same readings would give other figures.
FORM: Final = 1
CONFIDENCE: Final = 0.9
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


@dataclass(frozen=True, slots=True)
class Read:
    """Hold what was read for a statement.

    Attributes
    ----------
    members : list of Participant
        Who took part.
    asked : Asked
        Whose loads were read.
    curves : Curves
        Their loads.
    excluded : set of date
        Days with another event.
    tried : list of date
        Days without an event that tell how wrong the method is.
    """

    members: list[Participant]
    asked: Asked
    curves: Curves
    excluded: set[date]
    tried: list[date]


@dataclass(frozen=True, slots=True)
class Made:
    """Say for whom a statement is made, when and by whom."""

    program: str | None
    made_at: datetime
    made_by: str


def local_date(event: Event) -> date:
    """Return the local day on which an event begins."""
    return event.starts_at.astimezone(LOCAL_ZONE).date()


def statement_of(event: Event, method: Method, read: Read, made: Made) -> Statement:
    """Return the statement of an event by one method from what was read."""
    asked, curves, members, excluded = read.asked, read.curves, read.members, read.excluded
    day = local_date(event)
    found = estimate(curves, method, day, excluded=excluded)
    measured_w = curves.load_w[:, curves.rows([day])[0], curves.hours.inside].copy()
    starts = slot_starts(event.starts_at, event.ends_at)
    measured_w[:, [start + SLOT > asked.as_of for start in starts]] = np.nan  # what had not ended was not measured
    saved, adjusted = _saved_wh(found.baseline_w, measured_w), _saved_wh(found.adjusted_w, measured_w)
    error, _ = errors_wh(curves, method, read.tried, excluded=excluded)
    seed = int.from_bytes(sha256_of(event.event_id.bytes, method.name.encode())[:_SEED_BYTES], "big")
    own = reduction_interval(
        np.where(_whole(found, measured_w), saved, np.nan), error, confidence=CONFIDENCE, seed=seed
    )
    usage_points = _usage_points(members, found, asked.control_ids, (saved, adjusted, own.lower, own.upper))
    slots = _slots(members, event, (found.baseline_w, found.adjusted_w, measured_w))
    complete = ~np.isnan(found.baseline_w) & ~np.isnan(measured_w)
    together = _together(saved, error, complete, seed)
    lower, upper, bias, deviation = (_rounded(one[0]) for one in together)
    head = NewStatement(
        event.event_id, made.program, method.name, FORM, asked.as_of, made.made_at, made.made_by, len(members),
        complete.size, int(complete.sum()), _sum(saved), _sum(adjusted), lower, upper,
        CONFIDENCE, int(_days_counted(error).sum()), bias, deviation, b"",
    )  # fmt: skip
    return _hashed(Statement(head, usage_points, slots))


def _saved_wh(baseline_w: Float, measured_w: Float) -> Float:
    """Return baseline less measured energy over the slots that have both, shape (usage_point,); NaN where none has."""
    difference = (baseline_w - measured_w) / SLOTS_PER_HOUR
    complete = ~np.isnan(difference)
    total: Float = np.where(complete, difference, 0.0).sum(axis=1)
    return np.where(complete.any(axis=1), total, np.nan)


def _whole(found: Estimate, measured_w: Float) -> Bool:
    return np.asarray(~np.isnan(found.baseline_w - measured_w).any(axis=1))


def _days_counted(error: Float) -> Bool:
    """Tell of which days the errors of half of the usage points are known."""
    return np.asarray(2 * (~np.isnan(error)).sum(axis=0) >= max(error.shape[0], 1))


def _together(saved: Float, error: Float, complete: Bool, seed: int) -> Interval:
    """Return how sure the sum is: errors of a day are added up, for who runs over on a cold day runs over with others.

    Where some are missing on a day the sum is scaled up; where slots of the event are missing it is scaled down.
    """
    there = ~np.isnan(error)
    total = np.where(there, error, 0.0).sum(axis=0) * error.shape[0] / np.maximum(there.sum(axis=0), 1)
    total = np.where(_days_counted(error), total * complete.mean(), np.nan)
    sums = np.array([np.nansum(saved)]) if complete.any() else np.array([np.nan])
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
    there = ~np.isnan(values)
    return _rounded(float(values[there].sum())) if there.any() else float("nan")


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
    spelled = (
        canonical_json({name: known(value) if isinstance(value, float) else value for name, value in part.items()})
        + "\n"
        for part in parts
    )
    return sha256_of(*(line.encode() for line in spelled))
