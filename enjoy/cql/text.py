"""Filters as text: ``bikes > 3 AND name LIKE 'Gare%'``, read by descent from the loosest word to the tightest."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from core.conditions import Comparator, Condition, Constant, Either, Every, Not, Operand, Property, Relation
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
from enjoy.cql.tokens import Token, tokens_of

_SHAPES: Final = frozenset(
    {"POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON", "GEOMETRYCOLLECTION"}
)
_SPATIAL: Final = {f"S_{one.name}": one for one in Relation}
TEMPORAL: Final = {
    f"T_{word.upper()}": word for word in ("after", "before", "during", "intersects", "disjoint", "equals")
}
_INFINITE: Final = float("inf")


def read_text(given: str, builder: Builder) -> Condition:
    """Return the condition that a text says.

    Raises
    ------
    InputError
        ``filter_invalid``.
    """
    reader = _Reader(given, tokens_of(given), builder)
    condition = reader.either(0)
    reader.expect("")
    return condition


class _Reader:
    def __init__(self, given: str, tokens: Sequence[Token], builder: Builder) -> None:
        self._given = given
        self._tokens = tokens
        self._at = 0
        self._build = builder

    def either(self, depth: int) -> Condition:
        parts = [self._every(depth)]
        while self._took("OR"):
            parts.append(self._every(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def expect(self, word: str) -> None:
        token = self._tokens[self._at]
        if token.word != word or (not word and token.kind != "end"):
            raise self._lost(f"{word or 'the end'} was expected")
        self._at += 1

    def _every(self, depth: int) -> Condition:
        parts = [self._factor(depth)]
        while self._took("AND"):
            parts.append(self._factor(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _factor(self, depth: int) -> Condition:
        if depth > MOST_DEPTH:
            raise filter_invalid(f"It is nested more than {MOST_DEPTH} times.")
        if self._took("NOT"):
            return Not(self._factor(depth + 1))
        if self._took("("):
            condition = self.either(depth + 1)
            self.expect(")")
            return condition
        token = self._tokens[self._at]
        if self._tokens[self._at + 1 : self._at + 2] and self._tokens[self._at + 1].word == "(":
            if token.word in _SPATIAL:
                return self._spatial(_SPATIAL[token.word])
            if token.word in TEMPORAL:
                return self._temporal(TEMPORAL[token.word])
        return self._predicate()

    def _predicate(self) -> Condition:
        start = self._tokens[self._at]
        if self._names_geometry():
            return self._null("geometry")
        value = self._operand()
        token = self._tokens[self._at]
        if token.word in {one.value for one in Comparator}:
            self._at += 1
            return self._build.compared(value, Comparator(token.word), self._operand())
        if token.word == "IS" and isinstance(value, Property):
            return self._null(value.name)
        is_not = self._took("NOT")
        if self._tokens[self._at].word in self._AFTER_VALUE:
            word = self._tokens[self._at].word
            self._at += 1
            condition = self._AFTER_VALUE[word](self, value)
            return Not(condition) if is_not else condition
        if isinstance(value, bool) and not is_not:
            return Constant(value)
        if isinstance(value, Property) and not is_not and start.kind != "text":
            return self._build.compared(value, Comparator.EQUAL, right=True)
        raise self._lost("a comparison was expected")

    def _names_geometry(self) -> bool:
        token, after = self._tokens[self._at], self._tokens[self._at + 1 : self._at + 2]
        if token.text.strip('"') == "geometry" and after and after[0].word == "IS":
            self._at += 1
            return True
        return False

    def _null(self, name: str) -> Condition:
        self.expect("IS")
        is_not = self._took("NOT")
        self.expect("NULL")
        condition = self._build.is_null(name)
        return Not(condition) if is_not else condition

    def _like(self, value: Operand) -> Condition:
        return self._build.like(value, self._operand())

    def _between(self, value: Operand) -> Condition:
        low = self._operand()
        self.expect("AND")
        return self._build.between(value, low, self._operand())

    def _one_of(self, value: Operand) -> Condition:
        self.expect("(")
        choices = [self._operand()]
        while self._took(","):
            choices.append(self._operand())
        self.expect(")")
        return self._build.one_of(value, choices)

    _AFTER_VALUE: Final[dict[str, Callable[["_Reader", Operand], Condition]]] = {
        "LIKE": _like,
        "BETWEEN": _between,
        "IN": _one_of,
    }

    def _operand(self) -> Operand:
        token = self._next()
        if token.kind == "text":
            return _unquoted(token.text)
        if token.kind == "number":
            return self._number(token.text)
        if token.kind == "quoted":
            return self._build.named(token.text[1:-1])
        if token.word in {"TRUE", "FALSE"}:
            return token.word == "TRUE"
        if token.word in {"DATE", "TIMESTAMP"} and self._took("("):
            text = self._text()
            self.expect(")")
            return day_of(text) if token.word == "DATE" else instant_of(text)
        if token.kind == "name":
            return self._build.named(token.text)
        self._at -= 1
        raise self._lost("a value was expected")

    def _number(self, text: str) -> Operand:
        number = float(text)
        if abs(number) == _INFINITE:
            raise self._lost("a finite number was expected")
        return int(text) if text.lstrip("+-").isdigit() else number

    def _spatial(self, relation: Relation) -> Condition:
        self._at += 2
        is_name_first = self._tokens[self._at].word not in {*_SHAPES, "BBOX"}
        name = self._name() if is_name_first else ""
        if is_name_first:
            self.expect(",")
        shape = self._shape()
        if not is_name_first:
            self.expect(",")
            name, relation = self._name(), turned(relation)
        self.expect(")")
        return self._build.lies(relation, name, shape)

    def _shape(self) -> Written:
        token = self._next()
        if token.word == "BBOX":
            self.expect("(")
            numbers = [self._number(self._next_of("number").text)]
            while self._took(","):
                numbers.append(self._number(self._next_of("number").text))
            self.expect(")")
            return box_of(numbers)
        if token.word not in _SHAPES:
            raise self._lost("a geometry was expected")
        depth, part = 0, token
        while part.text != ")" or depth:
            part = self._next()
            depth += {"(": 1, ")": -1}.get(part.text, 0)
            if part.kind not in {"number", "sign"} and part.word not in {*_SHAPES, "Z", "EMPTY"}:
                raise self._lost("a geometry was expected")
        return self._given[token.start : part.end]

    def _temporal(self, function: str) -> Condition:
        self._at += 2
        name = self._name()
        self.expect(",")
        span = self._span()
        self.expect(")")
        return self._build.when(function, name, span)

    def _span(self) -> Span:
        token = self._next_of("name")
        self.expect("(")
        text = self._text()
        if token.word == "INTERVAL":
            self.expect(",")
            span = span_of(text, self._text())
        elif token.word in {"DATE", "TIMESTAMP"}:
            span = (moment_of(text), moment_of(text))
        else:
            raise self._lost("DATE, TIMESTAMP or INTERVAL was expected")
        self.expect(")")
        return span

    def _name(self) -> str:
        token = self._next()
        if token.kind not in {"name", "quoted"}:
            raise self._lost("a name was expected")
        return token.text.strip('"')

    def _text(self) -> str:
        return _unquoted(self._next_of("text").text)

    def _next_of(self, kind: str) -> Token:
        token = self._next()
        if token.kind != kind:
            raise self._lost(f"a {kind} was expected")
        return token

    def _next(self) -> Token:
        token = self._tokens[self._at]
        if token.kind == "end":
            raise self._lost("more was expected")
        self._at += 1
        return token

    def _took(self, word: str) -> bool:
        if self._tokens[self._at].word == word:
            self._at += 1
            return True
        return False

    def _lost(self, what: str) -> Exception:
        token = self._tokens[min(self._at, len(self._tokens) - 1)]
        return filter_invalid(f"At {token.start + 1}, {what}.")


def box_of(numbers: Sequence[object]) -> list[float]:
    """Return the four numbers of a box, of which heights are left out."""
    given = [float(one) for one in numbers if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(given) != len(numbers) or len(given) not in {4, 6}:
        raise filter_invalid("A box has four numbers, or six with heights.")
    west, south, east, north = given if len(given) == 4 else (*given[:2], *given[3:5])  # noqa: PLR2004 - two corners
    if south > north or west > east:
        raise filter_invalid("The first corner of a box is the lower left one.")
    return [west, south, east, north]


def turned(relation: Relation) -> Relation:
    """Return how the other geometry lies to the first."""
    return {Relation.WITHIN: Relation.CONTAINS, Relation.CONTAINS: Relation.WITHIN}.get(relation, relation)


def _unquoted(text: str) -> str:
    return re.sub(r"''|\\'", "'", text[1:-1])
