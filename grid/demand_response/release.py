"""Let go of those whom an event holds: spread out, so that no transformer is overloaded by all coming back at once.

At its planned end nothing has to be done: each command says on which slots after the event its resource draws, and the
plan that it comes from keeps the limits up to the last deadline. A gateway that hears nothing more does as it was told.
An event that is ended early needs a plan of its own: from the slot that runs on, everybody draws as soon as there is
room. A battery or heat pump that was held gets back what it drew less: a battery is told to, a heat pump may draw so
much more than by itself, which its thermostat takes as far as it needs it.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from core.errors import ConflictError, InputError
from core.slots import SLOT, slot_floor
from db.closed_loop import (
    EventAdjustment,
    called_resources,
    insert_adjustment,
    replace_commands,
    running_events,
)
from db.connection import Connection
from db.demand_response import Event, NewCommand, insert_commands, take_back_commands
from grid.demand_response.called import Called, fleet_of, gather_called
from grid.demand_response.commands import held_commands
from grid.demand_response.flexibility import SLOT_HOURS, Fleet
from grid.demand_response.lifecycle import SYSTEM, EventStatus, change_status, note, require_event
from grid.demand_response.limits import Limits
from grid.demand_response.optimisation import optimise
from grid.demand_response.rates import learned_rates
from grid.demand_response.room import limits_beside
from grid.openadr.bridge import publish_commands

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

#: Less energy than this is not held back from anybody. [Wh]
_TINY_WH: Final = 50.0


async def cancel_event(
    connection: Connection, *, event_id: UUID, now: datetime, actor: str = SYSTEM, reason: str | None = None
) -> Event:
    """Cancel an event and take back its commands; those who were held back by now come back spread out.

    Commands that were sent stay with gateways of specification 1.0, which has no withdrawal, unless their resources
    were held back already: then a later command replaces them, which every gateway knows.

    Raises
    ------
    NotFoundError
        ``event_unknown``.
    ConflictError
        ``event_transition``: it is over already.
    """
    return await _end(connection, event_id, now=now, actor=actor, reason=reason, action="event.cancelled")


async def stop_event(connection: Connection, *, event_id: UUID, now: datetime, actor: str, reason: str) -> Event:
    """Stop an event in an emergency: as `cancel_event`, with a reason that is kept.

    Raises
    ------
    InputError
        ``reason_missing``.
    NotFoundError, ConflictError
        As `cancel_event`.
    """
    _require(reason)
    return await _end(connection, event_id, now=now, actor=actor, reason=reason.strip(), action="event.stopped")


async def stop_events(connection: Connection, *, now: datetime, actor: str, reason: str) -> list[Event]:
    """Stop all events that are scheduled or active, each in a transaction of its own; return them as they stand then.

    Raises
    ------
    InputError
        ``reason_missing``.
    """
    _require(reason)
    stopped = []
    for event in await running_events(connection):
        try:
            stopped.append(await stop_event(connection, event_id=event.event_id, now=now, actor=actor, reason=reason))
        except ConflictError:  # it was over by the time it was locked
            continue
    return stopped


async def _end(
    connection: Connection, event_id: UUID, *, now: datetime, actor: str, reason: str | None, action: str
) -> Event:
    async with connection.transaction():
        event = await require_event(connection, event_id, lock=True)
        was = event.status
        await change_status(connection, event, EventStatus.CANCELLED, now, reason=reason)
        commands, missing_wh = await _release(connection, event, now)
        held = [command.end_device_id for command in commands]
        await replace_commands(connection, event_id, held, now=now)
        await take_back_commands(connection, event_id, now=now)
        await insert_commands(connection, commands)
        if commands:
            made = EventAdjustment("release", now, len(commands), slot_floor(now), [], [], missing_wh)
            await insert_adjustment(connection, event_id, made)
        facts = {"was": was, "reason": reason, "released": len(commands), "unserved_wh": round(missing_wh)}
        await note(connection, event, action, facts, actor=actor, now=now)
        await publish_commands(connection, now=now)
        return await require_event(connection, event_id)


async def _release(connection: Connection, event: Event, now: datetime) -> tuple[list[NewCommand], float]:
    """Return the commands that let go of those who are held back, and the energy that finds no room. [Wh]."""
    rows = await called_resources(connection, event.event_id)
    if not rows:
        return [], 0.0
    called = await asyncio.to_thread(gather_called, rows, event, await learned_rates(connection, now=now))
    who = held_back(called, now)
    if not who.any():
        return [], 0.0
    start = slot_floor(now)
    fleet = replace(fleet_of(called, who, event, start=start), event_slots=slice(0, 0))
    try:
        limits = await limits_beside(connection, fleet, event, called, called.obeys & False, now=now)
    except ConflictError:  # without a forecast there is no room to be shared out; stopping must not fail for that
        return [], 0.0
    elapsed_h = (now - start) / timedelta(hours=1)
    drawn_wh = (called.held_w[who, called.slot_of(now)] - fleet.fixed_w[:, 0]) * elapsed_h
    power_w, missing_wh = await asyncio.to_thread(release_plan, fleet, limits, drawn_wh, SLOT_HOURS - elapsed_h)
    everyone = np.ones(fleet.end_device_id.size, dtype=np.bool_)
    batteries = called.is_store[who] & (called.kind[who] == "battery")  # they draw nothing unless they are told to
    commands = held_commands(
        event, fleet, power_w, everyone, now=now, purpose="release", until=start + SLOT, followed=batteries
    )
    return commands, missing_wh


def held_back(called: Called, now: datetime) -> Bool:
    """Tell who was told, is taken to obey, and has drawn less by now than by itself; shape (device,)."""
    slot = called.slot_of(now)
    part = (now - (called.start_at + slot * SLOT)) / SLOT
    less_w = called.natural_w - called.held_w
    less_wh = (less_w[:, :slot].sum(axis=1) + part * less_w[:, slot : slot + 1].sum(axis=1)) * SLOT_HOURS
    return np.asarray(called.told & called.obeys & (less_wh > _TINY_WH))


def release_plan(fleet: Fleet, limits: Limits, drawn_wh: Float, left_h: float) -> tuple[Float, float]:
    """Plan who comes back when, from the slot that runs on.

    Parameters
    ----------
    fleet : Fleet
        Those held back; slot 0 is the one that runs.
    limits : Limits
        Of their transformers.
    drawn_wh : ndarray, shape (device,), float64
        What they have drawn in slot 0 so far, beyond what is fixed in it. [Wh]
    left_h : float
        What is left of slot 0. [h]

    Returns
    -------
    power_w : ndarray, shape (device, slot), float64
        Highest power for each. [W]
    missing_wh : float
        Energy that finds no room before the deadlines. [Wh]

    Notes
    -----
    Slot 0 is shared out as if it were whole, so that the power is within the limit at once; the other slots then take
    what does not flow in the part of it that is left.
    """
    whole = replace(fleet, need_wh=np.maximum(fleet.need_wh - drawn_wh, 0.0))
    now_w = optimise(whole, limits).power_w[:, 0]
    last = np.maximum(fleet.last_slot - 1, 0)
    first = np.minimum(np.maximum(fleet.first_slot - 1, 0), last)
    left_wh = np.maximum(whole.need_wh - (now_w - fleet.fixed_w[:, 0]) * left_h, 0.0)
    later = replace(
        fleet,
        start_at=fleet.start_at + SLOT,
        need_wh=np.minimum(left_wh, fleet.power_cap_w * SLOT_HOURS * (last - first)),
        first_slot=first,
        last_slot=last,
        natural_w=fleet.natural_w[:, 1:],
        fixed_w=fleet.fixed_w[:, 1:],
    )
    optimum = optimise(later, replace(limits, forecast_w=limits.forecast_w[:, 1:]))
    return np.concatenate([now_w[:, np.newaxis], optimum.power_w], axis=1), float(optimum.missing_wh.sum())


def _require(reason: str) -> None:
    if not reason.strip():
        raise InputError("reason_missing", "Say why the event is stopped.")
