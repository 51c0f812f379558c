from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.access import COOKIE
from core.errors import InputError, NotFoundError
from db.access import SCOPES, create_token, find_token, hash_of, list_tokens, revoke_token
from db.connection import Role, connect
from tests.api.conftest import bearer
from tests.api.world import World

ORIGIN = {"Origin": "http://somel.test"}
_FILL = {"level": "feeder", "code": "F-1", "name": "gw-0001", "key": "8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"}
_FILL |= {"event_id": _FILL["key"], "table": "plan?format=csv", "program": "hiver-2026"}
_FILL |= {"settlement_statement_id": "1", "rule_id": "1", "limit_id": "1"}
#: The scope of each path; all others need read:grid.
_SCOPE = {
    "/v1/ingest": "ingest",
    "/v1/refused-messages": "ingest",
    "/v1/gateways": "ingest",
    "/v1/gateways/gw-0001": "ingest",
    "/v1/gateways/gw-0001/changes": "ingest",
    "/v1/access-log": "privacy",
}
_SCOPE |= {f"/v1/usage-points/{_FILL['key']}/{what}": "privacy" for what in ("consents", "consent", "export", "data")}


def _v1(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, item in document["paths"].items():
        for method in item:
            if path.startswith("/v1/"):
                usual = "grid" if method == "get" else "operate"
                filled = path.format(**_FILL)
                yield method.upper(), filled, _SCOPE.get(filled, usual)


async def test_every_route_of_the_api_demands_a_token(document: dict[str, Any], anonymous: httpx.AsyncClient):
    routes = list(_v1(document))
    assert len(routes) >= 16
    for method, path, _ in routes:
        answer = await anonymous.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), path
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_every_route_refuses_a_token_without_its_scope(
    document: dict[str, Any], anonymous: httpx.AsyncClient, world: World
):
    for method, path, scope in _v1(document):
        other = "ingest" if scope != "ingest" else "grid"
        answer = await anonymous.request(method, path, headers=bearer(world.secrets[other]))
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), path


async def test_a_token_with_the_scope_or_of_an_administrator_is_admitted(
    document: dict[str, Any], anonymous: httpx.AsyncClient, world: World
):
    routes = [row for row in _v1(document) if not row[1].endswith("/stream")]
    for method, path, scope in routes:
        for name in (scope, "admin"):
            answer = await anonymous.request(method, path, headers=bearer(world.secrets[name]))
            assert answer.status_code not in {401, 403, 500}, path


@pytest.mark.parametrize("header", ["Bearer somel_wrong", "Bearer ", "Basic c29tZTpvbmU=", "somel_wrong", ""])
async def test_a_wrong_header_is_refused_even_beside_a_good_cookie(
    anonymous: httpx.AsyncClient, world: World, header: str
):
    anonymous.cookies.set(COOKIE, world.secrets["all"])
    assert (await anonymous.get("/v1/places")).status_code == 200
    answer = await anonymous.get("/v1/places", headers={"Authorization": header})
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["revoked", "expired"])
async def test_a_token_that_has_ended_is_refused(anonymous: httpx.AsyncClient, world: World, name: str):
    answer = await anonymous.get("/v1/places", headers=bearer(world.secrets[name]))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(
    anonymous: httpx.AsyncClient, world: World
):
    answer = await anonymous.post("/session", json={"token": world.secrets["grid"]}, headers=ORIGIN)
    assert answer.json() | {"clock": None} == {
        "signed_in": True,
        "name": "grid",
        "scopes": ["read:grid"],
        "clock": None,
    }
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert (await anonymous.get("/v1/places")).status_code == 200
    assert (await anonymous.get("/session")).json()["signed_in"] is True


async def test_signing_out_ends_the_session(anonymous: httpx.AsyncClient, world: World):
    await anonymous.post("/session", json={"token": world.secrets["grid"]}, headers=ORIGIN)
    answer = await anonymous.delete("/session", headers=ORIGIN)
    assert answer.json()["signed_in"] is False
    assert (await anonymous.get("/v1/places")).status_code == 401


async def test_a_wrong_token_does_not_sign_in(anonymous: httpx.AsyncClient):
    answer = await anonymous.post("/session", json={"token": "somel_wrong"}, headers=ORIGIN)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


async def test_a_secret_that_is_refused_is_not_told_back(anonymous: httpx.AsyncClient):
    answer = await anonymous.post("/session", json={"token": ["somel_mine"]}, headers=ORIGIN)
    assert answer.status_code == 422
    assert "somel_mine" not in answer.text


async def test_a_session_whose_token_was_revoked_is_signed_out(anonymous: httpx.AsyncClient, world: World):
    anonymous.cookies.set(COOKIE, world.secrets["revoked"])
    assert (await anonymous.get("/session")).json()["signed_in"] is False


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_a_cookie_does_not_count_for_changes_that_another_site_asks_for(
    anonymous: httpx.AsyncClient, world: World, headers: dict[str, str]
):
    anonymous.cookies.set(COOKIE, world.secrets["all"])
    body: dict[str, Any] = {"token": world.secrets["all"]}
    for method, path in (("POST", "/session"), ("DELETE", "/session"), ("POST", f"/v1/events/{_FILL['key']}/cancel")):
        answer = await anonymous.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_foreign"), path


async def test_a_cookie_does_not_count_for_reads_of_another_site(anonymous: httpx.AsyncClient, world: World):
    anonymous.cookies.set(COOKIE, world.secrets["all"])
    answer = await anonymous.get("/v1/places", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


async def test_a_token_needs_no_origin(client: httpx.AsyncClient):
    assert (await client.post(f"/v1/events/{_FILL['key']}/cancel")).status_code == 404


async def test_a_secret_is_shown_once_and_only_its_hash_is_kept(database_url: str):
    async with await connect(database_url, Role.OWNER) as connection:
        token, secret = await create_token(connection, "control room", ["read:grid", "read:grid"])
        assert secret.startswith("somel_")
        assert len(secret) == len("somel_") + 43  # 256 bits
        cursor = await connection.execute("SELECT row_to_json(access_token)::text FROM access_token")
        assert secret not in str(await cursor.fetchall())
        assert await find_token(connection, hash_of(secret)) == token
        assert token.scopes == ["read:grid"]


async def test_tokens_are_listed_and_revoked(database_url: str):
    soon = datetime.now(UTC) + timedelta(days=1)
    async with await connect(database_url, Role.OWNER) as connection:
        token, secret = await create_token(connection, "one", list(SCOPES), soon)
        assert token.expires_at == soon
        first = await revoke_token(connection, token.access_token_id)
        assert first == await revoke_token(connection, token.access_token_id)
        assert [one.name for one in await list_tokens(connection)] == ["one"]
        assert await find_token(connection, hash_of(secret)) is None
        with pytest.raises(NotFoundError):
            await revoke_token(connection, 999)


@pytest.mark.parametrize(("scopes", "code"), [([], "scopes_missing"), (["read:everything"], "scope_unknown")])
async def test_a_token_needs_scopes_that_exist(database_url: str, scopes: list[str], code: str):
    async with await connect(database_url, Role.OWNER) as connection:
        with pytest.raises(InputError) as refused:
            await create_token(connection, "one", scopes)
    assert refused.value.code == code
