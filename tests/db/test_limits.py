"""Limits are the defaults until an operator changes them, and ingest reads what is in the table."""

import pytest

from core.errors import InputError, NotFoundError, PlatformError
from core.limits import DEFAULT_LIMITS
from core.registers import REGISTERS
from db.connection import Role, connect
from db.limits import DEFAULT_VALUE_LIMITS, NAMES, change_limit, read_limits
from db.migrate import migrate
from db.registry import load_registry
from tests.db.village import ask


async def test_every_register_has_its_default_limits_after_migrate(shared_url: str) -> None:
    async with await connect(shared_url, Role.READ) as connection:
        rows = await read_limits(connection)
    assert [row.register_id for row in rows] == sorted(register.register_id for register in REGISTERS)
    defaults = {limit.register_id: limit for limit in DEFAULT_LIMITS}
    assert all(getattr(row, name) == getattr(defaults[row.register_id], name) for row in rows for name in NAMES)
    assert {row.changed_at for row in rows} == {None}


async def test_a_changed_limit_survives_migrate_and_is_read_with_the_registry(database_url: str) -> None:
    async with await connect(database_url, Role.OWNER) as connection:
        await change_limit(connection, "import_wh", "subscribed_ratio", 2.5)
        await change_limit(connection, "import_wh", "zero_run_s", None)
        await change_limit(connection, "voltage_v", "highest", 480.0)
        await connection.commit()
    await migrate(database_url)
    async with await connect(database_url, Role.INGEST) as connection:
        limits = (await load_registry(connection)).limits
        rows = {row.register_id: row for row in await read_limits(connection)}
    assert (limits.subscribed_ratio[1], limits.highest[23]) == (2.5, 480.0)
    assert (DEFAULT_VALUE_LIMITS.subscribed_ratio[1], DEFAULT_VALUE_LIMITS.highest[23]) == (3.0, 500.0)
    assert (rows[1].zero_run_s, rows[1].flat_run_s, rows[1].spike_ratio) == (None, 43_200, 1.8)
    assert rows[1].changed_at is not None
    assert rows[2].changed_at is None


@pytest.mark.parametrize(
    ("register", "name", "value", "error", "code"),
    [
        ("import_kwh", "highest", 1.0, NotFoundError, "limits_unknown"),
        ("import_wh", "register_id", 1.0, InputError, "limit_unknown"),
        ("import_wh", "lowest", None, InputError, "limit_required"),
        ("import_wh", "zero_run_s", 1.5, InputError, "value_not_storable"),
        ("import_wh", "high_ratio", 0.5, InputError, "value_not_storable"),
        ("import_wh", "highest", -1.0, InputError, "value_not_storable"),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused(
    shared_url: str, register: str, name: str, value: float | None, error: type[PlatformError], code: str
) -> None:
    async with await connect(shared_url, Role.OWNER) as connection:
        with pytest.raises(error) as raised:
            await change_limit(connection, register, name, value)
        assert raised.value.code == code
    assert ask(shared_url, "SELECT count(*) FROM register_limit WHERE changed_at IS NOT NULL") == [(0,)]
