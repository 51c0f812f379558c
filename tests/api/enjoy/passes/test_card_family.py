"""Guardians act for a child until the birthday that makes them of age; everything held is told, and can be left."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from enjoy.passes.families import end_at_majority
from tests.api.enjoy.passes.conftest import PASSPHRASE, Hall
from tests.api.enjoy.passes.test_card_media import SERIAL, joined, linked
from tests.db.village import ask
from tests.enjoy.passes.town import NOON
from tests.enjoy.test_energy import connecting

#: Sixteen on 2027-03-10, eighteen on 2029-03-10; days begin in Lille an hour before those of UTC.
BORN_ON = "2011-03-10"
SIXTEEN, EIGHTEEN = datetime(2027, 3, 9, 23, tzinfo=UTC), datetime(2029, 3, 9, 23, tzinfo=UTC)


async def family(hall: Hall) -> tuple[httpx.AsyncClient, dict[str, Any], dict[str, str]]:
    ada, made = await hall.holder()
    answer = await ada.post("/v1/card/family", json={"label": "Zoé", "born_on": BORN_ON})
    assert answer.status_code == 201, answer.text
    (child,) = answer.json()
    return ada, made, {"for": child["member"]}


async def sign_in_again(client: httpx.AsyncClient, code: str) -> None:
    assert (await client.post("/v1/card/session", json={"code": code})).status_code == 200


async def test_two_guardians_act_for_a_child_until_it_is_of_age_and_has_a_way_in_of_its_own(hall: Hall) -> None:
    ada, ada_made, zoe = await family(hall)
    bob, bob_made = await hall.holder()
    invited = (await ada.post("/v1/card/family/invitations", params=zoe)).json()["code"]
    assert (await bob.get("/v1/card/media", params=zoe)).status_code == 404
    (seen,) = (await bob.post("/v1/card/family/join", json={"code": invited.lower()})).json()
    assert (seen["label"], seen["member"] != zoe["for"]) == ("Zoé", True)
    again = await bob.post("/v1/card/family/join", json={"code": invited})
    assert again.json()["code"] == "family_code_invalid"
    by_bob = {"for": seen["member"]}
    assert (await ada.post("/v1/card/services", params=zoe, json={"service": "pool"})).status_code == 200
    card = (await bob.post("/v1/card/media", params=by_bob, json={"kind": "card", "serial": SERIAL})).json()
    assert card["services"] == ["pool"]
    assert (await ada.get("/v1/card/media")).json() == []
    assert len((await ada.get("/v1/card/family", params=zoe)).json()["guardians"]) == 2
    claim = (await ada.post("/v1/card/family/claim", params=zoe)).json()["code"]
    child = hall.browser()
    young = await child.post("/v1/card/claims", json={"claim": claim})
    assert (young.status_code, young.json()["code"]) == (409, "too_young")
    hall.wall.set(SIXTEEN)
    made = await child.post("/v1/card/claims", json={"claim": claim})
    assert (made.status_code, made.json()["kind"], len(made.json()["code"])) == (201, "anonymous", 29)
    assert {one["began_on"] for one in (await child.get("/v1/card/family")).json()["guardians"]} == {"2026-11-25"}
    actors = {one["actor"] for one in (await child.get("/v1/card/access")).json()}
    assert actors == {f"guardian/{zoe['for']}", f"guardian/{by_bob['for']}"}
    await sign_in_again(ada, ada_made["code"])
    assert (await ada.get("/v1/card/media", params=zoe)).status_code == 200
    assert (await ada.post("/v1/card/erasure", params=zoe, json={"old": ada_made["code"]})).json()["code"] == (
        "leaves_alone"
    )
    hall.wall.set(EIGHTEEN - timedelta(seconds=1))
    await sign_in_again(bob, bob_made["code"])
    assert (await bob.get("/v1/card/media", params=by_bob)).status_code == 200
    hall.wall.set(EIGHTEEN)
    assert (await bob.get("/v1/card/media", params=by_bob)).json()["code"] == "member_unknown"
    assert (await bob.get("/v1/card/family")).json()["children"] == []
    for now, ended in ((EIGHTEEN - timedelta(seconds=1), 0), (EIGHTEEN, 1), (EIGHTEEN, 0)):
        assert await end_at_majority(lambda role: connecting(hall.town.url, role), now=now) == ended
    assert ask(hall.town.url, "SELECT count(*) FROM pass.guardianship") == [(0,)]
    await sign_in_again(child, made.json()["code"])
    assert [one["medium"] for one in (await child.get("/v1/card/media")).json()] == [card["medium"]]


async def test_who_came_of_age_without_a_code_gets_one_at_a_desk_that_sees_the_card(hall: Hall) -> None:
    ada, _, zoe = await family(hall)
    await ada.post("/v1/card/services", params=zoe, json={"service": "pool"})
    await ada.post("/v1/card/media", params=zoe, json={"kind": "card", "serial": SERIAL})
    desk, shown = hall.browser(Authorization=f"Bearer {await hall.key('lille')}"), {"service": "pool", "serial": SERIAL}
    assert (await desk.post("/v1/desk/claims", json=shown)).json()["code"] == "too_young"
    hall.wall.set(EIGHTEEN)
    before = (await desk.post("/v1/desk/claims", json=shown)).json()["code"]
    code = (await desk.post("/v1/desk/claims", json=shown)).json()["code"]
    child = hall.browser()
    named = {"email": "zoe@example.org", "passphrase": PASSPHRASE}
    assert (await child.post("/v1/card/claims", json={"claim": before, **named})).status_code == 422
    assert (await child.post("/v1/card/claims", json={"claim": code, **named})).json()["kind"] == "named"
    assert [one["purpose"] for one in (await child.get("/v1/card/access")).json()][:1] == ["claim code made"]
    assert (await desk.post("/v1/desk/claims", json=shown)).json()["code"] == "signs_in_already"
    foreign = hall.browser(Authorization=f"Bearer {await hall.key('roubaix')}")
    assert (await foreign.post("/v1/desk/claims", json=shown)).status_code == 404


async def test_a_child_is_never_left_alone_and_only_a_guardian_does_what_guardians_do(hall: Hall) -> None:
    ada, made, zoe = await family(hall)
    bob, _ = await hall.holder()
    assert (await ada.delete(f"/v1/card/family/{zoe['for']}")).json()["code"] == "last_guardian"
    assert (await ada.post("/v1/card/erasure", json={"old": made["code"]})).json()["code"] == "last_guardian"
    assert (await bob.delete(f"/v1/card/family/{zoe['for']}")).status_code == 404
    for path in ("/v1/card/family/invitations", "/v1/card/family/claim"):
        assert (await ada.post(path)).json()["code"] == "guardian_needed"
    for born_on in ("2008-11-25", "2026-11-26"):
        answer = await ada.post("/v1/card/family", json={"label": "x", "born_on": born_on})
        assert answer.json()["code"] == "not_a_child"
    invited = (await ada.post("/v1/card/family/invitations", params=zoe)).json()["code"]
    await bob.post("/v1/card/family/join", json={"code": invited})
    assert (await ada.delete(f"/v1/card/family/{zoe['for']}")).status_code == 204
    assert (await ada.get("/v1/card/export", params=zoe)).status_code == 404
    left = await ada.post("/v1/card/erasure", json={"old": made["code"]})
    assert left.status_code == 200, left.text


async def test_a_guardian_leaves_for_a_child_and_all_that_named_it_is_gone(hall: Hall) -> None:
    ada, made, zoe = await family(hall)
    await ada.post("/v1/card/services", params=zoe, json={"service": "pool"})
    paper = (await ada.post("/v1/card/media", params=zoe, json={"kind": "paper", "label": "of Zoé"})).json()["medium"]
    await ada.post("/v1/card/tokens", params=zoe, json={"service": "pool", "medium": paper})
    told = (await ada.post("/v1/card/erasure", params=zoe, json={"old": made["code"]})).json()
    assert {one["table"] for one in told["kept"]} >= {"pass.holder", "pass.token", "pass.access"}
    assert (await ada.get("/v1/card", params=zoe)).status_code == 404
    assert (await ada.get("/v1/card")).status_code == 200
    query = "SELECT label, born_on, left_on = %s FROM pass.holder WHERE left_on IS NOT NULL"
    assert ask(hall.town.url, query, NOON.date()) == [("", None, True)]
    assert ask(hall.town.url, "SELECT status, label FROM pass.medium") == [("revoked", "")]
    assert ask(hall.town.url, "SELECT status FROM pass.token") == [(1,)]
    assert ask(hall.town.url, "SELECT status FROM pass.status_due") == [(1,)]


async def test_a_holder_sees_all_that_is_held_and_leaves(hall: Hall) -> None:
    ada, _ = await hall.holder(email="ada@example.org", passphrase=PASSPHRASE)
    await ada.patch("/v1/card", json={"label": "Ada L."})
    await joined(ada, "pool")
    await linked(ada, label="blue one", serial=SERIAL)
    bob, _ = await hall.holder()
    await joined(bob, "pool")
    answer = await ada.get("/v1/card/export")
    held = {one["table"]: one for one in answer.json()["tables"]}
    assert held["pass.holder"]["rows"][0]["email"] == "ada@example.org"
    assert [len(held[f"pass.{one}"]["rows"]) for one in ("subject", "medium", "card_serial", "session")] == [1, 1, 1, 1]
    assert "scrypt" not in answer.text
    wrong = await ada.post("/v1/card/erasure", json={"old": "not this one at all"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "card_sign_in_refused")
    left = await ada.post("/v1/card/erasure", json={"old": PASSPHRASE})
    assert left.status_code == 200, left.text
    assert (await ada.get("/v1/card")).status_code == 401
    signing = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    assert (await ada.post("/v1/card/session", json=signing)).status_code == 401
    tables = [name for (name,) in ask(hall.town.url, "SELECT DISTINCT name FROM pass.personal_table")]
    rest = "".join(str(ask(hall.town.url, f"SELECT t::text FROM {name} AS t")) for name in tables)  # noqa: S608
    assert not [word for word in ("ada@", "Ada L", "blue one") if word in rest]
    assert len((await bob.get("/v1/card/services")).json()) == 1
    assert (await ada.post("/v1/card", json=signing)).status_code == 201
