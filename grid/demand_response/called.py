"""Those whom an event has called: what each would draw by itself, what it draws if it obeys, and whether it will."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT, slot_floor
from db.closed_loop import CalledResource
from db.demand_response import Event, FlexibleResource
from grid.demand_response.flexibility import LONGEST_TAIL, SLOT_HOURS, Fleet
from grid.demand_response.rates import Rates, chance_of_obeying

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

_OPEN: Final = ("pending", "sent", "accepted")
_TOLD: Final = ("sent", "accepted", "unanswered")
_WAITING: Final = ("pending", "sent", "unanswered")
#: A resource is taken to obey while its chance is above this. [ratio]
LIKELY: Final = 0.3


@dataclass(frozen=True, slots=True)
class Called:
    """Hold the resources that an event has called, ordered by transformer, on slots that hold their whole sessions.

    Attributes
    ----------
    start_at : datetime
        Start of slot 0.
    end_device_id, usage_point_id, transformer_id : ndarray, shape (device,), int64
        Resource, where it draws, and behind which transformer.
    cap_w, need_wh : ndarray, shape (device,), float64
        Highest power, and the energy that it had said it needs. [W], [Wh]
    open_h : ndarray, shape (device, slot), float64
        How long it may draw in each slot. [h]
    natural_w, held_w : ndarray, shape (device, slot), float64
        What it draws by itself, and if it obeys. [W]
    chance : ndarray, shape (device,), float64
        That it obeys. [ratio]
    accepted, waiting : ndarray, shape (device,), bool
        Whether it accepted, or has not answered; the others declined.
    told : ndarray, shape (device,), bool
        Whether a command may have reached it.
    is_store : ndarray, shape (device,), bool
        Whether it was told what to draw, and not just how much at most.
    kind : ndarray, shape (device,), str
        What it is.
    """

    start_at: datetime
    end_device_id: Int
    usage_point_id: Int
    transformer_id: Int
    cap_w: Float
    need_wh: Float
    open_h: Float
    natural_w: Float
    held_w: Float
    chance: Float
    accepted: Bool
    waiting: Bool
    told: Bool
    is_store: Bool
    kind: NDArray[np.str_]

    @property
    def obeys(self) -> Bool:
        """Tell who is taken to obey."""
        return np.asarray(self.chance > LIKELY)

    def slot_of(self, instant: datetime) -> int:
        """Return the slot that an instant lies in."""
        return (slot_floor(instant) - self.start_at) // SLOT

    def likely_w(self) -> Float:
        """Return what each is taken to draw: as it was told if it obeys, else as by itself. [W]."""
        return np.where(self.obeys[:, np.newaxis], self.held_w, self.natural_w)

    def reduction_w(self, slots: slice, *, predicted: bool) -> Float:
        """Return what each gives in some slots: if it obeys, or times its chance; shape (device, slot). [W]."""
        given_w = self.natural_w[:, slots] - self.held_w[:, slots]
        return given_w * self.chance[:, np.newaxis] if predicted else given_w


def gather_called(rows: Sequence[CalledResource], event: Event, rates: Rates) -> Called:
    """Lay out whom an event has called, from its commands and what resources had said when they were called.

    Parameters
    ----------
    rows : sequence of CalledResource
        Commands by transformer, resource and time of issue.
    event : Event
        The event.
    rates : Rates
        How likely an unanswered command is obeyed.
    """
    commands = [list(mine) for _, mine in groupby(rows, key=lambda row: row.end_device_id)]
    first = [mine[0] for mine in commands]
    begins = [max(one.reported_at, one.available_from) for one in first]
    start = min(
        [event.starts_at, *(slot_floor(min(begin, one.issued_at)) for begin, one in zip(begins, first, strict=True))]
    )
    latest = event.starts_at + LONGEST_TAIL
    shuts = [min(slot_floor(one.ready_by), latest) for one in first]
    shuts += [one.start_at + len(one.dispatch_setpoint_w) * SLOT for one in rows if one.is_followed]
    slots = (max([event.ends_at, *shuts]) - start) // SLOT
    cap_w = np.array([min(one.rated_power_w, one.max_power_w) for one in first], dtype=np.float64)
    need_wh = np.array([one.energy_needed_wh for one in first], dtype=np.float64)
    open_h = _open_h(begins, shuts[: len(first)], start, slots)
    told_w = np.array([_told_w(mine, float(cap), start, slots) for mine, cap in zip(commands, cap_w, strict=True)])
    free_w = np.repeat(cap_w[:, np.newaxis], slots, axis=1)
    natural_w = drawn_w(free_w, open_h, need_wh)
    held_w = drawn_w(told_w.reshape(len(first), slots), open_h, need_wh)
    is_store = np.array([one.is_followed for one in first], dtype=np.bool_)
    for row in np.flatnonzero(is_store):
        natural_w[row], held_w[row] = _store_w(commands[row], start, slots)
    return Called(
        start,
        np.array([one.end_device_id for one in first], dtype=np.int64),
        np.array([one.usage_point_id for one in first], dtype=np.int64),
        np.array([one.power_transformer_place_id for one in first], dtype=np.int64),
        cap_w,
        need_wh,
        open_h,
        natural_w,
        held_w,
        np.array([_chance(mine, rates) for mine in commands], dtype=np.float64),
        np.array([any(one.status == "accepted" for one in mine) for mine in commands], dtype=np.bool_),
        np.array([_is_waiting(mine) for mine in commands], dtype=np.bool_),
        np.array([any(one.status in _TOLD for one in mine) for mine in commands], dtype=np.bool_),
        is_store,
        np.array([one.kind for one in first], dtype=np.str_),
    )


def drawn_w(limit_w: Float, open_h: Float, need_wh: Float) -> Float:
    """Return what resources draw under limits: as soon as they may, until they have what they need.

    Parameters
    ----------
    limit_w : ndarray, shape (device, slot), float64
        Highest power. [W]
    open_h : ndarray, shape (device, slot), float64
        How long each may draw in a slot. [h]
    need_wh : ndarray, shape (device,), float64
        What it needs. [Wh]

    Returns
    -------
    ndarray, shape (device, slot), float64
        Mean power. [W]

    Examples
    --------
    >>> drawn_w(np.array([[0.0, 4.0, 4.0]]), np.full((1, 3), 0.5), np.array([3.0]))
    array([[0., 4., 2.]])
    """
    had_wh = np.minimum(np.cumsum(limit_w * open_h, axis=1), need_wh[:, np.newaxis])
    return np.asarray(np.diff(had_wh, axis=1, prepend=0.0) / SLOT_HOURS)


def fleet_of(called: Called, chosen: Bool, event: Event, *, start: datetime) -> Fleet:
    """Return some of those called as a fleet to be planned from a slot on, with what they still need by then.

    Parameters
    ----------
    called : Called
        Those called.
    chosen : ndarray, shape (device,), bool
        Who is planned; they are taken to have obeyed so far.
    event : Event
        Its slots that lie after `start` are the fleet's.
    start : datetime
        First slot of the plan.

    Notes
    -----
    A battery or heat pump needs what it has drawn less than by itself, and at most as much as it may beside what it
    draws by itself. What a battery loses on the way is not made up for.
    """
    offset = called.slot_of(start)
    slots = called.natural_w.shape[1] - offset
    held_wh = called.held_w[chosen, :offset].sum(axis=1) * SLOT_HOURS
    whole = called.open_h[chosen, offset:] >= SLOT_HOURS - 1e-9
    first = np.where(whole.any(axis=1), whole.argmax(axis=1), slots)
    last = np.where(whole.any(axis=1), slots - whole[:, ::-1].argmax(axis=1), slots)
    cap_w = called.cap_w[chosen]
    fixed_w, need_wh = np.zeros((held_wh.size, slots)), called.need_wh[chosen] - held_wh
    owing = called.is_store[chosen] & ((called.kind[chosen] == "heat_pump") | (called.need_wh[chosen] == 0.0))
    fixed_w[owing] = called.natural_w[chosen, offset:][owing]
    need_wh[owing] = ((called.natural_w - called.held_w)[chosen, :offset].sum(axis=1) * SLOT_HOURS)[owing]
    cap_w = np.where(owing, np.maximum(cap_w - fixed_w.max(axis=1, initial=0.0), 0.0), cap_w)
    first, last = np.where(owing, 0, first), np.where(owing, slots, last)
    need_wh = np.clip(need_wh, 0.0, cap_w * SLOT_HOURS * (last - first))
    event_slots = slice(max((event.starts_at - start) // SLOT, 0), min(max((event.ends_at - start) // SLOT, 0), slots))
    return Fleet(
        start,
        event_slots,
        called.end_device_id[chosen],
        called.transformer_id[chosen],
        need_wh,
        cap_w,
        first.astype(np.int64),
        last.astype(np.int64),
        called.natural_w[chosen, offset:].copy(),
        fixed_w,
    )


def natural_of(resources: Sequence[FlexibleResource], event: Event) -> Float:
    """Return what resources would draw in an event's slots by themselves, shape (resource, slot). [W]."""
    slots = (event.ends_at - event.starts_at) // SLOT
    if not resources:
        return np.zeros((0, slots))
    begins = [max(one.reported_at, one.available_from) for one in resources]
    start = min(event.starts_at, slot_floor(min(begins)))
    total = (event.ends_at - start) // SLOT
    open_h = _open_h(begins, [one.ready_by for one in resources], start, total)
    cap_w = np.array([min(one.rated_power_w, one.max_power_w) for one in resources], dtype=np.float64)
    need_wh = np.array([one.energy_needed_wh for one in resources], dtype=np.float64)
    limit_w = np.repeat(cap_w[:, np.newaxis], total, axis=1)
    return drawn_w(limit_w, open_h, need_wh)[:, total - slots :]


def _open_h(begins: Sequence[datetime], shuts: Sequence[datetime], start: datetime, slots: int) -> Float:
    edge_h = np.arange(slots + 1) * SLOT_HOURS
    hour = timedelta(hours=1)
    begin_h = np.array([(begin - start) / hour for begin in begins])[:, np.newaxis]
    shut_h = np.array([(shut - start) / hour for shut in shuts])[:, np.newaxis]
    return np.asarray(np.maximum(np.minimum(edge_h[1:], shut_h) - np.maximum(edge_h[:-1], begin_h), 0.0))


def _told_w(commands: Sequence[CalledResource], cap_w: float, start: datetime, slots: int) -> Float:
    """Return the highest power in each slot by the commands that hold: a later one replaces an earlier one."""
    limit_w = np.full(slots, cap_w)
    holding = [one for one in commands if one.status in _OPEN]
    for command in holding or commands:
        first = (command.start_at - start) // SLOT
        told_w = np.minimum(np.array(command.dispatch_setpoint_w, dtype=np.float64), cap_w)
        before_w = limit_w[first] if 0 <= first < slots else cap_w
        late = min(max((command.issued_at - command.start_at) / SLOT, 0.0), 1.0)
        limit_w[max(first, 0) :] = cap_w
        inside = np.arange(told_w.size) + first
        fits = (inside >= 0) & (inside < slots)
        limit_w[inside[fits]] = told_w[fits]
        if 0 <= first < slots:  # a command for the slot that runs holds for what is left of it
            limit_w[first] = late * before_w + (1 - late) * limit_w[first]
    return limit_w


def _store_w(commands: Sequence[CalledResource], start: datetime, slots: int) -> tuple[Float, Float]:
    """Return what a store draws by itself, as the plans had it, and as it was told; where nothing was said the same."""
    natural_w = np.zeros(slots)
    for command in commands:
        if command.natural_w is not None:
            inside, fits = _inside(command, start, slots)
            natural_w[inside[fits]] = np.array(command.natural_w, dtype=np.float64)[fits]
    held_w = natural_w.copy()
    holding = [one for one in commands if one.status in _OPEN]
    for command in holding or commands:
        inside, fits = _inside(command, start, slots)
        held_w[inside[fits]] = np.array(command.dispatch_setpoint_w, dtype=np.float64)[fits]
    return natural_w, held_w


def _inside(command: CalledResource, start: datetime, slots: int) -> tuple[Int, Bool]:
    """Return the slots of a command's steps, and which of them there are."""
    inside = np.arange(len(command.dispatch_setpoint_w), dtype=np.int64) + (command.start_at - start) // SLOT
    return inside, (inside >= 0) & (inside < slots)


def _chance(commands: Sequence[CalledResource], rates: Rates) -> float:
    return max(chance_of_obeying(command.status, command.attempt_count, rates) for command in commands)


def _is_waiting(commands: Sequence[CalledResource]) -> bool:
    statuses = {command.status for command in commands}
    return "accepted" not in statuses and bool(statuses & set(_WAITING))
