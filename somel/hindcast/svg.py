"""Just enough of SVG for charts: scales, ticks, lines, bands; colours and type come from the page's style."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

#: Steps between ticks, times a power of ten.
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
#: A label that is centred needs so much room to the right for each of its characters. [px]
_HALF_A_CHARACTER: Final = 3.5


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold a chart's size and what its area shows.

    Attributes
    ----------
    width, height : float
        Of the whole. [px]
    x, y : tuple of float
        Lowest and highest value of each axis.
    left, right, top, bottom : float
        Room around the area. [px]
    """

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 52
    right: float = 24
    top: float = 14
    bottom: float = 36

    def at_x(self, value: float) -> float:
        """Return where a value lies. [px]."""
        low, high = self.x
        return self.left + (value - low) / (high - low) * (self.width - self.left - self.right)

    def at_y(self, value: float) -> float:
        """Return where a value lies; up is more. [px]."""
        low, high = self.y
        return self.height - self.bottom - (value - low) / (high - low) * (self.height - self.top - self.bottom)

    def drawn(self, label: str, parts: Iterable[str]) -> str:
        """Return the chart as an element, with words for who cannot see it."""
        inside = "".join(parts)
        size = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        return f'<svg {size} role="img" aria-label="{escape(label)}">{inside}</svg>'

    def grid(self, x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]]) -> str:
        """Return lines and labels at values of both axes."""
        bottom, right = self.height - self.bottom, self.width - self.right
        parts = []
        for value, label in y:
            at = self.at_y(value)
            parts.append(f'<line class="grid" x1="{self.left:g}" x2="{right:g}" y1="{at:.1f}" y2="{at:.1f}"/>')
            parts.append(text(self.left - 8, at + 4, label, "tick", anchor="end"))
        for value, label in x:
            at = self.at_x(value)
            parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{self.top:g}" y2="{bottom:g}"/>')
            anchor = "middle" if at + _HALF_A_CHARACTER * len(label) < self.width else "end"
            parts.append(text(at, bottom + 18, label, "tick", anchor=anchor))
        return "".join(parts)

    def line(self, xs: Sequence[float], ys: Sequence[float | None], kind: str) -> str:
        """Return a line that breaks where nothing is known."""
        pieces = ["M" + "L".join(self._point(xs[at], ys[at]) for at in run) for run in runs(ys)]
        return f'<path class="{kind}" d="{"".join(pieces)}"/>' if pieces else ""

    def band(self, xs: Sequence[float], low: Sequence[float | None], high: Sequence[float | None], kind: str) -> str:
        """Return the area between two lines."""
        pieces = []
        for run in runs(low):
            there = [self._point(xs[at], high[at]) for at in run]
            back = [self._point(xs[at], low[at]) for at in reversed(run)]
            pieces.append("M" + "L".join([*there, *back]) + "Z")
        return f'<path class="{kind}" d="{"".join(pieces)}"/>' if pieces else ""

    def dots(self, points: Iterable[tuple[float, float | None, str]], kind: str) -> str:
        """Return dots that tell their value to a pointer."""
        return "".join(
            f'<circle class="{kind}" cx="{self.at_x(x):.1f}" cy="{self.at_y(y):.1f}" r="3.5"><title>{escape(label)}'
            "</title></circle>"
            for x, y, label in points
            if y is not None
        )

    def _point(self, x: float, y: float | None) -> str:
        return f"{self.at_x(x):.1f} {self.at_y(y or 0.0):.1f}"


def text(x: float, y: float, words: str, kind: str, *, anchor: str = "start") -> str:
    """Return words at a point."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def runs(values: Sequence[float | None]) -> list[list[int]]:
    """Return the places of known values, those in a row together.

    Examples
    --------
    >>> runs([1.0, None, 2.0, 3.0])
    [[0], [2, 3]]
    """
    found: list[list[int]] = []
    for at, value in enumerate(values):
        if value is None or not math.isfinite(value):
            continue
        if found and found[-1][-1] == at - 1:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Return round values from `low` to `high`.

    Examples
    --------
    >>> ticks(0.0, 0.23)
    [0.0, 0.05, 0.1, 0.15, 0.2]
    """
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in _STEPS if step * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]
