"""Turn stores of energy into the levels that kernels of `commitment` plan with, and plans into states again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grid.kernels.checks import Float, float_array, int_array, require
from grid.kernels.commitment_arrays import Devices

#: Less than this share of a store's energy at the end of the plan, and its state is no longer known well. [ratio]
LEAST_HELD_RATIO = 1e-6


@dataclass(frozen=True, slots=True)
class Stores:
    """Hold devices that fill a store: tanks, rooms, batteries of cars and houses.

    With state E at the start of a slot and energy e drawn in it (below 0: given back), the state at its end is
    ``retention * E + gain * max(e, 0) - max(-e, 0) / give + drift``, plus what is missing below the floor.

    Attributes
    ----------
    start_wh : ndarray, shape (device,)
        State at the start of the plan. [Wh]
    retention_ratio : ndarray, shape (device,)
        What is left of the state after a slot, above 0 and at most 1. [ratio]
    gain_ratio : ndarray, shape (device, slot)
        What one Wh drawn adds to the state, above 0. [ratio]
    give_ratio : ndarray, shape (device,)
        What one Wh taken out of the state gives back, above 0 and at most 1; times `gain_ratio` too where a device may
        give back. [ratio]
    drift_wh : ndarray, shape (device, slot)
        What is added without power: draws and losses below 0, sun above. [Wh]
    floor_wh, ceiling_wh : ndarray, shape (device, slot)
        Bounds at the end of each slot. Missing the floor costs a penalty. The ceiling is kept, but where the start,
        what comes without power, or the floor leads above it. [Wh]
    draw_w, give_w : ndarray, shape (device, slot)
        The most that can be drawn and given back, 0 where the device is not there. [W]
    steps : ndarray of int, shape (device,)
        1: off or on; n: off or on in n equal steps; 0: any power, which alone may give back.
    minimum_run_slots : ndarray of int, shape (device,)
        Slots a device with steps stays on once it is, but for the end of the plan; at least 1. All are off, and may go
        on, at the start of the plan. [slots]
    """

    start_wh: NDArray[Any]
    retention_ratio: NDArray[Any]
    gain_ratio: NDArray[Any]
    give_ratio: NDArray[Any]
    drift_wh: NDArray[Any]
    floor_wh: NDArray[Any]
    ceiling_wh: NDArray[Any]
    draw_w: NDArray[Any]
    give_w: NDArray[Any]
    steps: NDArray[Any]
    minimum_run_slots: NDArray[Any]


def checked(stores: Stores, slots: int) -> Stores:
    """Return stores with arrays as kernels want them.

    Raises
    ------
    InvariantError
        Shapes differ, or a value is out of its range.
    """
    start = float_array("start_wh", stores.start_wh, axes=(None,))
    one, each = (start.size,), (start.size, slots)
    found = Stores(
        start,
        float_array("retention_ratio", stores.retention_ratio, axes=one),
        float_array("gain_ratio", stores.gain_ratio, axes=each),
        float_array("give_ratio", stores.give_ratio, axes=one),
        float_array("drift_wh", stores.drift_wh, axes=each),
        float_array("floor_wh", stores.floor_wh, axes=each),
        float_array("ceiling_wh", stores.ceiling_wh, axes=each),
        float_array("draw_w", stores.draw_w, axes=each),
        float_array("give_w", stores.give_w, axes=each),
        int_array("steps", stores.steps, axes=one),
        int_array("minimum_run_slots", stores.minimum_run_slots, axes=one),
    )
    _check_values(found, slots)
    return found


def _check_values(stores: Stores, slots: int) -> None:
    for name in ("start_wh", "gain_ratio", "drift_wh", "floor_wh", "ceiling_wh", "draw_w", "give_w"):
        require(bool(np.isfinite(getattr(stores, name)).all()), "Stores are known.", name=name)
    held, give = stores.retention_ratio, stores.give_ratio
    require(bool(((held > 0.0) & (held <= 1.0) & (held**slots >= LEAST_HELD_RATIO)).all()), "Stores hold energy.")
    require(bool(((give > 0.0) & (give <= 1.0)).all()), "Giving back makes no energy.")
    require(bool((stores.gain_ratio > 0.0).all()), "Drawing fills a store.")
    require(bool((stores.floor_wh <= stores.ceiling_wh).all()), "The floor is not above the ceiling.")
    require(bool((stores.draw_w >= 0.0).all() and (stores.give_w >= 0.0).all()), "Powers are at least 0.")
    runs = stores.minimum_run_slots
    require(bool((stores.steps >= 0).all() and (runs >= 1).all() and (runs <= slots).all()), "Runs fit the plan.")
    stepped = stores.steps > 0
    require(not stores.give_w[stepped].any(), "Only devices of any power give back.")
    made = (stores.gain_ratio * give[:, np.newaxis] > 1.0) & (stores.give_w > 0.0)
    require(not made.any(), "What is drawn and given back again is no more than before.")


def held_since(stores: Stores, slots: int) -> Float:
    """Return what one Wh at the end of each slot was at the start, shape (device, slot), at least 1. [ratio]."""
    since: Float = stores.retention_ratio[:, np.newaxis] ** -np.arange(1.0, slots + 1.0)
    return since


def levels_of(stores: Stores, slots: int, slot_hours: float) -> Devices:
    """Return devices whose level stays where it is while they are idle."""
    since = held_since(stores, slots)
    came = np.cumsum(stores.drift_wh * since, axis=1)
    floor = stores.floor_wh * since - came
    start = stores.start_wh[:, np.newaxis]
    unavoidable = np.maximum(start, np.maximum.accumulate(floor, axis=1))
    top = np.maximum(stores.ceiling_wh * since - came, unavoidable)
    # What is in the store stays there: later ceilings count now, except for what can be given back.
    later = np.ascontiguousarray(np.minimum.accumulate(top[:, ::-1], axis=1)[:, ::-1])
    return Devices(
        stores.start_wh,
        stores.gain_ratio * since,
        since / stores.give_ratio[:, np.newaxis],
        floor,
        later,
        stores.draw_w * slot_hours,
        stores.give_w * slot_hours,
        stores.steps,
        stores.minimum_run_slots,
    )


def states_of(stores: Stores, energy_wh: Float) -> tuple[Float, Float]:
    """Return the state at the end of each slot and what was missing for it, shapes (device, slot). [Wh]."""
    state, missing = np.empty(energy_wh.shape), np.empty(energy_wh.shape)
    gained = stores.gain_ratio * np.maximum(energy_wh, 0.0)
    given = np.maximum(-energy_wh, 0.0) / stores.give_ratio[:, np.newaxis]
    before = np.asarray(stores.start_wh)
    for slot in range(energy_wh.shape[1]):
        after = stores.retention_ratio * before + (gained - given + stores.drift_wh)[:, slot]
        missing[:, slot] = np.maximum(stores.floor_wh[:, slot] - after, 0.0)
        before = state[:, slot] = after + missing[:, slot]
    return state, missing
