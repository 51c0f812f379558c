"""Check an event's plan on the networks behind its transformers, and store what was found."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID

import numpy as np

from core.errors import ConflictError
from core.slots import SLOT
from db.connection import Connection
from db.demand_response import TransformerRating
from db.network import (
    ConnectivityNode,
    LineSegment,
    NetworkCheck,
    NetworkViolation,
    SuppliedPoint,
    TransformerImpedance,
    line_segments_of,
    nodes_of,
    replace_checks,
    supplied_points_of,
    transformer_impedances_of,
    usage_points_of_devices,
)
from grid.demand_response.lifecycle import require_event
from grid.demand_response.planning import Planned, make_plan
from grid.network.comparison import PHASE_OF, STAGES, Comparison, Stage, Violation, compare
from grid.network.loads import CheckRules, Complex, loads_va, rest_w
from grid.network.model import Float
from grid.network.stored import network_of

Row = TypeVar("Row", ConnectivityNode, LineSegment, TransformerImpedance, SuppliedPoint)


@dataclass(frozen=True, slots=True)
class _Stored:
    """Hold rows of all transformers of a plan, by place."""

    nodes: dict[int, list[ConnectivityNode]]
    lines: dict[int, list[LineSegment]]
    impedance: dict[int, list[TransformerImpedance]]
    points: dict[int, list[SuppliedPoint]]


async def check_plan(
    connection: Connection, event_id: UUID, now: datetime, *, rules: CheckRules | None = None
) -> list[NetworkCheck]:
    """Check the plan of an event and store the check, instead of the one it may have had.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    event_id : UUID
        The event; its plan is made with what is known now, as `grid.demand_response.planning` makes it.
    now : datetime
        Time.
    rules : CheckRules, optional
        Limits and power factors.

    Returns
    -------
    list of NetworkCheck
        One for each transformer that resources stand behind. Where its network is not known, or the place of one of its
        usage points in it, only the loading of the transformer is checked.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    ConflictError
        ``event_started``; ``forecast_missing``.
    InputError
        ``network_vector_group``.
    """
    rules = rules or CheckRules()
    async with connection.transaction():
        event = await require_event(connection, event_id)
        if event.starts_at < now:
            raise ConflictError("event_started", "The event has begun; what it would do can no longer be checked.")
        planned = await make_plan(connection, event, now)
        fleet = planned.fleet
        if not fleet.end_device_id.size:
            await replace_checks(connection, event_id, [], [])
            return []
        stored = await _read(connection, [rating.place_id for rating in planned.limits.rating])
        point_of = await usage_points_of_devices(connection, [int(device) for device in fleet.end_device_id])
        blank = NetworkCheck(
            event_id,
            0,
            "",
            now,
            False,
            fleet.start_at,
            fleet.slot_count,
            0,
            0,
            *([None] * 8),
        )
        results = await asyncio.to_thread(_check_all, planned, stored, point_of, rules, blank)
        checks = [check for check, _ in results]
        await replace_checks(connection, event_id, checks, [one for _, found in results for one in found])
        return checks


async def _read(connection: Connection, places: Sequence[int]) -> _Stored:
    return _Stored(
        _by_place(await nodes_of(connection, places)),
        _by_place(await line_segments_of(connection, places)),
        _by_place(await transformer_impedances_of(connection, places)),
        _by_place(await supplied_points_of(connection, places)),
    )


def _by_place(rows: Sequence[Row]) -> dict[int, list[Row]]:
    return {place: list(group) for place, group in groupby(rows, key=lambda row: row.power_transformer_place_id)}


def _check_all(
    planned: Planned, stored: _Stored, point_of: dict[int, int], rules: CheckRules, blank: NetworkCheck
) -> list[tuple[NetworkCheck, list[NetworkViolation]]]:
    """Check one transformer after the other."""
    found = []
    for row, rating in enumerate(planned.limits.rating):
        points = stored.points.get(rating.place_id, [])
        before_va, after_va = _loads(planned, row, points, point_of, rules)
        named = replace(blank, power_transformer_place_id=rating.place_id, power_transformer_code=rating.code)
        if stored.impedance.get(rating.place_id) and all(point.node is not None for point in points):
            found.append(_on_network(named, stored, points, before_va, after_va, rules))
        else:
            found.append(_on_transformer(named, rating, before_va, after_va, rules))
    return found


def _loads(
    planned: Planned, row: int, points: Sequence[SuppliedPoint], point_of: dict[int, int], rules: CheckRules
) -> tuple[Complex, Complex]:
    """Return loads of a transformer's usage points without the plan and with it."""
    fleet = planned.fleet
    mine = np.flatnonzero(fleet.transformer_id == planned.limits.rating[row].place_id)
    rest = rest_w(planned.limits.forecast_w[row], fleet.natural_w[mine].sum(axis=0))
    at = {point.usage_point_id: number for number, point in enumerate(points)}
    rows: dict[int, list[int]] = defaultdict(list)
    for device in mine:
        rows[at[point_of[int(fleet.end_device_id[device])]]].append(int(device))

    def by_point(power_w: Float) -> Float:
        total = np.zeros((len(points), fleet.slot_count))
        for point, devices in rows.items():
            total[point] = power_w[devices].sum(axis=0)
        return total

    natural, plan = by_point(fleet.natural_w), by_point(planned.optimum.power_w)
    return loads_va(points, rest, natural, rules), loads_va(points, rest, plan, rules)


def _on_network(
    check: NetworkCheck,
    stored: _Stored,
    points: Sequence[SuppliedPoint],
    before_va: Complex,
    after_va: Complex,
    rules: CheckRules,
) -> tuple[NetworkCheck, list[NetworkViolation]]:
    """Check voltages, lines and transformer of a network that is known."""
    place = check.power_transformer_place_id
    lines, impedance = stored.lines.get(place, []), stored.impedance[place][0]
    network = network_of(stored.nodes[place], lines, impedance, check.power_transformer_code)
    at = {name: bus for bus, name in enumerate(network.bus)}
    bus = np.array([at[point.node or ""] for point in points], dtype=np.int64)
    phase = np.array([PHASE_OF[point.phase or "abc"] for point in points], dtype=np.int64)
    found = compare(network, bus, phase, before_va, after_va, rules.limits)
    return _with_figures(check, found), [_row(check, one) for one in found.violations]


def _on_transformer(
    check: NetworkCheck, rating: TransformerRating, before_va: Complex, after_va: Complex, rules: CheckRules
) -> tuple[NetworkCheck, list[NetworkViolation]]:
    """Check the loading of a transformer whose network is not known."""
    loading = [np.abs(va.sum(axis=0)) / rating.rated_va for va in (before_va, after_va)]
    limit = rules.limits.loading_ratio
    violations = [
        _row(check, Violation(stage, "transformer_overload", rating.code, int(slot), float(ratio[slot]), limit))
        for stage, ratio in zip(STAGES, loading, strict=True)
        for slot in np.flatnonzero(ratio > limit)
    ]
    before, after = (float(ratio.max()) for ratio in loading)
    return replace(check, transformer_before_ratio=before, transformer_after_ratio=after), violations


def _with_figures(check: NetworkCheck, found: Comparison) -> NetworkCheck:
    figures: dict[str, float | int | None] = {}
    for name, stage in zip(STAGES, (found.before, found.after), strict=True):
        figures |= {
            f"unsolved_{name}": int((~stage.converged).sum()),
            f"lowest_{name}_ratio": _extreme(stage, stage.voltage_pu, lowest=True),
            f"highest_{name}_ratio": _extreme(stage, stage.voltage_pu),
            f"line_{name}_ratio": _extreme(stage, stage.line_ratio),
            f"transformer_{name}_ratio": _extreme(stage, stage.transformer_ratio),
        }
    return replace(check, modelled=True, **figures)  # type: ignore[arg-type]  # each name with its own type


def _extreme(stage: Stage, values: Float, *, lowest: bool = False) -> float | None:
    """Return the highest or lowest value of the slots that converged; None where there is none."""
    solved = values[:, stage.converged]
    return float(solved.min() if lowest else solved.max()) if solved.size else None


def _row(check: NetworkCheck, violation: Violation) -> NetworkViolation:
    return NetworkViolation(
        check.event_id,
        check.power_transformer_place_id,
        violation.stage,
        violation.kind,
        violation.element,
        check.start_at + violation.slot * SLOT,
        violation.value_ratio,
        violation.limit_ratio,
    )
