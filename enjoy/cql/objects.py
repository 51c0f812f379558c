"""Filters as JSON: ``{"op": ">", "args": [{"property": "bikes"}, 3]}``."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from core.conditions import Comparator, Condition, Constant, Either, Every, Not, Operand, Relation
from enjoy.cql.building import (
    MOST_DEPTH,
    Builder,
    Span,
    Written,
    day_of,
    filter_invalid,
    instant_of,
    moment_of,
    span_of,
)
from enjoy.cql.text import TEMPORAL, box_of, turned

_SPATIAL: Final = {f"s_{one.value}": one for one in Relation}
_TEMPORAL: Final = {name.lower(): word for name, word in TEMPORAL.items()}
_JOINED: Final = frozenset({"and", "or"})
_COMPARATORS: Final = frozenset(one.value for one in Comparator)


def read_object(given: object, builder: Builder, depth: int = 0) -> Condition:
    """Return the condition that an object says.

    Raises
    ------
    InputError
        ``filter_invalid``.
    """
    if depth > MOST_DEPTH:
        raise filter_invalid(f"It is nested more than {MOST_DEPTH} times.")
    if isinstance(given, bool):
        return Constant(given)
    op, args = _parts(given)
    if op in _JOINED and args:
        parts = tuple(read_object(one, builder, depth + 1) for one in args)
        return Every(parts) if op == "and" else Either(parts)
    if op == "not":
        return Not(read_object(_exactly(args, 1, op)[0], builder, depth + 1))
    return _predicate(op, args, builder)


def _predicate(op: str, args: Sequence[object], builder: Builder) -> Condition:
    if op in _COMPARATORS:
        left, right = (_operand(one, builder) for one in _exactly(args, 2, op))
        return builder.compared(left, Comparator(op), right)
    if op in _SPATIAL:
        return _spatial(_SPATIAL[op], _exactly(args, 2, op), builder)
    if op in _TEMPORAL:
        field, span = _exactly(args, 2, op)
        return builder.when(_TEMPORAL[op], _name(field), _span(span))
    if op in _READERS:
        return _READERS[op](args, builder)
    raise filter_invalid(f"There is no operator {op[:60]!r} with {len(args)} arguments.")


def _parts(given: object) -> tuple[str, Sequence[object]]:
    if not isinstance(given, Mapping) or set(given) != {"op", "args"}:
        raise filter_invalid("A condition is true, false, or an object with `op` and `args`.")
    op, args = given["op"], given["args"]
    if not isinstance(op, str) or not isinstance(args, list):
        raise filter_invalid("`op` is a text, and `args` is a list.")
    return op, args


def _exactly(args: Sequence[object], count: int, op: str) -> Sequence[object]:
    if len(args) != count:
        raise filter_invalid(f"{op} has {count} arguments.")
    return args


def _like(args: Sequence[object], builder: Builder) -> Condition:
    value, pattern = _exactly(args, 2, "like")
    return builder.like(_operand(value, builder), pattern)


def _between(args: Sequence[object], builder: Builder) -> Condition:
    value, low, high = (_operand(one, builder) for one in _exactly(args, 3, "between"))
    return builder.between(value, low, high)


def _one_of(args: Sequence[object], builder: Builder) -> Condition:
    value, choices = _exactly(args, 2, "in")
    if not isinstance(choices, list):
        raise filter_invalid("What to choose from is a list.")
    return builder.one_of(_operand(value, builder), [_operand(one, builder) for one in choices])


def _is_null(args: Sequence[object], builder: Builder) -> Condition:
    return builder.is_null(_name(_exactly(args, 1, "isNull")[0]))


_READERS: Final[Mapping[str, Callable[[Sequence[object], Builder], Condition]]] = MappingProxyType(
    {"like": _like, "between": _between, "in": _one_of, "isNull": _is_null}
)


def _operand(given: object, builder: Builder) -> Operand:
    if isinstance(given, str) and "\0" in given:
        raise filter_invalid("A text has no zero bytes.")
    if isinstance(given, str | bool | int):
        return given
    if isinstance(given, float) and abs(given) < float("inf"):
        return given
    if isinstance(given, Mapping) and len(given) == 1:
        ((kind, value),) = given.items()
        if kind == "property":
            return builder.named(_text(value))
        if kind in {"date", "timestamp"}:
            return day_of(_text(value)) if kind == "date" else instant_of(_text(value))
    raise filter_invalid("A value is a text, a number, a truth, a property, a date or a timestamp.")


def _name(given: object) -> str:
    if not isinstance(given, Mapping) or set(given) != {"property"}:
        raise filter_invalid("A property was expected.")
    return _text(given["property"])


def _text(given: object) -> str:
    if not isinstance(given, str) or "\0" in given:
        raise filter_invalid("A text was expected.")
    return given


def _spatial(relation: Relation, args: Sequence[object], builder: Builder) -> Condition:
    one, other = args
    if isinstance(other, Mapping) and "property" in other:
        one, other, relation = other, one, turned(relation)
    return builder.lies(relation, _name(one), _shape(other))


def _shape(given: object) -> Written:
    if not isinstance(given, Mapping):
        raise filter_invalid("A geometry is GeoJSON, or an object with `bbox`.")
    if set(given) == {"bbox"}:
        numbers: Any = given["bbox"]
        return box_of(numbers if isinstance(numbers, list) else [])
    return given


def _span(given: object) -> Span:
    if isinstance(given, Mapping) and len(given) == 1:
        ((kind, value),) = given.items()
        if kind in {"date", "timestamp"}:
            return moment_of(_text(value)), moment_of(_text(value))
        if kind == "interval" and isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - two ends
            return span_of(*map(_text, value))
    raise filter_invalid("A date, a timestamp or an interval was expected.")
