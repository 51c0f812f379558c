"""Give back what an event has beyond its target: let some of those who wait draw, slot by slot."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db.closed_loop import EventAdjustment, EventTracking
from db.connection import Connection
from db.demand_response import Event, insert_commands
from grid.demand_response.adjustments import from_now, note_adjustment
from grid.demand_response.called import Called, fleet_of
from grid.demand_response.commands import held_commands
from grid.demand_response.flexibility import Fleet, slot_ceil
from grid.demand_response.room import limits_beside, moved_by_transformer, room_beside_w
from grid.demand_response.turns import rows_fairest_first

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

#: Less than this beyond the target is left as it is: readings lean by about so much. [ratio]
SURPLUS_RATIO: Final = 0.03
_TINY_W: Final = 1.0


async def give_back(
    connection: Connection, event: Event, called: Called, tracked: Sequence[EventTracking], *, now: datetime
) -> bool:
    """Let those draw again whom the target does not need; tell whether there were any.

    Parameters
    ----------
    connection : Connection
        In the role that computes, in a transaction in which the event is locked.
    event : Event
        The event.
    called : Called
        Whom it has called.
    tracked : sequence of EventTracking
        How its slots go.
    now : datetime
        Time.

    Notes
    -----
    More than is needed comes of answers that were late, of more who obey than was thought, and of moving those behind
    a full transformer out of the event. Who was the last to be called fairly is the first to draw; never where its
    transformer has no room for it. What stays planned for later slots stays: it is then needed less.
    """
    start = max(slot_ceil(now), event.starts_at)
    surplus_w = np.array([max(-(one.shortfall_w or 0.0), 0.0) for one in tracked if one.slot_start_at >= start])
    if event.target_w is None or surplus_w.max(initial=0.0) <= SURPLUS_RATIO * event.target_w:
        return False
    movable = called.accepted & called.obeys
    offset = called.slot_of(start)
    given_w = called.reduction_w(slice(offset, offset + surplus_w.size), predicted=False)[movable]
    if given_w.max(initial=0.0) <= _TINY_W:
        return False
    fleet = fleet_of(called, movable, event, start=start)
    row, room_w = await _room_w(connection, event, called, fleet, movable, now=now)
    order = await rows_fairest_first(connection, fleet.end_device_id, event_id=event.event_id, now=now)
    drawing = let_draw(given_w, surplus_w, room_w[:, : surplus_w.size], row, order[::-1])
    if not drawing.any():
        return False
    returned_w = np.where(drawing, given_w, 0.0)
    held_w = called.held_w[movable, offset:].copy()
    held_w[:, : surplus_w.size] += returned_w
    running, planned_w = from_now(called, movable, fleet, held_w, now=now)
    chosen = np.asarray(drawing.any(axis=1))
    commands = held_commands(event, running, planned_w, chosen, now=now, purpose="release", until=event.ends_at)
    await insert_commands(connection, commands)
    freed_w = returned_w.sum(axis=0)
    made = EventAdjustment("release", now, len(commands), start, (-surplus_w).tolist(), (-freed_w).tolist(), 0.0)
    await note_adjustment(connection, event, made)
    return True


async def _room_w(
    connection: Connection, event: Event, called: Called, fleet: Fleet, movable: Bool, *, now: datetime
) -> tuple[Int, Float]:
    """Return each device's transformer, and what transformers have room for beside all that is planned. [W]."""
    limits = await limits_beside(connection, fleet, event, called, called.obeys & ~movable, now=now)
    places = [one.place_id for one in limits.rating]
    moved_w = moved_by_transformer(called, movable, places, fleet)
    return np.searchsorted(np.array(places, dtype=np.int64), fleet.transformer_id), room_beside_w(limits, moved_w)


def let_draw(given_w: Float, surplus_w: Float, room_w: Float, row: Int, order: Sequence[int]) -> Bool:
    """Choose who draws as by itself in which slots.

    Parameters
    ----------
    given_w : ndarray, shape (device, slot), float64
        What each gives; only what is above 0 can be given back. [W]
    surplus_w : ndarray, shape (slot,), float64
        What may be given back. [W]
    room_w : ndarray, shape (transformer, slot), float64
        What transformers have room for. [W]
    row : ndarray, shape (device,), int64
        Transformer of each.
    order : sequence of int
        Devices, those first that draw first.

    Returns
    -------
    ndarray, shape (device, slot), bool

    Examples
    --------
    Of 5 W too much, the last device's 3 are given back; for another's 3 is not enough, for the first's 2 is:

    >>> let_draw(np.array([[2.0], [3.0], [3.0]]), np.array([5.0]), np.array([[9.0]]), np.zeros(3, int), [2, 1, 0])
    array([[ True],
           [False],
           [ True]])
    """
    left_w, room_left_w = surplus_w.copy(), room_w.copy()
    drawing = np.zeros(given_w.shape, dtype=np.bool_)
    for device in order:
        wants_w = given_w[device]
        fits = (wants_w > _TINY_W) & (wants_w <= left_w) & (wants_w <= room_left_w[row[device]])
        drawing[device] = fits
        left_w[fits] -= wants_w[fits]
        room_left_w[row[device], fits] -= wants_w[fits]
    return drawing
