"""Conditions on records, in the words of CQL2: what a filter says once it is read, and before it is SQL."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

Literal: TypeAlias = str | int | float | bool | date | datetime


class Comparator(StrEnum):
    """How two values are compared."""

    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    MORE = ">"
    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Property:
    """A field of the record."""

    name: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry that was written in a filter, as extended well-known binary, with the SRID that is in it."""

    ewkb: bytes
    srid: int


Operand: TypeAlias = Property | Literal


@dataclass(frozen=True, slots=True)
class Constant:
    """What is true, or false, of every record."""

    value: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is true where two values compare so."""

    left: Operand
    comparator: Comparator
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """What is true where a value is between two others, both of them included."""

    value: Operand
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class OneOf:
    """What is true where a value is one of some."""

    value: Operand
    choices: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """What is true where a text has a pattern: ``%`` any characters, ``_`` one, after a backslash themselves."""

    value: Operand
    pattern: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """What is true where a field, or the geometry, has no value."""

    name: str


class Relation(StrEnum):
    """How the geometry of a record lies to another one, in the words of Simple Features."""

    INTERSECTS = "intersects"
    DISJOINT = "disjoint"
    EQUALS = "equals"
    TOUCHES = "touches"
    WITHIN = "within"
    OVERLAPS = "overlaps"
    CROSSES = "crosses"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Lies:
    """What is true where the geometry of a record lies so to another one."""

    relation: Relation
    shape: Shape


@dataclass(frozen=True, slots=True)
class Every:
    """What is true where all of its parts are."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What is true where one of its parts is."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What is true where its part is not."""

    part: "Condition"


Condition: TypeAlias = Constant | Comparison | Between | OneOf | Like | IsNull | Lies | Every | Either | Not
