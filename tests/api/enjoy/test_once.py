"""A request with an Idempotency-Key is done once, whatever happens to the process that does it."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from db.connection import Role, connect
from db.datasets import act_for
from db.idempotency import forget_answers
from db.keys import SCOPES, create_key
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.running import api_process
from tests.api.enjoy.test_datasets import AT, VELO
from tests.enjoy.stations import bike
from tests.enjoy.test_publishing import NOW

RECORDS = "/v1/datasets/velo/records"
KEY = {"Idempotency-Key": '"8e03978e"'}


async def test_the_same_request_again_is_answered_the_same_and_done_once(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    first = await callers.ilevia.post(RECORDS, json=[bike("A", AT, 1), bike("B", AT, None)], headers=KEY)
    assert (first.status_code, first.json()["inserted"], first.json()["refused_count"]) == (200, 1, 1)
    assert "idempotent-replayed" not in first.headers
    again = await callers.ilevia.post(RECORDS, json=[bike("A", AT, 1), bike("B", AT, None)], headers=KEY)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await callers.ilevia.get("/v1/datasets/velo/refused-records")).json()["items"]) == 1
    other = await callers.ilevia.post(RECORDS, json=[bike("A", AT, 2)], headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = await callers.ilevia.post(f"{RECORDS}?version=1", json=[bike("A", AT, 1)], headers=KEY)
    assert elsewhere.json()["code"] == "idempotency_key_reused"
    await callers.lille.post("/v1/datasets", json=VELO | {"name": "velo-lille"})
    theirs = await callers.lille.post("/v1/datasets/velo-lille/records", json=[bike("A", AT, 2)], headers=KEY)
    assert theirs.json()["inserted"] == 1  # keys of another organisation are others


async def test_a_sandbox_stores_no_answer_either(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    for _ in range(2):
        tried = await callers.sandbox.post(RECORDS, json=[bike("A", AT, 1)], headers=KEY)
        assert (tried.json()["inserted"], tried.headers.get("idempotent-replayed")) == (1, None)


async def test_an_answer_is_forgotten_after_a_day(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    await callers.ilevia.post(RECORDS, json=[bike("A", AT, 1)], headers=KEY)
    async with await connect(callers.url, Role.ENJOY_WRITE) as connection:
        await act_for(connection, [1])
        assert await forget_answers(connection, now=NOW + timedelta(hours=23)) == 0
        assert await forget_answers(connection, now=NOW + timedelta(hours=25)) == 1
    again = await callers.ilevia.post(RECORDS, json=[bike("A", AT, 1)], headers=KEY)
    assert again.json()["unchanged"] == 1


@pytest.mark.slow(15)
async def test_of_a_process_that_is_killed_before_it_has_committed_nothing_stays_and_after_it_the_answer_does(
    callers: Callers,
):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    async with await connect(callers.url, Role.OWNER) as connection:
        _, secret = await create_key(connection, "feeds", SCOPES, organisation_id=1)
    records = [bike("A", AT, 1), bike("B", AT, 2)]
    async with api_process(callers.url, secret) as running:
        async with await connect(callers.url, Role.OWNER) as standing_in_the_way:
            await standing_in_the_way.execute("LOCK TABLE catalogue.idempotency_key IN EXCLUSIVE MODE")
            request = asyncio.create_task(running.client.post(RECORDS, json=records, headers=KEY))
            await _until_something_waits(callers.url)  # the records are written, and nothing is committed
            at_once = await callers.ilevia.post(RECORDS, json=records, headers=KEY)
            assert (at_once.status_code, at_once.json()["code"]) == (409, "idempotency_key_in_use")
            await running.kill()
            with pytest.raises(httpx.TransportError):
                await request
        async with await connect(callers.url, Role.OWNER) as looking:
            await _until_something_waits(callers.url, wanted=0)
            for table in ("record.d1", "catalogue.idempotency_key"):
                assert await (await looking.execute(f"SELECT count(*) FROM {table}")).fetchone() == (0,)  # noqa: S608
    async with api_process(callers.url, secret) as running:
        done = await running.client.post(RECORDS, json=records, headers=KEY)
        assert done.json()["inserted"] == 2
        await running.kill()
    async with api_process(callers.url, secret) as running:
        again = await running.client.post(RECORDS, json=records, headers=KEY)
        assert (again.json(), again.headers["idempotent-replayed"]) == (done.json(), "true")


async def _until_something_waits(database_url: str, wanted: int = 1) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname"
    async with asyncio.timeout(30), await connect(database_url, None, autocommit=True) as connection:
        while await (await connection.execute(f"{query} = current_database())")).fetchone() != (wanted,):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
