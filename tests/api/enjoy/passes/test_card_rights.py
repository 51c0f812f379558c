"""Holders see what they have and what it follows from, show codes at desks, and withdraw what desks saw."""

from datetime import timedelta
from uuid import UUID

from db.connection import Role, connect
from db.keys import create_key
from enjoy.passes.deriving import derive_due
from tests.api.enjoy.passes.conftest import Hall
from tests.api.enjoy.passes.test_desks import BIRTH, HOME, at_desk
from tests.api.enjoy.passes.test_services import refused
from tests.db.village import ask, build_village
from tests.enjoy.lending import lending
from tests.enjoy.passes.test_rights import join
from tests.enjoy.passes.town import NOON


async def test_a_holder_shows_a_code_sees_what_follows_and_withdraws_it(hall: Hall):
    await build_village(hall.town.url)
    async with await connect(hall.town.url, Role.OWNER) as connection:
        lille = hall.town.organisations["lille"]
        _, secret = await create_key(connection, "hall", ["attest:rights"], organisation_id=lille)
    desk = hall.browser(Authorization=f"Bearer {secret}")
    card, _ = await hall.holder()
    [(holder,)] = ask(hall.town.url, "SELECT holder_id FROM pass.holder")
    join(hall.town, holder, "pool")
    made = await card.post("/v1/card/desk-code")
    assert made.status_code == 201, made.text
    assert made.headers["Cache-Control"] == "no-store"
    session = await at_desk(desk, made.json()["code"])
    for seen in ({**HOME, "valid_until": "2026-12-10"}, BIRTH):
        answer = await desk.post("/v1/desk/attestations", json=seen, headers=session)
        assert answer.status_code == 200, answer.text
    told = (await card.get("/v1/card/rights")).json()
    assert [(one["title"], one["holds"], one["until"], one["expires_soon"]) for one in told["rights"]] == [
        ("Resident", True, "2027-01-01", True),
        ("Child", True, "2027-12-01", False),
    ]
    birth, home = told["attestations"]
    assert (home["commune"], home["document"], home["expires_soon"]) == ("Lille", "utility_bill", True)
    assert (birth["born_on"], birth["expires_soon"], birth["organisation"]) == ("2018-05-17", False, "lille")
    gone = await card.delete(f"/v1/card/attestations/{home['attestation_id']}")
    assert gone.status_code == 204
    refused(await card.delete(f"/v1/card/attestations/{home['attestation_id']}"), 404, "attestation_unknown")
    other, _ = await hall.holder()
    refused(await other.delete(f"/v1/card/attestations/{birth['attestation_id']}"), 404, "attestation_unknown")
    after = (await card.get("/v1/card/rights")).json()
    assert [one["holds"] for one in after["rights"]] == [False, True]
    assert [one["kind"] for one in after["attestations"]] == ["birth"]
    for method, path in (("POST", "desk-code"), ("GET", "rights"), ("DELETE", f"attestations/{UUID(int=1)}")):
        refused(await desk.request(method, f"/v1/card/{path}"), 401, "card_session_missing")


async def test_what_is_held_of_desks_is_exported_and_erased_with_the_rest(hall: Hall):
    card, _ = await hall.holder()
    await card.post("/v1/card/desk-code")
    [(holder,)] = ask(hall.town.url, "SELECT holder_id FROM pass.holder")
    ask(
        hall.town.url,
        "INSERT INTO pass.attestation (holder_id, kind, born_on, document, attested_on, organisation_id)"
        " VALUES (%s, 'birth', '2018-05-17', 'passport', '2026-11-25', %s) RETURNING 1",
        holder,
        hall.town.organisations["lille"],
    )
    [(held,)] = ask(hall.town.url, "SELECT pass.held_of(%s)", holder)
    assert [one["born_on"] for one in held["pass.attestation"]] == ["2018-05-17"]
    assert "code_hash" not in held["pass.desk_code"][0]
    ask(hall.town.url, "SELECT pass.erase_rows(%s)", holder)
    left = "SELECT holder_id FROM pass.attestation UNION SELECT holder_id FROM pass.desk_code"
    assert ask(hall.town.url, left) == []


async def test_codes_and_desks_that_are_over_are_forgotten(hall: Hall):
    card, _ = await hall.holder()
    await card.post("/v1/card/desk-code")
    lend = lending(hall.town.url)
    await derive_due(lend, now=NOON + timedelta(minutes=4))
    assert ask(hall.town.url, "SELECT count(*) FROM pass.desk_code") == [(1,)]
    await derive_due(lend, now=NOON + timedelta(minutes=5))
    assert ask(hall.town.url, "SELECT count(*) FROM pass.desk_code") == [(0,)]
