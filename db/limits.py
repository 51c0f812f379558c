"""How far values are believed, by register: filled from `core.limits`, changed by operators, read by ingest."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import InputError, NotFoundError
from core.limits import DEFAULT_LIMITS, Limit
from core.registers import REGISTER_BY_NAME
from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("limits")
#: What an operator may change; which rules apply to a register at all is set to null or not.
NAMES: Final = tuple(part.name for part in fields(Limit) if part.name != "register_id")
_REQUIRED: Final = frozenset({"lowest", "highest"})


@dataclass(frozen=True, slots=True)
class LimitRow(Limit):
    """A limit with the time an operator last changed it; None while it is the default."""

    changed_at: datetime | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class ValueLimits:
    """The limits that are applied on the way in, each an array by register number.

    Attributes
    ----------
    lowest, highest : ndarray, shape (register_id,), float64
        NaN for a number that is no register. [unit]
    subscribed_ratio : ndarray, shape (register_id,), float64
        Infinite where subscribed power is no limit. [1]
    """

    lowest: npt.NDArray[np.float64]
    highest: npt.NDArray[np.float64]
    subscribed_ratio: npt.NDArray[np.float64]

    @classmethod
    def of(cls, limits: Iterable[Limit]) -> "ValueLimits":
        """Return the limits of some registers as arrays."""
        rows = list(limits)
        found = np.full((3, 1 + max(row.register_id for row in rows)), np.nan)
        found[2] = np.inf
        for row in rows:
            ratio = np.inf if row.subscribed_ratio is None else row.subscribed_ratio
            found[:, row.register_id] = row.lowest, row.highest, ratio
        return cls(*found)


DEFAULT_VALUE_LIMITS: Final = ValueLimits.of(DEFAULT_LIMITS)


async def fill_limits(connection: Connection) -> None:
    """Give every register its default limits, except where an operator changed them; errors are the caller's."""
    rows = [{name: getattr(limit, name) for name in ("register_id", *NAMES)} for limit in DEFAULT_LIMITS]
    await connection.cursor().executemany(_SQL["fill_limit"], rows)


async def read_limits(connection: Connection) -> list[LimitRow]:
    """Return the limits of all registers, by number."""
    return await all_rows(connection, LimitRow, _SQL["limits"])


async def read_value_limits(connection: Connection) -> ValueLimits:
    """Return what is applied on the way in: the defaults, and over them what the table says."""
    stored = {row.register_id: row for row in await read_limits(connection)}
    defaults = {row.register_id: row for row in DEFAULT_LIMITS}
    return ValueLimits.of((defaults | stored).values())


async def change_limit(connection: Connection, register: str, name: str, value: float | None) -> None:
    """Change one limit of a register, in the role of the owner; the caller commits.

    Raises
    ------
    NotFoundError
        ``limits_unknown``.
    InputError
        ``limit_unknown``, ``limit_required``, or ``value_not_storable`` when the table does not take the value.
    """
    known = REGISTER_BY_NAME.get(register)
    if known is None:
        raise NotFoundError("limits_unknown", f"There is no register {register!r}, hence no limits.", register=register)
    if name not in NAMES:
        raise InputError("limit_unknown", f"There is no limit {name!r}; there are {', '.join(NAMES)}.", name=name)
    if value is None and name in _REQUIRED:
        raise InputError("limit_required", f"{name} cannot be switched off.", name=name)
    async with translated_errors():
        text = None if value is None else repr(value) if value % 1 else str(int(value))
        await connection.execute(
            _SQL["change_limit"], {"register_id": known.register_id, "change": f'{{"{name}": {text or "null"}}}'}
        )
