"""Conditions built part by part, the same for both writings: names are known, and values are of their field's type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final, TypeAlias

from core.conditions import (
    Between,
    Comparator,
    Comparison,
    Condition,
    Every,
    IsNull,
    Lies,
    Like,
    Not,
    OneOf,
    Operand,
    Property,
    Relation,
    Shape,
)
from core.datasets import FieldType
from core.errors import InputError
from enjoy.geometry import read_shape

GEOMETRY: Final = "geometry"
#: Deeper ones are nobody's.
MOST_DEPTH: Final = 40
_NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.NUMBER})

#: Two instants, either of which may be open.
Span: TypeAlias = tuple[datetime | None, datetime | None]

#: A geometry as well-known text, as GeoJSON, or as the four numbers of a box.
Written: TypeAlias = str | Mapping[str, object] | Sequence[float]


def filter_invalid(message: str) -> InputError:
    """Return the error for a filter that cannot be understood."""
    return InputError("filter_invalid", message, field="filter")


@dataclass(frozen=True, slots=True)
class Builder:
    """Build conditions on records of a shape.

    Attributes
    ----------
    types : mapping of str to FieldType
        Fields that may be named.
    has_geometry : bool
        Whether ``geometry`` may be.
    srid : int
        System of geometries.
    is_flipped : bool
        Whether latitude comes first in it.
    """

    types: Mapping[str, FieldType]
    has_geometry: bool
    srid: int
    is_flipped: bool

    def named(self, name: str) -> Property:
        """Return a field that a filter names."""
        if name not in self.types:
            raise filter_invalid(f"There is no queryable {name[:100]!r}.")
        return Property(name)

    def compared(self, left: Operand, comparator: Comparator, right: Operand) -> Condition:
        """Return a comparison of two values of one type."""
        one, two = self._alike(left, right)
        return Comparison(one, comparator, two)

    def between(self, value: Operand, low: Operand, high: Operand) -> Condition:
        """Return whether a value is between two others."""
        return Between(*self._alike(value, low, high))

    def one_of(self, value: Operand, choices: Sequence[Operand]) -> Condition:
        """Return whether a value is one of some."""
        if not choices:
            raise filter_invalid("IN has at least one value to choose from.")
        first, *others = self._alike(value, *choices)
        return OneOf(first, tuple(others))

    def like(self, value: Operand, pattern: object) -> Condition:
        """Return whether a text has a pattern."""
        if not isinstance(pattern, str) or self._type(value) is not FieldType.TEXT:
            raise filter_invalid("LIKE compares a text with a pattern.")
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            raise filter_invalid("A pattern does not end with a single backslash.")
        return Like(value, pattern)

    def is_null(self, name: str) -> Condition:
        """Return whether a field, or the geometry, has no value."""
        if name != GEOMETRY or not self.has_geometry:
            self.named(name)
        return IsNull(name)

    def lies(self, relation: Relation, name: str, shape: Written) -> Condition:
        """Return whether the geometry lies so to another."""
        if name != GEOMETRY or not self.has_geometry:
            raise filter_invalid("Spatial functions are of `geometry`, where the collection has one.")
        return Lies(relation, Shape(read_shape(shape, self.srid, is_flipped=self.is_flipped), self.srid))

    def when(self, function: str, name: str, span: Span) -> Condition:
        """Return whether a moment lies so to a span of time, or to another moment, which is a span of no length."""
        field = self.named(name)
        if self.types[name] not in {FieldType.TIMESTAMP, FieldType.DATE}:
            raise filter_invalid(f"{name} is no time.")
        start, end = span
        later = None if end is None else self.compared(field, Comparator.MORE, end)
        sooner = None if start is None else self.compared(field, Comparator.LESS, start)
        outside = [one for one in (later, sooner) if one is not None]
        if function in {"after", "before"}:
            only = later if function == "after" else sooner
            return Not(Every(())) if only is None else only
        if function == "disjoint":
            return Not(Every(tuple(Not(one) for one in outside)))
        if function == "during":
            inside = [] if start is None else [self.compared(field, Comparator.MORE, start)]
            return Every((*inside, *([] if end is None else [self.compared(field, Comparator.LESS, end)])))
        if function == "equals" and start != end:
            raise filter_invalid("A moment equals no span of time.")
        return Every(tuple(Not(one) for one in outside))

    def _type(self, operand: Operand) -> FieldType:
        if isinstance(operand, Property):
            return self.types[operand.name]
        return next(kind for python, kind in _TYPES if isinstance(operand, python))

    def _alike(self, *operands: Operand) -> tuple[Operand, ...]:
        """Return values of one type: that of the first field among them, else of the first value."""
        fields = [one for one in operands if isinstance(one, Property)]
        kind = self._type(fields[0] if fields else operands[0])
        return tuple(self._as(operand, kind) for operand in operands)

    def _as(self, operand: Operand, kind: FieldType) -> Operand:
        own = self._type(operand)
        if own is kind or {own, kind} <= _NUMBERS:
            return operand
        if isinstance(operand, str) and kind in {FieldType.DATE, FieldType.TIMESTAMP}:
            return day_of(operand) if kind is FieldType.DATE else instant_of(operand)
        if isinstance(operand, date) and not isinstance(operand, datetime) and kind is FieldType.TIMESTAMP:
            return datetime.combine(operand, time.min, tzinfo=UTC)
        if isinstance(operand, datetime) and kind is FieldType.DATE:
            return operand.date()
        raise filter_invalid(f"A value of the type {own} is compared with one of the type {kind}.")


#: A truth is also an integer, and an instant a day, to Python: the order matters.
_TYPES: Final[tuple[tuple[type, FieldType], ...]] = (
    (bool, FieldType.BOOLEAN),
    (int, FieldType.INTEGER),
    (float, FieldType.NUMBER),
    (datetime, FieldType.TIMESTAMP),
    (date, FieldType.DATE),
    (str, FieldType.TEXT),
)


def day_of(text: str) -> date:
    """Return the day that a text says."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise filter_invalid(f"It is a day, such as 2026-01-15: {text[:60]!r}.") from None


def instant_of(text: str) -> datetime:
    """Return the instant that a text says."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise filter_invalid(f"An instant says its zone, such as 2026-01-15T18:30:00Z: {text[:60]!r}.")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise filter_invalid(f"It is an instant, such as 2026-01-15T18:30:00Z: {text[:60]!r}.") from None


def moment_of(text: str) -> datetime:
    """Return the instant that a text says, or the first one of its day."""
    return datetime.combine(day_of(text), time.min, tzinfo=UTC) if len(text) == len("2026-01-15") else instant_of(text)


def span_of(start: str, end: str) -> Span:
    """Return the span that two texts say; ``..`` is an open end."""
    since, until = (None if text == ".." else moment_of(text) for text in (start, end))
    if since is not None and until is not None and since > until:
        raise filter_invalid("A span of time begins before it ends.")
    return since, until
