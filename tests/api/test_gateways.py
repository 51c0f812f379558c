"""Gateways as an operator sees them."""

import asyncio
import hashlib
import urllib.request
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from api.app import create_app
from db.connection import Role, connect
from db.databases import create_database, drop_database
from db.firmware import store_image
from db.gateways import CHANGES_KEPT, GatewayReport, GatewayState, judge_state, report_gateways
from somel.embedded.services import Services
from somel.tokens import make_token
from tests.api.conftest import bearer, settings_at
from tests.api.serving import served
from tests.api.test_places import every_page
from tests.ingest.registered import register

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
IMAGE = bytes(range(256)) * 3_000  # 768,000 bytes: three pieces


@pytest.fixture(scope="module")
def url(services: Services, template_database: str) -> Iterator[str]:
    made = asyncio.run(create_database(services.database_url, "gateways_world", template=template_database))
    with register(made) as territory:
        for number in range(1, 6):
            territory.add_gateway(f"gw-000{number}", number % 2)
    asyncio.run(_fill(made))
    yield made
    asyncio.run(drop_database(services.database_url, "gateways_world"))


async def _fill(url: str) -> None:
    async with await connect(url, Role.INGEST, autocommit=True) as connection:
        rows = await (await connection.execute("SELECT gateway_id FROM gateway ORDER BY name")).fetchall()
        first, second, third, fourth = (row[0] for row in rows[:4])
        for minute in range(6):  # the first one flaps
            status = ("online", "offline")[minute % 2]
            at = NOW - timedelta(minutes=20 - minute)
            await report_gateways(connection, [GatewayReport(first, status)], at=at)
        await report_gateways(connection, [GatewayReport(second, "online", hardware="g1")], at=NOW)
        silent_since = NOW - timedelta(hours=2)
        await report_gateways(connection, [GatewayReport(third, "online", said_at=silent_since)], at=silent_since)
        await report_gateways(connection, [GatewayReport(fourth, "online")], at=silent_since)
        heard = "INSERT INTO gateway_delivery (gateway_id, heard_at) VALUES (%s, %s), (%s, %s)"
        await connection.execute(heard, [third, silent_since, fourth, NOW - timedelta(minutes=5)])


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    application = create_app(settings_at(NOW), database_url=url)
    _, secret = await make_token(url, "operator", ["read:ingest"], None)
    async with application.router.lifespan_context(application):
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://somel.test") as asking:
            asking.headers.update(bearer(secret))
            yield asking


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, [f"gw-000{number}" for number in range(1, 6)]),
        ({"status": "online"}, ["gw-0002", "gw-0003", "gw-0004"]),
        ({"status": "offline"}, ["gw-0001"]),
        ({"status": "unknown"}, ["gw-0005"]),
        ({"status": "silent"}, ["gw-0003"]),
        ({"status": "flapping"}, ["gw-0001"]),
        ({"shard": "0"}, ["gw-0002", "gw-0004"]),
        ({"shard": "0", "status": "silent"}, []),
    ],
)
async def test_gateways_are_listed_and_filtered(client: httpx.AsyncClient, query: dict[str, str], names: list[str]):
    answer = (await client.get("/v1/gateways", params=query)).json()
    assert [item["name"] for item in answer["items"]] == names


async def test_pages_of_gateways_joined_are_the_whole_list(client: httpx.AsyncClient):
    pages = await every_page(client, "/v1/gateways", limit=2)
    assert [item["name"] for page in pages for item in page] == [f"gw-000{number}" for number in range(1, 6)]


async def test_a_gateway_is_described_with_its_history(client: httpx.AsyncClient):
    gateway = (await client.get("/v1/gateways/gw-0001")).json()
    assert (gateway["status"], gateway["is_flapping"], gateway["changes_last_hour"]) == ("offline", True, 6)
    assert gateway["status_at"] == "2026-01-15T11:45:00Z"
    pages = await every_page(client, "/v1/gateways/gw-0001/changes", limit=4)
    changes = [item for page in pages for item in page]
    assert [change["status"] for change in changes] == ["offline", "online"] * 3
    assert {(change["status"], change["cause"]) for change in changes} == {("online", "said"), ("offline", "lost")}
    assert (await client.get("/v1/gateways/gw-0009")).json()["code"] == "gateway_not_found"
    assert (await client.get("/v1/gateways/gw-0001/changes?cursor=WyItMSJd")).status_code == 422


async def test_the_history_of_a_gateway_is_bounded(url: str):
    with psycopg.connect(url) as connection:
        (gateway_id,) = connection.execute("SELECT gateway_id FROM somel.gateway WHERE name = 'gw-0005'").fetchone()  # type: ignore[misc]
    reports = [GatewayReport(gateway_id, ("online", "offline")[number % 2]) for number in range(CHANGES_KEPT + 11)]
    async with await connect(url, Role.INGEST) as connection:
        await report_gateways(connection, reports, at=NOW)
        count = "SELECT count(*) FROM gateway_change WHERE gateway_id = %s"
        assert await (await connection.execute(count, [gateway_id])).fetchone() == (CHANGES_KEPT,)


ONLINE = GatewayState(1, "online", NOW, NOW)


@pytest.mark.parametrize(
    ("status", "said_s", "retained", "after", "cause"),
    [
        ("offline", None, False, "offline", "lost"),  # a will as it is published
        ("offline", 0, False, "offline", "lost"),  # a will that names this connection
        ("offline", 60, False, "offline", "said"),  # a farewell
        ("offline", -60, False, "online", None),  # the will of an earlier connection, late
        ("offline", None, True, "online", None),  # kept by the broker, of nobody knows when
        ("offline", -60, True, "online", None),  # kept by the broker, older
        ("offline", 60, True, "offline", "said"),  # kept by the broker, newer than what is known
        ("offline", 0, True, "offline", "lost"),  # kept by the broker: this connection's will
        ("online", 60, False, "online", None),
        ("offline", 400, False, "offline", "lost"),  # a clock that runs ahead tells nothing
    ],
)
def test_a_state_changes_only_by_what_is_newer(
    status: str, said_s: int | None, retained: bool, after: str, cause: str | None
):
    said_at = None if said_s is None else NOW + timedelta(seconds=said_s)
    report = GatewayReport(1, status, said_at=said_at, is_retained=retained)
    state, change = judge_state(ONLINE, report, NOW)
    assert (state.status, change and change.cause) == (after, cause)


def test_an_old_birth_that_the_broker_kept_does_not_bring_a_gateway_back():
    offline, _ = judge_state(ONLINE, GatewayReport(1, "offline", said_at=NOW), NOW)
    birth = GatewayReport(1, "online", said_at=NOW, is_retained=True)
    assert judge_state(offline, birth, NOW) == (offline, None)
    fresh = GatewayReport(1, "online", said_at=NOW + timedelta(seconds=1), is_retained=True)
    assert judge_state(offline, fresh, NOW)[0].status == "online"


async def test_firmware_is_served_whole_and_in_parts_to_whoever_knows_its_hash(url: str):
    sha256 = hashlib.sha256(IMAGE).hexdigest()
    async with await connect(url, Role.OWNER) as connection:
        await store_image(connection, sha256, IMAGE)
        await store_image(connection, sha256, IMAGE)
    async with served(settings_at(NOW), url) as address:
        place = f"{address}/v1/firmware/{sha256}"
        async with httpx.AsyncClient(headers={"Accept-Encoding": "gzip"}) as asking:
            whole = await asking.get(place)
            assert (whole.status_code, whole.content == IMAGE) == (200, True)
            assert whole.headers["content-length"] == str(len(IMAGE))
            head = await asking.head(place)
            assert (head.headers["content-length"], head.content) == (str(len(IMAGE)), b"")
            for asked, first, last in (("0-0", 0, 0), ("262143-262144", 262_143, 262_144), ("-5", -5, None)):
                part = await asking.get(place, headers={"Range": f"bytes={asked}"})
                wanted = IMAGE[first:] if last is None else IMAGE[first : last + 1]
                assert (part.status_code, part.content) == (206, wanted)
            rest = await asking.get(place, headers={"Range": "bytes=700000-"})
            assert rest.content == IMAGE[700_000:]
            assert rest.headers["content-range"] == f"bytes 700000-{len(IMAGE) - 1}/{len(IMAGE)}"
            beyond = await asking.get(place, headers={"Range": f"bytes={len(IMAGE)}-"})
            assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(IMAGE)}")
            other = await asking.get(place, headers={"Range": "bytes=0-0", "If-Range": '"other"'})
            assert len(other.content) == len(IMAGE)
            assert (await asking.get(f"{address}/v1/firmware/{'0' * 64}")).status_code == 404
            assert (await asking.get(f"{address}/v1/firmware/xyz")).status_code == 422

        def fetched() -> bytes:
            with urllib.request.urlopen(place) as answer:  # noqa: S310 - our own server, asked by another client
                return bytes(answer.read())

        assert await asyncio.to_thread(fetched) == IMAGE
