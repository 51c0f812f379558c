"""Everything that is stored of a usage point is known by name, exported, and erased or kept for a reason."""

import io
import json
import zipfile
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import InputError, NotFoundError
from db.audit import WantedEntries, newest_entries
from db.connection import Role, connect
from db.consents import usage_point_ids
from db.person import personal_tables
from enjoy.privacy.consent import consents_of
from enjoy.privacy.erasure import erase_person, keep_erased
from enjoy.privacy.export import export_person
from tests.db.village import ask
from tests.enjoy.people import AGREED, START, agree, build_people, draw, keys
from tests.enjoy.test_energy import DAY, at, connecting, publish

_HOLDING = """
    SELECT DISTINCT relnamespace::regnamespace::text || '.' || relname FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE attname ~ '(^|_)(usage_point|end_device)_id' AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
    AND relnamespace::regnamespace::text !~ '^(pg_|_timescaledb|information_schema)'
"""


async def test_every_table_that_holds_something_of_a_usage_point_is_in_the_list(database_url: str):
    holding = {name for (name,) in ask(database_url, _HOLDING)}
    async with await connect(database_url, Role.READ) as connection:
        known = {one.name: one for one in await personal_tables(connection)}
    assert set(known) == holding, "say in a migration what export and erasure do with the table (personal_table)"
    for one in known.values():
        columns = ask(
            database_url,
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attname IN (%s, %s)",
            one.name,
            one.reached_by,
            one.time_column,
        )
        assert one.reached_by == "nothing" or len(columns) == 1 + (one.time_column is not None), one


async def test_a_table_that_nobody_thought_of_is_found(database_url: str):
    ask(database_url, "CREATE TABLE somel.guess (usage_point_id integer)")
    assert ("somel.guess",) in ask(database_url, _HOLDING)


async def filled(url: str) -> UUID:
    await build_people(url)
    everybody = keys(url)
    await agree(url, everybody)
    draw(url, START, 2, "100")
    ask(
        url,
        "INSERT INTO personal.usage_point_identity"
        " SELECT usage_point_id, lpad(usage_point_id::text, 14, '0') FROM usage_point",
    )
    ask(url, "INSERT INTO gateway (name, shard) VALUES ('gw-1', 0)")
    ask(
        url,
        "INSERT INTO end_device (name, kind, gateway_id, usage_point_id)"
        " SELECT 'ev-1', 'ev_charger', gateway_id, 1 FROM gateway",
    )
    ask(
        url,
        "INSERT INTO resource (end_device_id, rated_power_w, enrolled_at)"
        " SELECT end_device_id, 7400, %s FROM end_device",
        AGREED,
    )
    return everybody[0]


def members(archive: zipfile.ZipFile, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in archive.read(f"{name}.jsonl").decode().splitlines()]


async def test_an_export_holds_what_is_stored_of_one_usage_point_and_of_no_other(database_url: str):
    key = await filled(database_url)
    async with await connect(database_url, Role.READ) as connection:
        with await export_person(connection, key, now=START + 3 * DAY) as file:
            archive = zipfile.ZipFile(io.BytesIO(file.read()))
        with pytest.raises(NotFoundError, match="usage_point_unknown"):
            await export_person(connection, uuid4(), now=START)
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["tables"]["somel.interval_reading"]["rows"] == 96
    assert "not_exported" in manifest["tables"]["personal.usage_point_identity"]
    readings = members(archive, "somel.interval_reading")
    assert {one["usage_point_id"] for one in readings} == {1}
    assert len(archive.read("somel.interval_reading.csv").decode().splitlines()) == 97
    assert [one["proof"] for one in members(archive, "somel.usage_point_consent")] == ["file 1"]
    assert [one["purpose"] for one in members(archive, "somel.consent")] == ["grid"]
    async with await connect(database_url, Role.OWNER) as connection:
        with await export_person(connection, key, now=START, with_identity=True) as file:
            archive = zipfile.ZipFile(io.BytesIO(file.read()))
    assert members(archive, "personal.usage_point_identity")[0]["prm"] == "00000000000001"


async def test_an_erasure_deletes_withdraws_renews_the_pseudonym_and_says_what_is_kept(database_url: str):
    key = await filled(database_url)
    await publish(database_url, START + 2 * DAY)
    left, now = START + DAY, START + 2.5 * DAY
    async with await connect(database_url, Role.COMPUTE) as connection:
        with pytest.raises(InputError, match="erasure_in_future"):
            await erase_person(connection, key, now + DAY, actor="operator", now=now)
        with pytest.raises(NotFoundError, match="usage_point_unknown"):
            await erase_person(connection, uuid4(), now, actor="operator", now=now)
        erased = await erase_person(connection, key, left, actor="operator", now=now)
        assert erased.deleted["somel.interval_reading"] == 48
        assert "art. 7.1" in erased.kept["somel.usage_point_consent"]
        assert await usage_point_ids(connection, [key]) == {}
    # What is newer is the next customer's; others are untouched.
    assert ask(database_url, "SELECT count(*) FROM interval_reading WHERE usage_point_id = 1") == [(48,)]
    assert ask(database_url, "SELECT count(*) FROM interval_reading WHERE usage_point_id = 2") == [(96,)]
    ((renewed,),) = ask(database_url, "SELECT usage_point_key FROM usage_point WHERE usage_point_id = 1")
    async with await connect(database_url, Role.READ) as connection:
        consents = await consents_of(connection, renewed)
        assert {(one.purpose, one.withdrawn_at is None) for one in consents} == {("enjoy", False), ("grid", False)}
        (entry,) = await newest_entries(connection, WantedEntries(action="person.erased"), limit=9)
        assert (entry.subject, entry.actor) == (f"usage_point/{key}", "operator")
    # The cohort goes with them, before anything else is published.
    await publish(database_url, START + 3 * DAY)
    assert ask(database_url, "SELECT count(*) FROM cohort WHERE dissolved_at IS NOT NULL") == [(1,)]


async def test_what_is_delivered_again_is_erased_again_and_the_next_customers_stays(database_url: str):
    key = await filled(database_url)
    async with await connect(database_url, Role.COMPUTE) as connection:
        await erase_person(connection, key, START + DAY, actor="operator", now=START + 2 * DAY)
        await connection.commit()
        again = (
            "INSERT INTO interval_reading SELECT 1, 1, 0, 1800, start_at, start_at, 7"
            " FROM generate_series(%s::timestamptz, %s, '30 min') AS start_at ON CONFLICT DO NOTHING"
        )
        ask(database_url, again, START, START + 2 * DAY - timedelta(minutes=30))
    assert await keep_erased(lambda role: connecting(database_url, role), at(START)) == 48
    assert await keep_erased(lambda role: connecting(database_url, role), at(START)) == 0
    assert ask(database_url, "SELECT count(*) FROM interval_reading WHERE usage_point_id = 1") == [(48,)]
