"""Everybody has a quota, says how much is left of it, and is refused politely beyond it; keys change their secrets."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.enjoy.buckets import Buckets, Policy
from api.enjoy.counting import UsageCounts
from api.enjoy.limits import address_of
from core.settings import read_settings
from db.connection import Role, connect
from db.keys import create_key, revoke_key, rotate_key, set_quota
from db.usage import Taken, settle
from tests.api.enjoy.conftest import Callers
from tests.db.village import ask

_POLICY = Policy("key", 60)


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 80)), max_size=20))
def test_never_more_than_the_bucket_and_what_flows_in_meanwhile(bursts: list[tuple[float, int]]):
    now_s = [0.0]
    buckets, allowed = Buckets(lambda: now_s[0]), 0
    for pause_s, count in bursts:
        now_s[0] += pause_s
        allowed += sum(buckets.take("a", _POLICY).is_allowed for _ in range(count))
        assert allowed <= _POLICY.quota + now_s[0] * _POLICY.per_s + 1e-6


def test_a_verdict_says_when_to_come_again():
    now_s = [0.0]
    buckets = Buckets(lambda: now_s[0])
    first = buckets.take("a", _POLICY)
    assert (first.is_allowed, first.remaining, first.full_in_s) == (True, 59, 1)
    for _ in range(59):
        buckets.take("a", _POLICY)
    spent = buckets.take("a", _POLICY)
    assert (spent.is_allowed, spent.remaining, spent.again_in_s, spent.full_in_s) == (False, 0, 1, 60)
    assert buckets.take("b", _POLICY).is_allowed, "of somebody else nothing is gone"
    now_s[0] = 2.0
    assert buckets.take("a", _POLICY).is_allowed


def test_a_verdict_costs_far_less_than_a_request():
    buckets = Buckets(time.monotonic)
    began_s = time.perf_counter()
    for number in range(20_000):
        buckets.take(number % 500, _POLICY)
    assert (time.perf_counter() - began_s) / 20_000 < 100e-6


async def test_processes_share_what_is_left_and_a_debt_is_paid_back(database_url: str):
    """Two processes allow all of it each; from then on both know, and the key regains it only once."""
    async with await connect(database_url, Role.ENJOY_ACCOUNT, autocommit=True) as connection:
        first = await settle(connection, [Taken(7, 60, 60, 0.001)])
        second = await settle(connection, [Taken(7, 60, 60, 0.001), Taken(8, 1, 60, 0.001)])
    assert first[7] == pytest.approx(0, abs=0.1)
    assert second[7] == pytest.approx(-60, abs=0.1)
    assert second[8] == pytest.approx(59, abs=0.1)
    buckets = Buckets(time.monotonic)
    assert buckets.take(7, _POLICY).is_allowed
    ((_, taken),) = buckets.taken().values()
    buckets.take(7, _POLICY)  # while it is settled
    buckets.settle(7, taken=taken, remaining=second[7])
    refused = buckets.take(7, _POLICY)
    assert (refused.is_allowed, refused.again_in_s) == (False, 62)


def _app(url: str, **settings: int):
    app = create_app(read_settings(api_port=0, **settings), database_url=url)
    return app, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://somel.test/enjoy")


async def test_beyond_the_quota_there_is_429_with_a_problem_and_when_to_come_again(callers: Callers):
    app, stranger = _app(callers.url, enjoy_stranger_quota=3, enjoy_key_quota=1_000)
    key = {"Authorization": callers.reader.headers["Authorization"]}
    async with app.router.lifespan_context(app), stranger:
        answers = [await stranger.get("/v1/datasets") for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[0].headers["RateLimit-Policy"] == '"address";q=3;w=60'
        assert answers[0].headers["RateLimit"] == '"address";r=2;t=20'
        last = answers[3]
        assert last.headers["Retry-After"] == "20"
        assert last.headers["content-type"] == "application/problem+json"
        assert (last.json()["code"], last.json()["status"]) == ("quota_spent", 429)
        named = await stranger.get("/v1/datasets", headers=key)
        assert named.headers["RateLimit"] == '"key";r=999;t=1'
        async with await connect(callers.url, Role.OWNER) as connection:
            number = ask(callers.url, "SELECT api_key_id FROM catalogue.api_key WHERE name = 'eve'")[0][0]
            await set_quota(connection, number, 0)
        await asyncio.sleep(0.2)  # the news of it comes by the database
        free = await stranger.get("/v1/datasets", headers=key)
        assert (free.status_code, "RateLimit" in free.headers) == (200, False)
        await app.state.context.traffic.settle()
        assert ask(callers.url, "SELECT min(remaining) FROM catalogue.quota")[0][0] < 1_000


async def test_wrong_keys_are_counted_for_their_address(callers: Callers):
    app, stranger = _app(callers.url, enjoy_stranger_quota=2)
    async with app.router.lifespan_context(app), stranger:
        wrong = {"Authorization": "Bearer enjoy_guess"}
        codes = [(await stranger.get("/v1/datasets", headers=wrong)).status_code for _ in range(3)]
    assert codes == [401, 401, 429]


async def test_a_rotated_key_is_good_in_both_shapes_for_a_while_and_a_revoked_one_in_none(callers: Callers):
    async with await connect(callers.url, Role.OWNER, autocommit=True) as connection:
        organisation = ask(callers.url, "SELECT organisation_id FROM catalogue.organisation WHERE name = 'lille'")[0][0]
        number, old = await create_key(connection, "turned", ["read:data"], organisation_id=organisation)

        async def status(secret: str) -> int:
            headers = {"Authorization": f"Bearer {secret}"}
            return (await callers.stranger.get("/v1/datasets", headers=headers)).status_code

        assert await status(old) == 200
        new = await rotate_key(connection, number, overlap=timedelta(hours=1))
        await asyncio.sleep(0.2)
        assert (await status(old), await status(new)) == (200, 200)
        newest = await rotate_key(connection, number, overlap=timedelta(0))
        await asyncio.sleep(0.2)
        assert (await status(old), await status(new), await status(newest)) == (401, 401, 200)
        await revoke_key(connection, number)
        await asyncio.sleep(0.2)
        assert await status(newest) == 401


async def test_every_refusal_is_a_problem_document(callers: Callers):
    big = "x" * 70_000
    for code, answer in (
        ("key_not_valid", await callers.stranger.get("/v1/nothing", headers={"Authorization": "Bearer x"})),
        ("scope_missing", await callers.reader.post("/v1/datasets", json={})),
        ("route_unknown", await callers.stranger.get("/v1/nothing")),
        ("method_not_allowed", await callers.stranger.request("PATCH", "/v1/datasets")),
        ("body_too_large", await callers.stranger.post("/v1/session", content=big)),
    ):
        assert answer.headers["content-type"] == "application/problem+json", code
        assert answer.json()["code"] == code


async def test_use_is_counted_by_key_dataset_route_and_hour(callers: Callers):
    for _ in range(3):
        await callers.reader.get("/v1/datasets")
    await callers.stranger.get("/v1/datasets/whatever")
    app_traffic = callers.traffic
    await app_traffic.store()
    rows = ask(
        callers.url,
        "SELECT hour, dataset, route, status, request_count, sent_bytes > 0 FROM catalogue.usage ORDER BY status",
    )
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    assert [row[1:] for row in rows] == [
        ("", "GET /v1/datasets", 200, 3, True),
        ("", "GET /v1/datasets/{name}", 404, 1, True),
    ]
    assert hour - rows[0][0] <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3::4", 1), str(0x20010DB800010002)),
        (("2001:db8:1:2:ffff::", 1), str(0x20010DB800010002)),
        (None, ""),
    ],
)
def test_a_household_is_one_stranger(client: object, address: str):
    assert address_of({"client": client}) == address


def test_counts_that_could_not_be_stored_are_counted_again():
    at, scope = datetime(2026, 1, 15, 12, 30, tzinfo=UTC), {"method": "GET", "path_params": {"name": "velo"}}
    counts = UsageCounts()
    counts.add(at, 7, scope | {"route": SimpleNamespace(path="/v1/datasets/{name}")}, 200, 10)
    counts.add(at, 7, scope, 404, 5)
    taken = counts.take()
    assert [(one.dataset, one.route) for one in taken] == [("velo", "GET /v1/datasets/{name}"), ("", "unmatched")]
    assert counts.take() == []
    counts.add(at, 7, scope, 404, 5)
    counts.put_back(taken)
    assert [(one.status, one.request_count, one.sent_bytes) for one in counts.take()] == [(404, 2, 10), (200, 1, 10)]
