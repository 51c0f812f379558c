"""Each role can do its part, and nothing else."""

import pytest

from core.errors import InvariantError
from db.connection import Role, connect, translated_errors

_BATCH = "INSERT INTO somel.ingest_batch (worker, message_count, received, stored, duplicate, revised, refused)"
READ_READINGS = "SELECT count(*) FROM somel.interval_reading"
READ_SUMS = "SELECT count(*) FROM somel.place_interval"
READ_PRM = "SELECT count(*) FROM personal.usage_point_identity"
READ_ENJOY = "SELECT count(*) FROM enjoy.commune"
READ_TOKENS = "SELECT count(*) FROM somel.access_token"
WRITE_READING = "INSERT INTO somel.interval_reading VALUES (1, 1, 0, 1800, '2026-01-15', '2026-01-16', 1)"
CORRECT_READING = "UPDATE somel.interval_reading SET value = 1"
DELETE_READING = "DELETE FROM somel.interval_reading"
WRITE_BATCH = f"{_BATCH} VALUES ('w', 0, 0, 0, 0, 0, 0)"
CHANGE_BATCH = "UPDATE somel.ingest_batch SET stored = 0"
CHANGE_REVISION = "UPDATE somel.interval_reading_revision SET value = 0"
WRITE_SUM = "DELETE FROM somel.place_interval"
WRITE_FORECAST = "DELETE FROM somel.forecast"
WRITE_WEATHER = "INSERT INTO somel.weather_point (name, location) VALUES ('x', ST_SetSRID(ST_MakePoint(3, 50), 4326))"
CHANGE_WEATHER = "UPDATE somel.weather_forecast SET temperature_degc = 0"
FORGET_WEATHER = "DELETE FROM somel.weather_forecast"
PLAN = "DELETE FROM somel.event"
COMMAND = "UPDATE somel.command SET dispatch_setpoint_w = '{}'"
ANSWER = "UPDATE somel.command SET status = 'sent'"
SEEN = "UPDATE somel.gateway SET status = 'online'"
MOVE = "UPDATE somel.gateway SET shard = 2"
REGISTER = "INSERT INTO somel.gateway (name, shard) VALUES ('gw-1', 0)"
GIVE_TOKEN = "DELETE FROM somel.access_token"  # noqa: S105 - a statement
CHANGE_TABLE = "ALTER TABLE somel.gateway ADD COLUMN x integer"
CHANGE_LEDGER = "DELETE FROM migration.applied"
RECORD = (
    "INSERT INTO somel.audit_pending (form, at, actor, action, subject, content)"
    " VALUES (1, now(), 'process/x', 'event.approved', 'event/x', '{}')"
)
FORGE = "INSERT INTO somel.audit_entry SELECT * FROM somel.audit_entry WHERE false"
REWRITE = "UPDATE somel.audit_entry SET content = ''"
FORGET = "TRUNCATE somel.audit_entry"
BEHEAD = "UPDATE somel.audit_head SET number = 0"
PUT_INTO_INBOX = "INSERT INTO catalogue.inbox (received_at, dataset, payload) VALUES (now(), 'x', '')"
READ_INBOX = "SELECT payload FROM catalogue.inbox"
READ_ANSWERS = "SELECT answer FROM catalogue.idempotency_key"
READ_SOURCES = "SELECT url FROM catalogue.source"
READ_UPLOADS = "SELECT refusals FROM catalogue.upload"

EVERYTHING = [
    READ_READINGS, READ_SUMS, READ_PRM, READ_ENJOY, READ_TOKENS, WRITE_READING, CORRECT_READING, DELETE_READING,
    WRITE_BATCH, CHANGE_BATCH, CHANGE_REVISION, WRITE_SUM, WRITE_FORECAST, PLAN, COMMAND, ANSWER, SEEN, MOVE, REGISTER,
    GIVE_TOKEN, CHANGE_TABLE, CHANGE_LEDGER, WRITE_WEATHER, CHANGE_WEATHER, FORGET_WEATHER, RECORD, FORGE, REWRITE,
    FORGET, BEHEAD, PUT_INTO_INBOX, READ_INBOX, READ_ANSWERS, READ_SOURCES, READ_UPLOADS,
]  # fmt: skip

MAY = {
    Role.OWNER: set(EVERYTHING) - {CHANGE_LEDGER, REWRITE, FORGET},
    Role.INGEST: {
        READ_READINGS,
        READ_SUMS,
        WRITE_READING,
        CORRECT_READING,
        WRITE_BATCH,
        WRITE_SUM,
        ANSWER,
        SEEN,
        RECORD,
        PUT_INTO_INBOX,
    },
    Role.COMPUTE: {READ_READINGS, READ_SUMS, WRITE_FORECAST, PLAN, COMMAND, ANSWER, WRITE_WEATHER, RECORD},
    Role.READ: {READ_READINGS, READ_SUMS, READ_ENJOY, READ_TOKENS},
    Role.ENJOY_READ: {READ_ENJOY},
    Role.ENJOY_WRITE: {RECORD, READ_INBOX, READ_ANSWERS, READ_SOURCES, READ_UPLOADS},
    Role.ENJOY_ACCOUNT: {RECORD},
    Role.ENJOY_PASS: {RECORD},
    Role.ENJOY_SHOP: {RECORD, READ_ENJOY},
    Role.PERSONAL: {READ_PRM},
}


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_do_its_part_and_nothing_else(shared_url: str, role: Role) -> None:
    allowed, refusals = set(), set()
    async with await connect(shared_url, role) as connection:
        for statement in EVERYTHING:
            try:
                async with translated_errors():
                    await connection.execute(statement)
                allowed.add(statement)
            except InvariantError as error:
                refusals.add(error.code)
            await connection.rollback()
    assert refusals == {"role_not_allowed"}
    assert allowed == MAY[role]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
async def test_only_the_owner_makes_tables(shared_url: str, role: Role) -> None:
    async with await connect(shared_url, role) as connection:
        for schema in ("somel", "personal", "enjoy", "migration", "public"):
            with pytest.raises(InvariantError, match="role_not_allowed"):
                async with translated_errors():
                    await connection.execute(f"CREATE TABLE {schema}.mine (x integer)")
            await connection.rollback()


async def test_no_role_may_follow_a_pseudonym_to_a_person_and_to_the_readings(shared_url: str) -> None:
    for role in (
        Role.INGEST,
        Role.COMPUTE,
        Role.READ,
        Role.ENJOY_READ,
        Role.ENJOY_WRITE,
        Role.ENJOY_ACCOUNT,
        Role.ENJOY_PASS,
        Role.ENJOY_SHOP,
    ):
        assert READ_PRM not in MAY[role]
    assert not MAY[Role.PERSONAL] & {READ_READINGS, READ_SUMS}
    async with await connect(shared_url, Role.PERSONAL) as connection:
        with pytest.raises(InvariantError, match="role_not_allowed"):
            async with translated_errors():
                await connection.execute("SELECT usage_point_key FROM somel.usage_point")
