"""The schema that people read is the one that the migrations make, and every column says what it is."""

import os

from db.connection import connect
from db.schema import SCHEMA, describe_schema
from tests.db.village import ask


async def test_the_schema_file_is_what_the_migrations_make(shared_url: str) -> None:
    async with await connect(shared_url, None) as connection:
        described = await describe_schema(connection)
    if os.environ.get("UPDATE_SCHEMA") == "1":
        SCHEMA.write_text(described, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == described, (
        "db/schema.sql is out of date: run `UPDATE_SCHEMA=1 pytest tests/db/test_schema.py` and read the difference"
    )


async def test_the_description_notices_what_a_migration_could_change(database_url: str) -> None:
    before = SCHEMA.read_text(encoding="utf-8")
    for change, line in (
        ("ALTER TABLE gateway ADD COLUMN model text", "    model text,"),
        ("COMMENT ON COLUMN gateway.model IS 'Type'", "    model text, -- Type"),
        ("CREATE INDEX gateway_model_idx ON gateway (model)", "CREATE INDEX gateway_model_idx"),
        ("GRANT UPDATE (model) ON gateway TO somel_ingest", ", model) ON gateway TO somel_ingest"),
        ("GRANT DELETE ON gateway TO somel_ingest", "GRANT DELETE, SELECT ON gateway TO somel_ingest"),
        ("ALTER TABLE gateway ADD CONSTRAINT short CHECK (shard < 9)", "CONSTRAINT short CHECK ((shard < 9))"),
        ("ALTER TABLE gateway ENABLE ROW LEVEL SECURITY", "ALTER TABLE gateway ENABLE ROW LEVEL SECURITY;"),
        ("CREATE POLICY own ON gateway USING (shard = 1)", "CREATE POLICY own ON gateway FOR ALL TO "),
        (
            "SELECT set_chunk_time_interval('somel.reading', INTERVAL '2 days')",
            "-- hypertable: chunks of 2 days by read_at",
        ),
    ):
        ask(database_url, change)
        async with await connect(database_url, None) as connection:
            described = await describe_schema(connection)
        assert line in described
        assert line not in before


def test_every_table_view_and_column_is_explained(shared_url: str) -> None:
    silent = ask(
        shared_url,
        "SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE relnamespace::regnamespace::text "
        "IN ('catalogue', 'pass', 'shop', 'somel', 'personal', 'migration') AND relkind = 'r' "
        "AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL "
        "UNION SELECT oid::regclass::text, '(itself)' FROM pg_class "
        "WHERE relnamespace::regnamespace::text "
        "IN ('catalogue', 'pass', 'shop', 'somel', 'personal', 'migration', 'enjoy') "
        "AND relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL",
    )
    assert silent == []
