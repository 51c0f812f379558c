"""Fleets for `benchmarks._onoff`: a cold day of tanks, heat pumps, cars and batteries behind transformers."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from grid.kernels.commitment import Effort, Stores, commit
from grid.kernels.thermal import WATER_WH_PER_L_K, air_source_ratio, heat_store

Float = NDArray[np.float64]
Int = NDArray[np.int64]

SLOT_HOURS: Final = 0.5
TANK, FIXED_PUMP, INVERTER, CAR, BATTERY = range(5)
SHARES: Final = (0.4, 0.15, 0.1, 0.25, 0.1)
EFFICIENCY: Final = 0.92
DAY: Final = 48
GIVING_CARS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what `grid.kernels.commitment.commit` is asked."""

    price: Float
    headroom_w: Float
    offsets: Int
    stores: Stores


def case(rng: np.random.Generator, *, devices: int, per_group: int, slots: int, roomy: float) -> Case:
    """Return a case whose limits are `roomy` times the mean of what the devices would draw without them."""
    kind = rng.choice(5, devices, p=SHARES)
    begin = rng.uniform(0.0, 24.0) if slots < DAY else 0.0
    hour: Float = begin + np.arange(slots, dtype=np.float64) * SLOT_HOURS
    stores = _stores(rng, kind, hour)
    price = np.maximum(80.0 + 40.0 * np.sin((hour - 11.0) / 6.0 * np.pi) + rng.normal(0.0, 8.0, slots), 5.0)
    offsets = np.append(np.arange(0, devices, per_group), devices)
    free = np.full((offsets.size - 1, slots), np.inf)
    alone_w = commit(price, free, offsets, stores, effort=Effort(0, 0, 0)).power_w
    mean_w = np.maximum(np.add.reduceat(alone_w, offsets[:-1]), 0.0).mean(axis=1, keepdims=True)
    largest_w = np.maximum.reduceat(stores.draw_w.max(axis=1), offsets[:-1])[:, np.newaxis]
    fixed = 1.0 + 0.2 * np.cos((hour - 4.0) / 12.0 * np.pi)
    return Case(price, np.maximum(roomy * mean_w * fixed, largest_w), offsets, stores)


def _stores(rng: np.random.Generator, kind: Int, hour: Float) -> Stores:
    shape = (kind.size, hour.size)
    heat = _heat(rng, kind, hour)
    electric, car = kind >= CAR, kind == CAR
    size = np.where(car, rng.choice([40e3, 52e3, 77e3], kind.size), rng.choice([5e3, 10e3], kind.size))
    draw = np.where(car, rng.choice([3700.0, 7400.0], kind.size), rng.choice([2500.0, 5000.0], kind.size))
    gives = (kind == BATTERY) | (car & (rng.random(kind.size) < GIVING_CARS))
    come = np.where(car, rng.integers(0, max(hour.size // 3, 1), kind.size), 0)
    leave = np.where(car, come + rng.integers(hour.size // 3, hour.size * 2 // 3, kind.size), hour.size)
    slot = np.arange(hour.size)
    there = (slot >= come[:, np.newaxis]) & (slot < leave[:, np.newaxis]) & electric[:, np.newaxis]
    start = size * rng.uniform(0.2, 0.6, kind.size)
    wanted = start + EFFICIENCY * draw * SLOT_HOURS * (leave - come) * rng.uniform(0.2, 0.7, kind.size)
    goal = np.where(car, np.minimum(wanted, size), start)
    kept = np.where(slot >= leave[:, np.newaxis] - 1, goal[:, np.newaxis], 0.1 * size[:, np.newaxis])
    either = electric[:, np.newaxis]
    return Stores(
        start_wh=np.where(electric, start, heat.start_wh),
        retention_ratio=np.where(electric, 1.0, heat.retention_ratio),
        gain_ratio=np.where(either, EFFICIENCY, heat.gain_ratio),
        give_ratio=np.full(kind.size, EFFICIENCY),
        drift_wh=np.where(either, 0.0, heat.drift_wh),
        floor_wh=np.where(either, kept, heat.floor_wh),
        ceiling_wh=np.where(either, size[:, np.newaxis], heat.ceiling_wh),
        draw_w=np.where(either, there * draw[:, np.newaxis], heat.draw_w),
        give_w=np.where(there & gives[:, np.newaxis], draw[:, np.newaxis], np.zeros(shape)),
        steps=np.where(electric | (kind == INVERTER), 0, 1),
        minimum_run_slots=np.where(kind == FIXED_PUMP, 2, 1),
    )


def _heat(rng: np.random.Generator, kind: Int, hour: Float) -> Stores:
    """Return tanks and rooms; rows of other kinds are of no use."""
    tank, each = kind == TANK, np.ones((kind.size, hour.size))
    litres, room = rng.choice([150.0, 200.0, 300.0], kind.size), rng.choice([2500.0, 4000.0, 6000.0], kind.size)
    loss = np.where(tank, rng.uniform(1.2, 2.2, kind.size), rng.uniform(90.0, 180.0, kind.size))
    outside = 3.0 + 4.0 * np.sin((hour - 9.0) / 12.0 * np.pi)
    use = np.exp(-(((hour % 24.0 - 7.5) / 1.5) ** 2)) + 0.8 * np.exp(-(((hour % 24.0 - 19.5) / 2.0) ** 2)) + 0.1
    day_wh = rng.gamma(4.0, 1500.0, (kind.size, 1)) * hour.size / DAY
    drawn = day_wh * rng.dirichlet(6.0 * use, kind.size)
    sun_w = 300.0 * np.maximum(np.cos((hour % 24.0 - 12.0) / 12.0 * np.pi), 0.0)
    floor = np.where(tank, 43.0, 19.0)[:, np.newaxis] * each
    floor[:, -1] += np.where(tank, 7.0, 1.0)
    cop = air_source_ratio(outside, 40.0)
    store = heat_store(
        np.where(tank, litres * WATER_WH_PER_L_K, room),
        loss,
        np.where(tank, rng.uniform(48.0, 60.0, kind.size), rng.uniform(19.5, 20.5, kind.size)),
        floor,
        np.where(tank, 65.0, 21.5)[:, np.newaxis] * each,
        np.where(tank[:, np.newaxis], 18.0, outside),
        np.where(tank[:, np.newaxis], drawn, -(200.0 + sun_w) * SLOT_HOURS),
        np.where(tank[:, np.newaxis], 1.0, cop),
    )
    pump_w = np.ceil(2.0 * (loss * (20.0 - outside.mean()) - 270.0) / cop.mean() / 250.0) * 250.0
    return Stores(
        store.start_wh,
        store.retention_ratio,
        store.gain_ratio,
        np.ones(kind.size),
        store.drift_wh,
        store.floor_wh,
        store.ceiling_wh,
        np.where(tank, rng.choice([1500.0, 2200.0, 3000.0], kind.size), pump_w)[:, np.newaxis] * each,
        0.0 * each,
        np.ones(kind.size, np.int64),
        np.ones(kind.size, np.int64),
    )
