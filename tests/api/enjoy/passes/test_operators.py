"""Nobody runs what is another's: over every route of the document that is for who runs services, readers and shops."""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from db.connection import Role, connect
from db.keys import SCOPES, create_key
from tests.api.enjoy.passes.conftest import Hall
from tests.api.enjoy.test_tenants import ROUTES, Route, document
from tests.db.village import ask
from tests.enjoy.passes.town import NOON, Town, add_holder, add_medium, add_organisation, add_subject

#: Routes below are for who runs something, but for those that are open to all: whoever adds one of these says so here.
BELOW = ("/v1/services", "/v1/readers", "/v1/tourism", "/v1/merchant")
OPEN_TO_ALL = {
    ("get", "/v1/services"),
    ("get", "/v1/services/{service}"),
    ("get", "/v1/tourism/products"),
    ("get", "/v1/tourism/products/{product}"),
    ("get", "/v1/tourism/passes/{claim}"),  # opened by the claim itself
    ("post", "/v1/tourism/passes/{claim}/tokens"),
    ("post", "/v1/tourism/passes/{claim}/account"),  # and by the session of a card
    ("post", "/v1/tourism/sales/{sale}/payment-result"),  # signed by the provider
    ("post", "/v1/merchant/shop"),  # by whoever is signed in: a shop of their own
}
OPERATED = [route for route in ROUTES if route.path.startswith(BELOW) and (route.method, route.path) not in OPEN_TO_ALL]
#: Values of parameters of paths by which nothing is found.
NOTHINGS = {
    (path, one["name"]): str(7 if one["schema"].get("type") == "integer" else UUID(int=7))
    for path, item in document()["paths"].items()
    for operation in item.values()
    for one in operation.get("parameters", [])
    if one["in"] == "path"
}
#: Stands nowhere but in what is Lille's.
MARK = "Quetzalcoatl"
REFUSED = {403, 404}


@dataclass
class Rivals:
    """Lille, which runs a pool with a reader, and others with every scope there is, and with none."""

    hall: Hall
    owner: httpx.AsyncClient
    rival: httpx.AsyncClient
    powerless: httpx.AsyncClient
    stranger: httpx.AsyncClient
    named: dict[str, str]

    async def ask(self, client: httpx.AsyncClient, route: Route) -> httpx.Response:
        path = route.path
        for parameter in re.findall(r"{(\w+)}", route.path):
            nothing = NOTHINGS[route.path, parameter]
            known = self.named.get(parameter, nothing)
            path = path.replace(f"{{{parameter}}}", nothing if nothing.isdigit() and not known.isdigit() else known)
        content = None if route.body is None else json.dumps(route.body)
        headers = {"Content-Type": route.media_type} if content else {}
        return await client.request(
            route.method.upper(), path, content=content, headers=headers, params=route.query, timeout=20
        )

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all that is stored of passes and shops."""
        tables = ask(
            self.hall.town.url,
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('pass', 'shop')",
        )
        rows = "SELECT md5(string_agg(row::text, '|' ORDER BY row::text)) FROM {} AS row"
        return {table: ask(self.hall.town.url, rows.format(table)) for (table,) in tables}


def fill(town: Town) -> tuple[int, UUID]:
    """Give Lille's pool words of its own, a holder and a reader; return the keys of its rule and of the reader."""
    add_organisation(town, "roubaix")
    ask(town.url, "UPDATE pass.service SET title = %s || title RETURNING 1", MARK)
    ask(town.url, "UPDATE pass.entitlement_kind SET title = %s || title RETURNING 1", MARK)
    holder = add_holder(town)
    add_medium(town, holder)
    add_subject(town, holder, "pool")
    [(rule,)] = ask(town.url, "SELECT rule_id FROM pass.rule WHERE service_id = %s", town.services["pool"])
    [(reader,)] = ask(
        town.url,
        "INSERT INTO pass.reader (venue_id, title, secret_sha256, created_at) VALUES (%s, %s, %s, %s)"
        " RETURNING reader_id",
        town.venues["pool/door"],
        MARK,
        bytes(32),
        NOON,
    )
    return rule, reader


@pytest.fixture
async def rivals(hall: Hall) -> Rivals:
    town = hall.town
    rule, reader = await asyncio.to_thread(fill, town)  # what is served goes on meanwhile
    async with await connect(town.url, Role.OWNER) as connection:
        keys = {
            name: (await create_key(connection, name, scopes, organisation_id=town.organisations[organisation]))[1]
            for name, scopes, organisation in (
                ("owner", SCOPES, "lille"),
                ("rival", SCOPES, "roubaix"),
                ("powerless", ["read:data"], "lille"),
            )
        }
    clients = {name: hall.browser(Authorization=f"Bearer {secret}") for name, secret in keys.items()}
    named = {"service": "pool", "venue": "door", "right": "child", "rule": str(rule), "reader": str(reader)}
    named |= {"product": "city-pass-48", "month": "2026-10", "seller": "hotel", "shop": "shop-1"}
    return Rivals(hall, **clients, stranger=hall.browser(), named=named)


def test_the_document_has_routes_for_who_runs_services():
    assert len(OPERATED) >= 10
    assert {route.method for route in OPERATED} >= {"get", "post", "put", "delete"}


async def test_another_organisation_neither_changes_nor_sees_what_is_run(rivals: Rivals):
    before = await asyncio.to_thread(rivals.state)
    for route in OPERATED:
        for client in (rivals.rival, rivals.powerless):
            if "{" not in route.path and client is rivals.rival:
                continue  # of the rival itself
            answer = await rivals.ask(client, route)
            told = (route.method, route.path, answer.status_code, answer.text[:300])
            assert answer.status_code in REFUSED, told
            assert MARK not in answer.text, told
    assert await asyncio.to_thread(rivals.state) == before


async def test_a_stranger_is_asked_who_they_are(rivals: Rivals):
    before = await asyncio.to_thread(rivals.state)
    for route in OPERATED:
        answer = await rivals.ask(rivals.stranger, route)
        assert answer.status_code == 401, (route.method, route.path, answer.status_code, answer.text[:300])
        assert answer.headers["Cache-Control"] == "no-store", route.path
    assert await asyncio.to_thread(rivals.state) == before


async def test_what_one_runs_oneself_shows_nothing_of_another(rivals: Rivals):
    for route in OPERATED:
        if "{" not in route.path:
            answer = await rivals.ask(rivals.rival, route)
            told = (route.method, route.path, answer.status_code, answer.text[:300])
            assert answer.status_code < 500, told
            assert MARK not in answer.text, told


async def test_the_owner_is_answered_and_never_told_why_somebody_has_a_right(rivals: Rivals):
    """No route for who runs a service names a holder, a medium, a subject's evidence or what a right came from."""
    url = rivals.hall.town.url
    [(holder, medium)] = ask(url, "SELECT holder_id, medium_id FROM pass.medium")
    await asyncio.to_thread(
        ask,
        url,
        "INSERT INTO pass.attestation (holder_id, kind, born_on, document, attested_on, organisation_id)"
        " VALUES (%s, 'birth', '2018-05-17', 'family_record_book', '2026-11-25', %s) RETURNING 1",
        holder,
        rivals.hall.town.organisations["lille"],
    )
    answered = 0
    for route in OPERATED:
        if route.method != "get":
            continue
        answer = await rivals.ask(rivals.owner, route)
        answered += answer.status_code == 200
        for secret in (str(holder), str(medium), "2018-05-17", "family_record_book", "attest"):
            assert secret not in answer.text, (route.path, answer.text[:300])
    assert answered >= 2


async def test_a_reader_has_numbers_of_rights_and_never_what_they_follow_from(rivals: Rivals):
    made = await rivals.owner.post("/v1/readers", json={"service": "pool", "venue": "door", "title": "Door"})
    assert made.status_code == 201, made.text
    reader = rivals.hall.browser(Authorization=f"Bearer {made.json()['secret']}")
    bundle = await reader.get("/v1/reader/bundle")
    assert bundle.status_code == 200, bundle.text
    assert '"rights"' in bundle.text
    for secret in ("condition", "residence", "age_below", "59350", "resident", "Child", MARK + "Resident"):
        assert secret not in bundle.text
