"""The role that serves Enjoy reads what is published, and nothing it was made of."""

import pytest

from core.errors import InvariantError
from db.connection import Role, connect, translated_errors
from tests.db.village import ask
from tests.enjoy.people import START, agree, build_people, draw, keys
from tests.enjoy.test_energy import DAY, publish

#: What it may read beside the views of schema enjoy: the catalogue, whose rows policies choose. No table of any other
#: schema may ever be here.
SCHEMAS = {"catalogue", "enjoy"}
#: What PostGIS shows everybody, and which migrations were applied.
HARMLESS = {"public.geometry_columns", "public.geography_columns", "public.spatial_ref_sys", "migration.applied"}


def readable(url: str) -> set[str]:
    """Return every relation of our schemas and of PostGIS that the serving role may read, or a column of it."""
    rows = ask(
        url,
        "SELECT relnamespace::regnamespace::text || '.' || relname FROM pg_class"
        " WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace::regnamespace::text NOT IN"
        " ('pg_catalog', 'information_schema', 'timescaledb_information', 'timescaledb_experimental',"
        " '_timescaledb_catalog', '_timescaledb_config', '_timescaledb_cache', '_timescaledb_debug')"
        " AND (relnamespace::regnamespace::text <> '_timescaledb_internal' OR relname ~ '^(_|compress)_?hyper_')"
        " AND has_any_column_privilege(%s, oid, 'SELECT')"
        " AND has_schema_privilege(%s, relnamespace, 'USAGE')",
        Role.ENJOY_READ,
        Role.ENJOY_READ,
    )
    return {name for (name,) in rows}


async def test_the_serving_role_reads_no_table_but_the_catalogue(database_url: str):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 1, "100")
    await publish(database_url, START + 2 * DAY)
    found = readable(database_url) - HARMLESS
    assert {name.partition(".")[0] for name in found} == SCHEMAS, sorted(found)
    tables = ask(database_url, "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname <> 'catalogue'")
    assert not found & {name for (name,) in tables}
    assert len(tables) > 80
    assert "catalogue.energy_progress" not in found


async def test_the_serving_role_sees_energy_and_can_select_no_reading(database_url: str):
    await build_people(database_url)
    await agree(database_url, keys(database_url))
    draw(database_url, START, 1, "100")
    await publish(database_url, START + 2 * DAY)
    ((number,),) = ask(database_url, "SELECT dataset_id FROM catalogue.dataset WHERE name = 'energy-by-commune'")
    holding = ask(
        database_url,
        "SELECT DISTINCT relnamespace::regnamespace::text || '.' || relname FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE attname IN ('usage_point_id', 'end_device_id') AND relkind = 'r' AND attnum > 0",
    )
    chunks = ask(database_url, "SELECT schemaname || '.' || tablename FROM pg_tables WHERE tablename LIKE '_hyper%%'")
    assert len(holding) > 25
    assert chunks
    async with await connect(database_url, Role.ENJOY_READ) as connection:
        cursor = await connection.execute(f"SELECT count(*), count(energy_wh) FROM enjoy.d{number}_v1")  # noqa: S608
        assert await cursor.fetchone() == (96, 96)
        for (name,) in [*holding, *chunks, (f"record.d{number}",), ("somel.place_interval",), ("somel.cohort",)]:
            with pytest.raises(InvariantError, match="role_not_allowed"):
                async with translated_errors():
                    await connection.execute(f"SELECT 1 FROM {name} LIMIT 1")  # noqa: S608 - names from the catalogue
            await connection.rollback()
