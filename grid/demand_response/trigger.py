"""From probable overload to drafts of events, by the rules that operators set; an operator approves them, or not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Final

import numpy as np

from core.slots import SLOT
from db.connection import Connection
from db.demand_response import Event
from db.forecasts import ForecastRun, forecast_of_run, latest_run
from db.overload import (
    NewProposal,
    OverloadRule,
    RiskySlot,
    TakenSpan,
    insert_proposal,
    is_judged,
    overload_rules,
    risky_slots,
    taken_spans,
)
from grid.demand_response.lifecycle import LONGEST, draft_event
from grid.demand_response.overload import judge_issue, quantiles_w
from grid.kernels.overload import load_at

#: No more events are drafted at a time, the most probable overloads first: more would be read by nobody.
MOST_PROPOSALS: Final = 20


@dataclass(frozen=True, slots=True)
class Risk:
    """Slots one after the other in which a place may exceed its limit, and the rule that says so."""

    rule: OverloadRule
    slots: tuple[RiskySlot, ...]

    @property
    def place_id(self) -> int:
        """Return the place."""
        return self.slots[0].place_id

    @property
    def starts_at(self) -> datetime:
        """Return the start of the first slot."""
        return self.slots[0].valid_from

    @property
    def ends_at(self) -> datetime:
        """Return the end of the last slot."""
        return self.slots[-1].valid_from + SLOT

    @property
    def probability(self) -> float:
        """Return the highest probability."""
        return max(slot.probability for slot in self.slots)


async def propose_events(connection: Connection, now: datetime) -> list[Event]:
    """Reckon overload from the newest forecasts, and draft the events that rules ask for.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    now : datetime
        Time.

    Returns
    -------
    list of Event
        What was drafted; nothing where an event or an earlier proposal, even one that was turned down, overlaps. It can
        be called as often as one likes.
    """
    run = await latest_run(connection, as_of=now)
    if run is None:
        return []
    async with connection.transaction():
        if not await is_judged(connection, run.forecast_run_id) and not await judge_issue(connection, run, now=now):
            return []
        found: list[Risk] = []
        for rule in await overload_rules(connection):
            if rule.is_enabled:
                start = now + timedelta(seconds=rule.notice_s)
                found += merged(rule, await risky_slots(connection, run.forecast_run_id, rule, start=start))
        chosen = choose(found, await taken_spans(connection, now=now))
        return [await _propose(connection, run, risk, now) for risk in chosen]


def merged(rule: OverloadRule, slots: Iterable[RiskySlot]) -> list[Risk]:
    """Join adjacent slots of a place, ordered by place and slot; leave out what is over sooner than the rule asks for.

    What is longer than an event may be is cut into several.
    """
    most = LONGEST // SLOT
    risks = []
    for _, of_place in groupby(slots, key=lambda slot: slot.place_id):
        for whole in _adjacent(list(of_place)):
            if len(whole) * SLOT >= timedelta(seconds=rule.min_duration_s):
                risks += [Risk(rule, tuple(whole[first : first + most])) for first in range(0, len(whole), most)]
    return risks


def choose(risks: Iterable[Risk], taken: Iterable[TakenSpan]) -> list[Risk]:
    """Return what is to be proposed: the most probable first, nothing that overlaps at one place, not too many."""
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    for one in taken:
        spans.setdefault(one.place_id, []).append((one.starts_at, one.ends_at))
    chosen: list[Risk] = []
    order = sorted(risks, key=lambda one: (-one.probability, one.place_id, one.starts_at, one.rule.overload_rule_id))
    for risk in order:
        at_place = spans.setdefault(risk.place_id, [])
        is_free = all(risk.ends_at <= start or end <= risk.starts_at for start, end in at_place)
        if is_free and len(chosen) < MOST_PROPOSALS:
            at_place.append((risk.starts_at, risk.ends_at))
            chosen.append(risk)
    return chosen


async def _propose(connection: Connection, run: ForecastRun, risk: Risk, now: datetime) -> Event:
    event = await draft_event(
        connection,
        name=f"{risk.rule.name}: {risk.slots[0].name}",
        place_id=risk.place_id,
        starts_at=risk.starts_at,
        ends_at=risk.ends_at,
        now=now,
    )
    proposal = NewProposal(
        event.event_id,
        risk.rule.overload_rule_id,
        run.forecast_run_id,
        now,
        risk.probability,
        await _required_reduction_w(connection, run, risk),
    )
    await insert_proposal(connection, proposal)
    return event


async def _required_reduction_w(connection: Connection, run: ForecastRun, risk: Risk) -> list[float]:
    """Return by how much load must fall, slot by slot, for overload to be less probable than the threshold. [W]."""
    rows = await forecast_of_run(connection, forecast_run_id=run.forecast_run_id, place_ids=[risk.place_id])
    at_risk_w = load_at(np.array(run.quantiles), quantiles_w(rows, run), 1.0 - risk.rule.probability_threshold)[0]
    first = (risk.starts_at - rows[0].valid_from) // SLOT
    limit_w = np.array([slot.limit_w for slot in risk.slots])
    reduction_w: list[float] = np.maximum(at_risk_w[first : first + limit_w.size] - limit_w, 0.0).tolist()
    return reduction_w


def _adjacent(slots: Sequence[RiskySlot]) -> list[list[RiskySlot]]:
    runs = [[slots[0]]]
    for before, slot in pairwise(slots):
        if slot.valid_from == before.valid_from + SLOT:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    return runs
