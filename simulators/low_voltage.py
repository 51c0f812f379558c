"""Low-voltage networks behind a fleet's transformers: mains with boxes in the street, services to meters, phases.

France has 701,858 km of low-voltage lines behind some 760,000 transformers for 35 million customers (EDF, "Le réseau de
distribution"): 0.92 km of mains for 46 customers. The lengths drawn here have that mean.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.network import Network, PowerTransformer, UsagePoint
from simulators.cables import MAINS, NOMINAL_V, SERVICE, Cable, coincidence_ratio
from simulators.draws import choose, uniform
from simulators.network import share_out

Phase = Literal["a", "b", "c", "abc"]
_PHASES: Final[tuple[Phase, ...]] = ("a", "b", "c")
#: Up to here a French usage point has one phase as a rule. [VA]
SINGLE_PHASE_VA: Final = 12_000
#: Usage points of a main on average, and most mains that the board of a station of so much power has. [VA]
_POINTS_PER_MAIN: Final = 12
_MOST_MAINS: Final = ((50_000, 2), (250_000, 4), (400_000, 6), (1_000_000, 8))
_LEAST_SHARE, _MOST_SHARE = 0.6, 1.4  # of the mean, by which mains differ
_POINTS_PER_BOX: Final = (1, 2, 2, 3, 3, 4)
_BRANCHING_RATIO: Final = 0.15  # of boxes that hang on an earlier box instead of the last
#: Shortest, and what a draw adds at most. [m]
_TO_FIRST_BOX_M: Final = (20.0, 80.0)
_TO_NEXT_BOX_M: Final = (20.0, 50.0)
_SERVICE_M: Final = (5.0, 20.0)
#: Drop of the voltage to the last box that a main is designed for, with loads balanced. [ratio]
_DESIGN_DROP_RATIO: Final = 0.03
#: Share of today's demand that the older mains were designed for. [ratio]
_OLDER_RATIO, _OLDER_DEMAND = 0.2, 0.6
#: Voltage of the medium side, over the nominal one, at the first and at the last station of a feeder. [ratio]
_NEAREST_RATIO, _FARTHEST_RATIO = 1.03, 0.99


@dataclass(frozen=True, slots=True)
class Segment:
    """A cable between two buses, by their place in the list of buses. [m]."""

    name: str
    from_bus: int
    to_bus: int
    length_m: float
    cable: Cable


@dataclass(frozen=True, slots=True)
class PlacedPoint:
    """Where a usage point hangs: name of its meter, bus, and its phase or all three."""

    meter: str
    bus: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class LowVoltageNetwork:
    """The network behind one transformer.

    Attributes
    ----------
    transformer : PowerTransformer
        What supplies it.
    nominal_high_v : int
        Nominal voltage of its high side. [V]
    source_ratio : float
        Voltage there over the nominal one. [ratio]
    bus : tuple of str
        Names; the first is the high side, the second the low side.
    segments : tuple of Segment
        Cables; a segment ends at a bus that comes after the one it begins at.
    points : tuple of PlacedPoint
        All usage points of the transformer.
    """

    transformer: PowerTransformer
    nominal_high_v: int
    source_ratio: float
    bus: tuple[str, ...]
    segments: tuple[Segment, ...]
    points: tuple[PlacedPoint, ...]


def low_voltage_networks(network: Network, seed: int) -> Iterator[LowVoltageNetwork]:
    """Yield the network of each transformer; the same arguments always give the same ones.

    Parameters
    ----------
    network : Network
        A fleet's; its usage points stand in the order of its transformers.
    seed : int
        Seed of every draw.
    """
    feeders = {row.code: row.nominal_voltage_v for row in network.feeders}
    meter_of = {row.prm: row.name for row in network.end_devices if row.kind == "meter"}
    numbered = enumerate(network.usage_points)
    points = {code: list(rows) for code, rows in groupby(numbered, lambda row: row[1].power_transformer_code)}
    sources = _source_ratios(network.power_transformers)
    for index, transformer in enumerate(network.power_transformers):
        mine = points.get(transformer.code, [])
        draws = _Draws(seed, index)
        built = _Street(transformer.code, draws, meter_of)
        for number, main in enumerate(_mains(mine, transformer, draws), start=1):
            built.add_main(number, main)
        yield LowVoltageNetwork(
            transformer,
            feeders[transformer.feeder_code],
            sources[index],
            tuple(built.bus),
            tuple(built.segments),
            tuple(built.points),
        )


class _Draws:
    """Draw for one transformer: other draws come from another stream or another key."""

    def __init__(self, seed: int, transformer: int) -> None:
        self.seed = seed
        self._transformer = transformer

    def of_main(self, stream: str, main: int, count: int) -> NDArray[np.float64]:
        """Return as many draws as asked for; shape (count,)."""
        return uniform(self.seed, f"lv/{stream}/{self._transformer}/{main}", np.arange(count))


class _Street:
    """Lay cables, main after main."""

    def __init__(self, code: str, draws: _Draws, meter_of: dict[str, str]) -> None:
        self.bus = [f"{code} HTA", f"{code} BT"]
        self.segments: list[Segment] = []
        self.points: list[PlacedPoint] = []
        self._code = code
        self._draws = draws
        self._meter_of = meter_of
        self._on_all = dict.fromkeys(_PHASES, 0)

    def add_main(self, main: int, points: Sequence[UsagePoint]) -> None:
        """Lay one main with its boxes and services."""
        boxes = _boxes(points, self._draws.of_main("boxes", main, len(points)))
        above = _above(self._draws.of_main("branching", main, len(boxes)))
        lengths = _spread(self._draws.of_main("street", main, len(boxes)), _TO_NEXT_BOX_M)
        lengths[0] = _spread(self._draws.of_main("first", main, 1), _TO_FIRST_BOX_M)[0]
        older = self._draws.of_main("older", main, 1)[0] < _OLDER_RATIO
        cable = _cable(boxes, above, lengths, _OLDER_DEMAND if older else 1.0)
        at: list[int] = []
        for box, parent in enumerate(above):
            start = 1 if parent < 0 else at[parent]
            at.append(self._lay(f"{self._code} D{main} C{box + 1}", start, float(lengths[box]), cable))
        service_m = _spread(self._draws.of_main("service", main, len(points)), _SERVICE_M)
        on_main = dict.fromkeys(_PHASES, 0)
        for number, (box, point) in enumerate((box, point) for box, rows in enumerate(boxes) for point in rows):
            bus = self._lay(f"{self._code} D{main} B{number + 1}", at[box], float(service_m[number]), SERVICE)
            self.points.append(PlacedPoint(self._meter_of[point.prm], bus, self._phase(point.subscribed_va, on_main)))

    def _phase(self, subscribed_va: int, on_main: dict[Phase, int]) -> Phase:
        """Return the phase of a usage point: of a small one the least subscribed of its main, then of all mains."""
        if subscribed_va > SINGLE_PHASE_VA:
            return "abc"
        phase = min(_PHASES, key=lambda one: (on_main[one], self._on_all[one]))
        on_main[phase] += subscribed_va
        self._on_all[phase] += subscribed_va
        return phase

    def _lay(self, name: str, start: int, length_m: float, cable: Cable) -> int:
        """Lay a cable to a new bus; both have the same name. Return the bus."""
        self.bus.append(name)
        end = len(self.bus) - 1
        self.segments.append(Segment(name, start, end, round(length_m, 1), cable))
        return end


def _mains(
    points: Sequence[tuple[int, UsagePoint]], transformer: PowerTransformer, draws: _Draws
) -> list[list[UsagePoint]]:
    """Share usage points out among mains, in an order that is drawn."""
    if not points:
        return []
    order = np.argsort(uniform(draws.seed, "lv/order", [index for index, _ in points]), kind="stable")
    most = next((most for rated, most in _MOST_MAINS if transformer.rated_va <= rated), _MOST_MAINS[-1][1])
    count = int(np.clip(round(len(points) / _POINTS_PER_MAIN), 1, most))
    weight = _LEAST_SHARE + (_MOST_SHARE - _LEAST_SHARE) * draws.of_main("mains", 0, count)
    stops = np.cumsum(share_out(len(points), weight))
    parts = np.split(order, stops[:-1])
    return [[points[row][1] for row in part] for part in parts if part.size]


def _boxes(points: Sequence[UsagePoint], u: NDArray[np.float64]) -> list[Sequence[UsagePoint]]:
    """Cut the usage points of a main into boxes."""
    boxes, done = [], 0
    for size in choose(u, _POINTS_PER_BOX):
        if done >= len(points):
            break
        boxes.append(points[done : done + int(size)])
        done += int(size)
    return boxes


def _above(u: NDArray[np.float64]) -> list[int]:
    """Return the box that each hangs on: the last one, or an earlier one where the street branches; -1 for none."""
    later = enumerate(u[1:], start=1)
    return [-1, *(int(draw / _BRANCHING_RATIO * box) if draw < _BRANCHING_RATIO else box - 1 for box, draw in later)]


def _spread(u: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.float64]:
    return span[0] + span[1] * u


def _cable(
    boxes: Sequence[Sequence[UsagePoint]], above: Sequence[int], lengths: NDArray[np.float64], demand: float
) -> Cable:
    """Return the thinnest cable that carries a main's demand with little drop; the thickest where none does."""
    inside = [[float(point.subscribed_va) for point in box] for box in boxes]
    for box in range(len(boxes) - 1, 0, -1):
        inside[above[box]].extend(inside[box])
    load_va = demand * np.array([sum(rows) * coincidence_ratio(len(rows)) for rows in inside])
    for cable in MAINS:
        drop = load_va * lengths / 1_000 * cable.r_ohm_per_km / NOMINAL_V**2
        for box, parent in enumerate(above):
            if parent >= 0:
                drop[box] += drop[parent]
        if drop.max() <= _DESIGN_DROP_RATIO and load_va[0] <= np.sqrt(3) * NOMINAL_V * cable.rated_a:
            return cable
    return MAINS[-1]


def _source_ratios(transformers: Sequence[PowerTransformer]) -> list[float]:
    """Return the voltage at each station: it falls along its feeder, whose stations stand nearest first. [ratio]."""
    ratios = []
    for _, rows in groupby(transformers, lambda row: row.feeder_code):
        count = len(list(rows))
        ratios += [float(one) for one in np.linspace(_NEAREST_RATIO, _FARTHEST_RATIO, 2 * count + 1)[1::2]]
    return [round(one, 4) for one in ratios]
