"""Migrations go forward, once, one at a time, and notice when somebody changed the past."""

import asyncio
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigurationError, InvariantError
from core.registers import REGISTERS
from db.connection import Role, connect
from db.databases import create_database, drop_database
from db.migrate import COMMUNITY, MIGRATIONS, is_migrated, migrate, read_migrations
from somel.embedded.services import Services
from tests.db.village import ask

NAMES = [migration.name for migration in read_migrations()]
_numbers = itertools.count()


@pytest.fixture
def empty_url(services: Services) -> Iterator[str]:
    """Return the URL of a database without anything in it."""
    name = f"empty_{next(_numbers)}"
    yield asyncio.run(create_database(services.database_url, name))
    asyncio.run(drop_database(services.database_url, name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the migrations that a test may change."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.number for migration in read_migrations()] == list(range(1, len(NAMES) + 1))


async def test_two_that_migrate_at_once_apply_each_step_once(empty_url: str) -> None:
    seen: list[str] = []
    applied = await asyncio.gather(migrate(empty_url, on_step=seen.append), migrate(empty_url, on_step=seen.append))
    assert sorted(applied, key=len) == [[], NAMES]
    assert seen == NAMES
    assert [name for (name,) in ask(empty_url, "SELECT name FROM migration.applied ORDER BY name")] == NAMES


async def test_new_databases_of_one_server_can_be_migrated_at_once(services: Services) -> None:
    urls = [await create_database(services.database_url, f"at_once_{number}") for number in range(3)]
    assert await asyncio.gather(*(migrate(url) for url in urls)) == [NAMES] * 3
    for number in range(3):
        await drop_database(services.database_url, f"at_once_{number}")


async def test_a_migrated_database_needs_nothing_more_and_knows_it(shared_url: str) -> None:
    assert await migrate(shared_url) == []
    async with await connect(shared_url, Role.READ) as connection:
        assert await is_migrated(connection)


async def test_a_database_without_any_migration_knows_that_too(empty_url: str) -> None:
    async with await connect(empty_url, None) as connection:
        assert not await is_migrated(connection)


async def test_a_step_that_was_changed_after_it_was_applied_is_refused(shared_url: str, folder: Path) -> None:
    with (folder / f"{NAMES[3]}.sql").open("a") as stream:
        stream.write("-- an afterthought\n")
    with pytest.raises(ConfigurationError, match=rf"{NAMES[3]}.*migration_changed"):
        await migrate(shared_url, folder=folder)


async def test_a_database_of_a_newer_version_is_refused(shared_url: str, folder: Path) -> None:
    (folder / f"{NAMES[-1]}.sql").unlink()
    with pytest.raises(ConfigurationError, match=rf"{NAMES[-1]}.*database_newer"):
        await migrate(shared_url, folder=folder)


async def test_a_step_that_comes_too_late_is_refused(shared_url: str, folder: Path) -> None:
    (folder / "0002_z.sql").write_text("SELECT 1")
    with pytest.raises(ConfigurationError, match=r"0002_z.*migration_out_of_order"):
        await migrate(shared_url, folder=folder)


async def test_a_step_that_fails_leaves_nothing_of_itself(database_url: str, folder: Path) -> None:
    (folder / "9998_good.sql").write_text("CREATE TABLE somel.good (x integer)")
    (folder / "9999_bad.sql").write_text("CREATE TABLE somel.bad (x integer); SELECT 1 / 0, nonsense()")
    with pytest.raises((InvariantError, ConfigurationError)):
        await migrate(database_url, folder=folder)
    assert ask(database_url, "SELECT to_regclass('somel.good')::text, to_regclass('somel.bad')::text") == [
        ("good", None)
    ]
    (folder / "9999_bad.sql").write_text("CREATE TABLE somel.bad (x integer)")
    assert await migrate(database_url, folder=folder) == ["9999_bad"]


async def test_the_register_table_follows_the_code(database_url: str) -> None:
    ask(database_url, "UPDATE register SET unit = 'kWh', highest = 1 WHERE register_id = 1")
    ask(database_url, "DELETE FROM register WHERE register_id = 25")
    await migrate(database_url)
    rows = ask(database_url, "SELECT register_id, name, obis, unit, kind, lowest, highest FROM register ORDER BY 1")
    assert rows == [
        (known.register_id, known.name, known.obis, known.unit, known.kind.value, known.lowest, known.highest)
        for known in REGISTERS
    ]


def test_everything_belongs_to_the_owner_role(shared_url: str) -> None:
    owners = ask(
        shared_url,
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace::regnamespace::text IN "
        "('somel', 'personal', 'enjoy') UNION SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname IN "
        "('somel', 'personal', 'enjoy')",
    )
    assert owners == [("somel_owner",)]


async def test_a_login_without_the_rights_is_told_so(services: Services, empty_url: str) -> None:
    del services
    ask(empty_url, "DO $$ BEGIN CREATE ROLE powerless LOGIN PASSWORD 'powerless'; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$")  # fmt: skip
    database = ask(empty_url, "SELECT current_database()")[0][0]
    ask(empty_url, f"GRANT CREATE ON DATABASE {database} TO powerless")
    address = empty_url.partition("@")[2]
    with pytest.raises(ConfigurationError, match="database_unfit"):
        await migrate(f"postgresql://powerless:powerless@{address}")


async def test_a_login_that_may_act_as_the_owner_migrates_what_a_superuser_prepared(
    shared_url: str, empty_url: str
) -> None:
    del shared_url  # its migration made the roles of this server
    ask(empty_url, "CREATE EXTENSION timescaledb; CREATE EXTENSION postgis")
    ask(empty_url, "DO $$ BEGIN CREATE ROLE deployer LOGIN PASSWORD 'deployer' IN ROLE somel_owner; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$")  # fmt: skip
    database = ask(empty_url, "SELECT current_database()")[0][0]
    ask(empty_url, f"GRANT CREATE ON DATABASE {database} TO deployer")
    url = f"postgresql://deployer:deployer@{empty_url.partition('@')[2]}"
    assert await migrate(url) == NAMES
    assert await migrate(url) == []


async def test_the_apache_edition_is_left_without_compression(shared_url: str) -> None:
    assert ask(shared_url, "SELECT current_setting('timescaledb.license')") == [("apache",)]
    assert ask(shared_url, "SELECT count(*) FROM timescaledb_information.hypertables WHERE compression_enabled") == [
        (0,)
    ]
    for path in COMMUNITY.glob("*.sql"):
        async with await connect(shared_url, Role.OWNER) as connection:
            with pytest.raises(Exception, match="not supported under the current"):
                await connection.execute(path.read_text())
