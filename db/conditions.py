"""Conditions on records as SQL: names are put in by the driver as identifiers, values as literals."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Final

from psycopg import sql

from core.conditions import (
    Between,
    Comparator,
    Comparison,
    Condition,
    Constant,
    Either,
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
from core.errors import InvariantError
from db.views import GEOMETRY, WGS84

_COMPARATORS: Final = {one: sql.SQL(one.value) for one in Comparator}
_RELATIONS: Final = {one: sql.SQL(f"ST_{one.value.title()}") for one in Relation}
TRUE: Final = sql.SQL("true")
FALSE: Final = sql.SQL("false")


@singledispatch
def condition_sql(condition: Condition) -> sql.Composable:
    """Return a condition as an SQL expression on the columns of a view."""
    raise InvariantError("condition_unknown", "A condition has no SQL.", kind=type(condition).__name__)


@condition_sql.register
def _(condition: Constant) -> sql.Composable:
    return TRUE if condition.value else FALSE


@condition_sql.register
def _(condition: Comparison) -> sql.Composable:
    return sql.SQL("({} {} {})").format(
        operand_sql(condition.left), _COMPARATORS[condition.comparator], operand_sql(condition.right)
    )


@condition_sql.register
def _(condition: Between) -> sql.Composable:
    return sql.SQL("({} BETWEEN {} AND {})").format(
        operand_sql(condition.value), operand_sql(condition.low), operand_sql(condition.high)
    )


@condition_sql.register
def _(condition: OneOf) -> sql.Composable:
    choices = sql.SQL(", ").join(map(operand_sql, condition.choices))
    return sql.SQL("({} IN ({}))").format(operand_sql(condition.value), choices)


@condition_sql.register
def _(condition: Like) -> sql.Composable:
    pattern = sql.Literal(condition.pattern)
    return sql.SQL(r"({} LIKE {} ESCAPE '\')").format(operand_sql(condition.value), pattern)


@condition_sql.register
def _(condition: IsNull) -> sql.Composable:
    column = GEOMETRY if condition.name == "geometry" else sql.Identifier(condition.name)
    return sql.SQL("({} IS NULL)").format(column)


@condition_sql.register
def _(condition: Lies) -> sql.Composable:
    return sql.SQL("{}({}, {})").format(_RELATIONS[condition.relation], GEOMETRY, shape_sql(condition.shape))


@condition_sql.register
def _(condition: Every) -> sql.Composable:
    return joined(" AND ", [condition_sql(part) for part in condition.parts], none=TRUE)


@condition_sql.register
def _(condition: Either) -> sql.Composable:
    return joined(" OR ", [condition_sql(part) for part in condition.parts], none=FALSE)


@condition_sql.register
def _(condition: Not) -> sql.Composable:
    return sql.SQL("(NOT {})").format(condition_sql(condition.part))


def operand_sql(operand: Operand) -> sql.Composable:
    """Return a field or a value as SQL."""
    return sql.Identifier(operand.name) if isinstance(operand, Property) else sql.Literal(operand)


def shape_sql(shape: Shape) -> sql.Composable:
    """Return a geometry as SQL, in WGS 84 whatever it was written in."""
    written = sql.SQL("{}::geometry").format(sql.Literal(shape.ewkb.hex()))
    return written if shape.srid == WGS84 else sql.SQL("ST_Transform({}, {})").format(written, sql.Literal(WGS84))


def intersects(shape: sql.Composable) -> sql.Composable:
    """Return whether the geometry of a record has a point in common with another one."""
    return sql.SQL("ST_Intersects({}, {})").format(GEOMETRY, shape)


def joined(word: str, parts: Sequence[sql.Composable], *, none: sql.SQL) -> sql.Composable:
    """Return conditions joined by a word of SQL, or `none` where there are none."""
    if not parts:
        return none
    return sql.SQL("({})").format(sql.SQL(word).join(parts))
