"""The same counts and findings, slowly: minute by minute and rule by rule, in plain Python."""

from dataclasses import dataclass
from itertools import pairwise

MINUTE_S = 60


@dataclass(frozen=True)
class Row:
    """One stored interval value."""

    start_s: int
    step_s: int
    quality: int
    known_s: int
    value: float

    @property
    def end_s(self):
        return self.start_s + self.step_s

    @property
    def power_w(self):
        return self.value * 3_600 / self.step_s


@dataclass(frozen=True)
class Cell:
    """One day of a register; bounds as `kernels.check_cells` takes them."""

    day_s: int
    end_s: int
    expected_s: int
    usual_s: int


@dataclass(frozen=True)
class Bounds:
    """Limits of a cell."""

    spike: float = 1.8
    floor_w: float = 3_000.0
    zero_s: float = 7_200.0
    flat_s: float = 3_600.0
    ahead_s: float = 5.0
    late_s: float = 172_800.0
    bad_w: float = 18_000.0


def step_of(rows, cell):
    told = {
        step: sum(row.step_s for row in rows if row.step_s == step and row.start_s >= cell.day_s)
        for step in (300, 600, 900, 1_800, 3_600)
    }
    best = max(told, key=lambda step: (told[step], -step))
    return best if told[best] else cell.usual_s


def slots_of(rows, cell):
    """Return step and, per slot, its start and the seconds of measured, doubted and estimated rows, and lateness."""
    step = step_of(rows, cell)
    starts = [at for at in range(cell.day_s, cell.end_s, step) if at >= cell.expected_s and at + step <= cell.end_s]
    return step, starts


def fill(rows, start, step, bounds):
    held, late = [0, 0, 0], False
    for row in rows:
        seconds = len([at for at in range(start, start + step, MINUTE_S) if row.start_s <= at < row.end_s]) * MINUTE_S
        held[{0: 0, 3: 1, 2: 2}[row.quality]] += seconds
        late |= bool(seconds) and row.quality == 0 and row.known_s - row.end_s > bounds.late_s
    return held, late


def counts(rows, cell, bounds):
    """Return step, received, bad, estimated, missing, late, and the energy told."""
    step, starts = slots_of(rows, cell)
    found = {"received": 0, "bad": 0, "estimated": 0, "missing": 0, "late": 0}
    for start in starts:
        (measured, doubted, standing_in), late = fill(rows, start, step, bounds)
        if measured >= step:
            found["received"] += 1
            found["late"] += late
        elif doubted and measured + doubted >= step:
            found["bad"] += 1
        elif measured + doubted + standing_in >= step:
            found["estimated"] += 1
        else:
            found["missing"] += 1
    energy = sum(
        row.value * MINUTE_S / row.step_s
        for row in rows
        if row.quality != 3
        for at in range(row.start_s, row.end_s, MINUTE_S)
        if starts and starts[0] <= at < starts[-1] + step
    )
    return [step, *found.values()], energy


def findings(rows, cell, bounds):
    """Return (rule number, start, end, figure, bound) of every finding, sorted."""
    return sorted(
        [
            *gaps(rows, cell, bounds),
            *spikes(rows, cell, bounds),
            *runs(rows, cell, bounds),
            *overlaps(rows, cell),
            *clock(rows, cell, bounds),
            *bad_values(rows, cell, bounds),
        ]
    )


def gaps(rows, cell, bounds):
    step, starts = slots_of(rows, cell)
    held = {start: fill(rows, start, step, bounds)[0] for start in starts}
    open_slots = [start for start in starts if held[start][0] + held[start][1] < step]
    for first in [start for start in open_slots if start - step not in open_slots]:
        run = [first]
        while run[-1] + step in open_slots:
            run.append(run[-1] + step)
        yield 0, first, run[-1] + step, len(run), sum(sum(held[start]) >= step for start in run)


def spikes(rows, cell, bounds):
    ordered = sorted(
        (row for row in rows if row.quality == 0 and row.start_s >= cell.day_s), key=lambda row: -row.power_w
    )
    if len(ordered) >= 3:
        top, third = ordered[0], ordered[2].power_w
        if top.power_w > bounds.floor_w and top.power_w - third > bounds.spike * third:
            yield 2, top.start_s, top.end_s, top.power_w, third


def runs(rows, cell, bounds):
    groups: list[list[Row]] = []
    for row in rows:
        joins = groups and groups[-1][-1].end_s == row.start_s and groups[-1][0].value == row.value
        if joins and row.quality == 0 == groups[-1][0].quality:
            groups[-1].append(row)
        else:
            groups.append([row])
    for group in groups:
        length = group[-1].end_s - group[0].start_s
        limit = bounds.zero_s if group[0].value == 0 else bounds.flat_s
        if group[0].quality == 0 and group[-1].end_s > cell.day_s and length >= limit:
            yield 5 if group[0].value == 0 else 6, group[0].start_s, group[-1].end_s, length, limit


def overlaps(rows, cell):
    for place, row in enumerate(rows):
        reach = max((before.end_s for before in rows[:place]), default=-1)
        if row.end_s > cell.day_s and row.start_s < reach:
            yield 1, row.start_s, min(reach, row.end_s), min(reach, row.end_s) - row.start_s, 0


def clock(rows, cell, bounds):
    early = [row for row in rows if row.end_s > cell.day_s and row.end_s - row.known_s > bounds.ahead_s]
    if early:
        yield 7, early[0].start_s, early[-1].end_s, max(row.end_s - row.known_s for row in early), bounds.ahead_s


def bad_values(rows, cell, bounds):
    inside = [row for row in rows if row.end_s > cell.day_s]
    breaks = [at for at, (a, b) in enumerate(pairwise(inside), 1) if b.start_s != a.end_s or b.quality != a.quality]
    edges = [0, *breaks, len(inside)]
    for first, end in pairwise(edges):
        run = inside[first:end]
        if run and run[0].quality == 3:
            yield 8, run[0].start_s, run[-1].end_s, max(row.power_w for row in run), bounds.bad_w
