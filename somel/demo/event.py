"""The demo's demand-response event, as an operator would run it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from core.clock import Clock
from core.errors import InvariantError, RetryableError
from core.slots import SLOT, slot_floor
from somel.demo.operator import Operator

LENGTH = timedelta(hours=1)
NOTICE = timedelta(minutes=10)
POLL_S = 1.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """Hold what was planned and measured, as means over the event. [kW]."""

    planned_kw: float
    measured_kw: float


UNFINISHED = EventOutcome(float("nan"), float("nan"))


async def run_event(operator: Operator, clock: Clock, say: Say) -> EventOutcome:
    """Plan, approve and follow one event over the whole territory; return what came of it."""
    territory = await first_forecast(operator)
    starts_at = slot_floor(clock.now() + NOTICE) + SLOT
    event = await operator.post("/v1/events", draft(territory, starts_at))
    event = await operator.post(f"/v1/events/{event['event_id']}/approve")
    say(described(event))
    say(await network_check(operator, event["event_id"]))
    while len(event["results"]) < LENGTH // SLOT:
        await asyncio.sleep(POLL_S)
        with suppress(RetryableError):  # the API was killed, and is being started again
            event = await operator.get(f"/v1/events/{event['event_id']}")
    outcome = EventOutcome(mean_kw(event, "planned_reduction_w"), mean_kw(event, "measured_reduction_w"))
    say(f"event: {outcome.measured_kw:.0f} kW less than the baseline, {outcome.planned_kw:.0f} kW were planned")
    return outcome


async def first_forecast(operator: Operator) -> str:
    """Wait until the territory has a forecast; return its code."""
    while True:
        places = await operator.get("/v1/places?level=territory")
        if places["items"]:
            code: str = places["items"][0]["code"]
            if await operator.has(f"/v1/places/territory/{code}/forecast"):
                return code
        await asyncio.sleep(POLL_S)


async def network_check(operator: Operator, event_id: str) -> str:
    """Check an event's plan on the networks behind its transformers; return a sentence of what was found."""
    try:
        found = await operator.post(f"/v1/events/{event_id}/network-check")
    except (InvariantError, RetryableError) as error:  # it has begun meanwhile, or the API was killed
        return f"network: not checked ({error.message})"
    items = [one for one in found["items"] if one["modelled"]]
    if not items:
        return "network: no network is known"
    low = [min(known(items, f"lowest_{stage}_ratio")) for stage in ("before", "after")]
    full = [max(known(items, f"line_{stage}_ratio")) for stage in ("before", "after")]
    return (
        f"network: {len(items)} of {len(found['items'])} modelled; lowest voltage {low[0]:.1%} without the plan, "
        f"{low[1]:.1%} with it; fullest cable {full[0]:.0%}, {full[1]:.0%}"
    )


def known(items: list[dict[str, Any]], figure: str) -> list[float]:
    """Return a figure of those that have it; NaN where none has."""
    return [one[figure] for one in items if one[figure] is not None] or [float("nan")]


def draft(territory: str, starts_at: datetime) -> dict[str, str]:
    """Return the body that asks for an event."""
    return {
        "name": "Pointe du soir",
        "place_level": "territory",
        "place_code": territory,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + LENGTH).isoformat(),
    }


def described(event: dict[str, Any]) -> str:
    """Return a sentence about an approved event."""
    planned_kw = fmean(event["plan"]["planned_reduction_w"]) / 1000
    commands = sum(event["commands"].values())
    return f"event: {commands} devices are asked for {planned_kw:.0f} kW from {event['starts_at']} on"


def mean_kw(event: dict[str, Any], figure: str) -> float:
    """Return the mean of a figure over the slots of the event. [kW]."""
    return fmean(result[figure] for result in event["results"]) / 1000
