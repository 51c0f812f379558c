"""The charts of a backtest's page."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE, SLOT
from grid.backtest import QUANTILES
from grid.experts import EXPERTS
from grid.hindcast.samples import Sample
from somel.hindcast.svg import Frame, text, ticks

Float = NDArray[np.float64]

_WIDE, _HALF, _LOW, _HIGH = 1080, 520, 280, 330
#: Some room above the highest value.
_ROOM: Final = 1.08
_FEWEST_POINTS: Final = 2
#: Quantiles that bound the shades of a fan, the widest first.
_FAN: Final = tuple((low, len(QUANTILES) - 1 - low) for low in range(len(QUANTILES) // 2))
_UNITS: Final = ((1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W"))
_MOST_DAY_LABELS: Final = 10


def error_by_lead(level: dict[str, Any]) -> str:
    """Draw the mean error by hour of lead, beside the weekly naive forecast's."""
    ours, naive = level["rmae_by_hour"], level["naive_rmae_by_hour"]
    middle = [hour + 0.5 for hour in range(len(ours))]
    highest = max([value for value in (*ours, *naive) if value is not None], default=1.0) or 1.0
    frame = Frame(_HALF, _HIGH, (0.0, float(len(ours))), (0.0, highest * _ROOM))
    edges = [0, *(block["lead_end_h"] for block in level["by_lead"])]
    parts = [
        frame.grid([(edge, f"{edge} h") for edge in edges], [(value, _percent(value)) for value in ticks(*frame.y)]),
        frame.line(middle, naive, "naive"),
        frame.line(middle, ours, "expected"),
        frame.dots(_told(middle, ours, "forecast"), "expected-dot"),
    ]
    return frame.drawn("Mean absolute error over the range of the load, by hours ahead", parts)


def reliability(level: dict[str, Any]) -> str:
    """Draw the share of loads at or below each quantile against its probability."""
    frame = Frame(_HALF, _HIGH, (0.0, 1.0), (0.0, 1.0))
    marks = [(value / 4, f"{25 * value} %") for value in range(5)]
    below = level["whole"]["below_ratio"]
    labels = [
        (level_, share, f"{_percent(share or 0.0)} of loads at or below the quantile of {level_:.0%}")
        for level_, share in zip(QUANTILES, below, strict=True)
    ]
    parts = [frame.grid(marks, marks), frame.line([0.0, 1.0], [0.0, 1.0], "naive")]
    parts += [frame.line(QUANTILES, block["below_ratio"], "faint") for block in level["by_lead"]]
    parts += [frame.line(QUANTILES, below, "expected"), frame.dots(labels, "expected-dot")]
    return frame.drawn("Share of loads at or below each quantile, against its probability", parts)


def weights(level: dict[str, Any]) -> str:
    """Draw what each expert had to say, issue by issue, one upon the other."""
    days = [datetime.fromisoformat(row["origin"]).astimezone(LOCAL_ZONE).date() for row in level["weights"]]
    shares = [[row[name] for name in EXPERTS] for row in level["weights"]]
    if sum(None not in row for row in shares) < _FEWEST_POINTS:
        return '<p class="muted">Too few issues combined experts to draw their weights.</p>'
    tops: list[list[float | None]] = [
        [None, *([None] * len(EXPERTS))] if None in row else [0.0, *accumulate(row)] for row in shares
    ]
    xs = [float((day - days[0]).days) for day in days]
    frame = Frame(_WIDE, _LOW, (0.0, max(xs[-1], 1.0)), (0.0, 1.0))
    bands = [
        frame.band(xs, [row[number] for row in tops], [row[number + 1] for row in tops], f"expert e{number}")
        for number in range(len(EXPERTS))
    ]
    marks = [(xs[at], _day(days[at])) for at in _some(len(days))]
    grid = frame.grid(marks, [(value / 4, f"{25 * value} %") for value in range(5)])
    return frame.drawn("Weights of the experts over the period", [*bands, grid])


def fan(sample: Sample) -> str:
    """Draw some days of one place: what came, what was expected, and how sure that was."""
    xs = [float(slot) for slot in range(sample.said_w.size)]
    everything = np.concatenate((sample.quantile_w.ravel(), sample.actual_w, sample.said_w))
    known = everything[np.isfinite(everything)]
    low, high = min(0.0, float(known.min())), float(known.max())
    scale, unit = next((one for one in _UNITS if max(high, -low) >= one[0]), _UNITS[-1])
    frame = Frame(_WIDE, _HIGH, (0.0, float(len(xs))), (low / scale * _ROOM, max(high / scale, 1e-9) * _ROOM))
    midnights = _midnights(sample.start, len(xs))
    parts = [frame.grid(midnights, [(value, f"{value:g}") for value in ticks(*frame.y)])]
    parts += [
        frame.band(xs, _values(sample.quantile_w[:, lower], scale), _values(sample.quantile_w[:, upper], scale), "fan")
        for lower, upper in _FAN
    ]
    bottom = frame.height - frame.bottom
    for slot in sample.issues:
        at = frame.at_x(slot)
        parts.append(f'<path class="issue" d="M{at - 4:.1f} {bottom:g}h8l-4 -7z"><title>issue</title></path>')
    parts.append(frame.line(xs, _values(sample.said_w, scale), "expected"))
    parts.append(frame.line(xs, _values(sample.actual_w, scale), "measured"))
    parts.append(text(8, 12, unit, "tick"))
    return frame.drawn(f"{sample.place.name}: measured load, forecast and its quantiles", parts)


def _told(xs: Sequence[float], ys: Sequence[float | None], word: str) -> list[tuple[float, float | None, str]]:
    return [
        (x, y, f"{word}, {x - 0.5:.0f} to {x + 0.5:.0f} h ahead: {_percent(y or 0.0)}")
        for x, y in zip(xs, ys, strict=True)
    ]


def _values(values: Float, scale: float) -> list[float | None]:
    return [float(value) / scale if np.isfinite(value) else None for value in values]


def _midnights(start: datetime, slots: int) -> list[tuple[float, str]]:
    found = []
    for slot in range(slots):
        local = (start + slot * SLOT).astimezone(LOCAL_ZONE)
        if local.hour == 0 and local.minute == 0:
            found.append((float(slot), _day(local.date())))
    return found


def _some(count: int) -> range:
    """Return places evenly apart, few enough for labels."""
    return range(0, count, max(1, -(-count // _MOST_DAY_LABELS)))


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"
