"""A desk says what it saw of who is before it: with their code, for some minutes, and seeing nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from db.connection import Role, connect
from enjoy.passes import desks
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.passes.test_services import refused
from tests.db.village import ask
from tests.enjoy.passes.test_rights import join
from tests.enjoy.passes.town import Town, add_holder, add_service

HOME: dict[str, Any] = {"kind": "residence", "document": "utility_bill", "insee_code": "59350"}
BIRTH: dict[str, Any] = {"kind": "birth", "document": "identity_card", "born_on": "2018-05-17"}
POOR: dict[str, Any] = {"kind": "social_tariff", "document": "family_allowance_notice", "quotient_below_eur": 543}


def town_of(callers: Callers) -> Town:
    """Return the town of the callers' own organisations."""
    town = Town(callers.url)
    town.organisations = dict(ask(callers.url, "SELECT name, organisation_id FROM catalogue.organisation"))
    return town


async def code_of(callers: Callers, holder: Any, *, ago: timedelta = timedelta()) -> str:
    async with await connect(callers.url, Role.ENJOY_PASS) as connection:
        code, _ = await desks.make_code(connection, holder, now=datetime.now(UTC) - ago)
        return code


async def at_desk(client: httpx.AsyncClient, code: str) -> dict[str, str]:
    """Take a code and return the header of the minutes that follow."""
    taken = await client.post("/v1/desk/sessions", json={"code": code})
    assert taken.status_code == 201, taken.text
    return {"Desk-Session": taken.json()["session"]}


async def test_a_desk_takes_a_code_once_says_what_it_saw_and_sees_only_whether_it_holds(callers: Callers):
    town = town_of(callers)
    add_service(town, "pool")
    holder = add_holder(town)
    join(town, holder, "pool")
    code = await code_of(callers, holder)
    taken = await callers.lille.post("/v1/desk/sessions", json={"code": code.lower().replace("-", " ")})
    assert taken.status_code == 201, taken.text
    assert taken.headers["Cache-Control"] == "no-store"
    assert [one["holds"] for one in taken.json()["evidence"]] == [False, False, False]
    session = {"Desk-Session": taken.json()["session"]}
    answers = [taken]
    for seen in (HOME, BIRTH, POOR):
        answers.append(await callers.lille.post("/v1/desk/attestations", json=seen, headers=session))
        assert answers[-1].status_code == 200, answers[-1].text
    answers.append(await callers.lille.get("/v1/desk/evidence", headers=session))
    assert answers[-1].json()["evidence"] == [
        {"kind": kind, "holds": True, "ends_soon": False} for kind in ("residence", "birth", "social_tariff")
    ]
    for answer in answers:
        for secret in ("59350", "2018-05-17", "543", str(holder)):
            assert secret not in answer.text, "a desk is not told what another desk saw, nor who it was"
    assert ask(callers.url, "SELECT number FROM pass.entitlement ORDER BY number") == [(1,), (2,)]
    refused(await callers.lille.post("/v1/desk/sessions", json={"code": code}), 422, "desk_code_invalid")
    gone = await callers.lille.delete("/v1/desk/session", headers=session)
    assert gone.status_code == 204
    refused(await callers.lille.get("/v1/desk/evidence", headers=session), 404, "desk_session_over")
    noted = ask(callers.url, "SELECT actor, organisation, purpose FROM pass.access WHERE holder_id = %s", holder)
    assert noted == [
        ("key/bob", "lille", purpose)
        for purpose in ("desk opened", "residence recorded", "birth recorded", "social_tariff recorded")
    ]
    audited = ask(
        callers.url, "SELECT content FROM somel.audit_pending UNION ALL SELECT content FROM somel.audit_entry"
    )
    assert audited
    assert not [content for (content,) in audited if str(holder) in content or "2018" in content]


async def test_a_desk_has_a_holder_before_it_for_some_minutes_and_no_other_desk_has(callers: Callers):
    town = town_of(callers)
    holder = add_holder(town)
    refused(
        await callers.ilevia.post("/v1/desk/sessions", json={"code": await code_of(callers, holder)}),
        403,
        "desk_not_public",
    )
    old = await code_of(callers, holder, ago=timedelta(minutes=5))
    refused(await callers.lille.post("/v1/desk/sessions", json={"code": old}), 422, "desk_code_invalid")
    first, second = await code_of(callers, holder), await code_of(callers, holder)
    refused(await callers.lille.post("/v1/desk/sessions", json={"code": first}), 422, "desk_code_invalid")
    session = await at_desk(callers.lille, second)
    refused(await callers.ilevia.get("/v1/desk/evidence", headers=session), 404, "desk_session_over")
    refused(await callers.stranger.get("/v1/desk/evidence", headers=session), 401, "session_missing")
    refused(await callers.reader.get("/v1/desk/evidence", headers=session), 403, "scope_missing")
    ask(callers.url, "UPDATE pass.desk_session SET expires_at = now() RETURNING 1")
    refused(await callers.lille.post("/v1/desk/attestations", json=HOME, headers=session), 404, "desk_session_over")
    assert ask(callers.url, "SELECT count(*) FROM pass.attestation") == [(0,)]


async def test_what_cannot_have_been_seen_is_refused(callers: Callers):
    town = town_of(callers)
    session = await at_desk(callers.lille, await code_of(callers, add_holder(town)))
    today = datetime.now(UTC).date()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({**HOME, "valid_until": str(today - timedelta(days=2))}, "evidence_invalid"),
        ({**HOME, "valid_until": str(today + timedelta(days=402))}, "evidence_invalid"),
        ({**BIRTH, "born_on": str(today + timedelta(days=2))}, "evidence_invalid"),
        ({**BIRTH, "born_on": str(date(1899, 12, 31))}, "evidence_invalid"),
        ({**HOME, "document": "passport"}, "request_invalid"),
        ({**POOR, "quotient_below_eur": 0}, "request_invalid"),
        ({"kind": "income"}, "request_invalid"),
    ]
    for seen, code in wrong:
        refused(await callers.lille.post("/v1/desk/attestations", json=seen, headers=session), 422, code)
    assert ask(callers.url, "SELECT count(*) FROM pass.attestation") == [(0,)]


async def test_a_day_of_birth_that_a_desk_saw_stands_for_the_one_that_was_said(callers: Callers):
    town = town_of(callers)
    said, silent = add_holder(town), add_holder(town)
    ask(callers.url, "UPDATE pass.holder SET born_on = '2020-01-01' WHERE holder_id = %s RETURNING 1", said)
    for holder in (said, silent):
        session = await at_desk(callers.lille, await code_of(callers, holder))
        await callers.lille.post("/v1/desk/attestations", json=BIRTH, headers=session)
    born = dict(ask(callers.url, "SELECT holder_id, born_on FROM pass.holder"))
    assert (born[said], born[silent]) == (date(2018, 5, 17), None)
