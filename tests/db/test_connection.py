"""Connections act in their role, and the driver's errors arrive in the platform's words."""

import asyncio

import psycopg
import pytest

from core.errors import ConfigurationError, ConflictError, InputError, InvariantError, PlatformError, RetryableError
from core.tasks import end
from db.connection import Role, borrow, connect, open_pool, translated_errors
from db.databases import with_database
from tests.db.village import ask


@pytest.mark.parametrize("role", list(Role))
async def test_a_connection_acts_in_its_role_and_in_utc(shared_url: str, role: Role) -> None:
    async with await connect(shared_url, role) as connection:
        row = await (await connection.execute("SELECT current_user, current_setting('timezone')")).fetchone()
    assert row == (role.value, "UTC")


async def test_a_connection_without_a_role_is_the_login_role(shared_url: str) -> None:
    async with await connect(shared_url, None) as connection:
        row = await (await connection.execute("SELECT current_user = session_user")).fetchone()
    assert row == (True,)


@pytest.mark.parametrize(
    ("statement", "error", "code"),
    [
        ("SELECT pg_sleep(1)", RetryableError, "database_timeout"),
        ("SELECT * FROM nowhere", ConfigurationError, "database_not_migrated"),
        ("INSERT INTO commune (place_id, insee_code, population, centroid) VALUES (1, '59350', 1, NULL)",
         InputError, "value_not_storable"),
        ("INSERT INTO gateway (name, shard) VALUES ('x', 0)", InputError, "value_not_storable"),
        ("INSERT INTO gateway (name, shard) VALUES ('gw-1', 0), ('gw-1', 0)", ConflictError, "already_exists"),
        ("INSERT INTO resource (end_device_id, rated_power_w) VALUES (1, 1)", InputError, "reference_unknown"),
        ("SELECT 'x'::integer", InputError, "value_not_storable"),
        ("SELECT", InvariantError, "statement_failed"),
        ("SET LOCAL ROLE somel_read; DELETE FROM gateway", InvariantError, "role_not_allowed"),
        ("SET TRANSACTION READ ONLY; DELETE FROM gateway", RetryableError, "database_read_only"),
    ],
)  # fmt: skip
async def test_an_error_of_the_driver_is_translated(
    shared_url: str, statement: str, error: type[PlatformError], code: str
) -> None:
    async with await connect(shared_url, Role.OWNER) as connection:
        await connection.execute("SET LOCAL statement_timeout = '200ms'")
        with pytest.raises(error) as raised:
            async with translated_errors():
                await connection.execute(statement if statement != "SELECT" else "SELEC")
    assert raised.value.code == code
    assert isinstance(raised.value.__cause__, psycopg.Error)


async def test_what_a_server_quotes_from_a_row_does_not_leave_the_door(shared_url: str) -> None:
    ask(shared_url, "INSERT INTO gateway (name, shard) VALUES ('gw-quoted', 0)")
    async with await connect(shared_url, Role.OWNER) as connection:
        with pytest.raises(ConflictError) as raised:
            async with translated_errors():
                await connection.execute("INSERT INTO gateway (name, shard) VALUES ('gw-quoted', 0)")
    assert "gw-quoted" not in f"{raised.value} {raised.value.context}"
    assert raised.value.context["constraint"] == "gateway_name_key"
    ask(shared_url, "DELETE FROM gateway")


async def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    with pytest.raises(RetryableError, match="database_unavailable"):
        await connect("postgresql://somel@127.0.0.1:1/somel", None)


async def test_a_refused_connection_is_the_operators_to_mend(shared_url: str) -> None:
    for url, role in (
        (with_database(shared_url, "nowhere"), None),
        (shared_url.replace("postgresql://", "postgresql://not_"), None),
    ):
        with pytest.raises(ConfigurationError, match="database_refused"):
            await connect(url, role)


async def test_a_database_that_was_never_migrated_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError('connection failed: FATAL:  role "somel_read" does not exist')

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", refuse)
    with pytest.raises(ConfigurationError, match=r"somel migrate.*database_not_migrated"):
        await connect("postgresql://somel@127.0.0.1/somel", Role.READ)


async def test_an_unreadable_url_is_told_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match="database_url_invalid") as raised:
        await connect("postgres//somel:secret@localhost/somel", None)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_a_pool_lends_in_its_role_and_commits(shared_url: str) -> None:
    async with open_pool(shared_url, Role.OWNER) as pool:
        async with borrow(pool) as connection:
            await connection.execute("INSERT INTO gateway (name, shard) VALUES ('gw-0001', 0)")

        async def insert_two() -> None:
            async with borrow(pool) as connection:
                await connection.execute("INSERT INTO gateway (name, shard) VALUES ('gw-0002', 0)")
                await connection.execute("INSERT INTO gateway (name, shard) VALUES ('gw-0001', 0)")

        with pytest.raises(ConflictError):
            await insert_two()
    assert ask(shared_url, "DELETE FROM gateway RETURNING name") == [("gw-0001",)]


async def test_a_pool_survives_the_end_of_its_connections(shared_url: str) -> None:
    async with open_pool(shared_url, Role.READ, min_size=2) as pool:
        await pool.wait()
        ask(shared_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ 'somel_read'")
        await asyncio.sleep(0.05)
        async with borrow(pool) as connection:
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_who_waits_for_a_connection_ends_though_it_comes_as_they_are_cancelled(shared_url: str) -> None:
    async with open_pool(shared_url, Role.READ, min_size=1, max_size=1) as pool:

        async def work() -> None:
            while True:
                async with borrow(pool):
                    await asyncio.sleep(0.001)

        for _ in range(5):
            async with borrow(pool):
                working = asyncio.create_task(work())
                await asyncio.sleep(0.02)  # it waits
            async with asyncio.timeout(5):  # where its cancellation is lost, it works on
                await end(working, patience_s=0.05)
            assert working.cancelled()


async def test_two_transactions_that_block_each_other_are_told_to_try_again(shared_url: str) -> None:
    ask(shared_url, "INSERT INTO gateway (name, shard) VALUES ('gw-0001', 0), ('gw-0002', 0)")
    touch = "UPDATE gateway SET shard = shard + 1 WHERE name = %s"
    async with (
        await connect(shared_url, Role.OWNER) as one,
        await connect(shared_url, Role.OWNER) as other,
    ):
        await one.execute(touch, ["gw-0001"])
        await other.execute(touch, ["gw-0002"])

        async def cross(connection: psycopg.AsyncConnection[tuple[object, ...]], name: str) -> None:
            async with translated_errors():
                await connection.execute(touch, [name])
            await connection.rollback()

        outcomes = await asyncio.gather(cross(one, "gw-0002"), cross(other, "gw-0001"), return_exceptions=True)
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert [type(outcome) for outcome in failed] == [RetryableError]
    assert "database_busy" in str(failed[0])
    ask(shared_url, "DELETE FROM gateway")
