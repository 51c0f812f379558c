"""People sign up, make and rotate their keys, and belong to organisations by invitation; nobody gets any further."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from core.errors import InputError
from db import accounts as member
from db.accounts import insert_invitation
from db.connection import Role, connect
from db.datasets import find_organisation
from enjoy.passphrases import NOBODY, check_passphrase, hash_passphrase, is_right
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import VELO
from tests.db.village import ask

OURS = {"Origin": "http://somel.test"}
PASSPHRASE = "correct horse battery"  # noqa: S105 - of a test
Browsers = Callable[[str], Awaitable[httpx.AsyncClient]]


def credentials(name: str, passphrase: str = PASSPHRASE) -> dict[str, str]:
    return {"email": f"{name}@example.org", "passphrase": passphrase}


def browser(callers: Callers) -> httpx.AsyncClient:
    """Return a browser on our own page, with cookies of its own."""
    return httpx.AsyncClient(
        transport=callers.stranger._transport,
        base_url="http://somel.test/enjoy",
        headers=OURS,
    )


@pytest.fixture
def signed_up(callers: Callers) -> Browsers:
    async def sign_up(name: str) -> httpx.AsyncClient:
        client = browser(callers)
        answer = await client.post("/v1/account", json=credentials(name))
        assert answer.status_code == 201, answer.text
        return client

    return sign_up


async def invite(callers: Callers, organisation: str, role: member.Role) -> str:
    """Return an invitation as the operator makes the first one of an organisation."""
    async with await connect(callers.url, Role.OWNER) as connection:
        found = await find_organisation(connection, organisation)
        assert found is not None
        return (await insert_invitation(connection, found.organisation_id, role, lasts=timedelta(hours=1)))[1]


async def test_a_developer_signs_up_makes_a_key_rotates_it_and_sees_what_it_was_used_for(
    callers: Callers, signed_up: Browsers
):
    ada = await signed_up("Ada")
    told = (await ada.get("/v1/account")).json()
    assert told["email"] == "ada@example.org"
    ((own, role, scopes),) = [(one["kind"], one["role"], one["scopes"]) for one in told["organisations"]]
    assert (own, role, scopes) == ("developer", "owner", ["read:data"])
    made = await ada.post("/v1/keys", json={"name": "my app", "scopes": ["read:data"]})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store"), made.text
    key, first = made.json()["api_key_id"], {"Authorization": f"Bearer {made.json()['secret']}"}
    assert (await callers.stranger.get("/v1/datasets", headers=first)).status_code == 200
    turned = (await ada.post(f"/v1/keys/{key}/secret", json={"overlap_h": 2})).json()
    second = {"Authorization": f"Bearer {turned['secret']}"}
    for headers in (first, second):
        assert (await callers.stranger.get("/v1/datasets", headers=headers)).status_code == 200
    await callers.traffic.store()
    (used,) = (await ada.get("/v1/usage")).json()
    assert (used["key_name"], used["route"], used["status"], used["request_count"]) == (
        "my app", "GET /v1/datasets", 200, 3
    )  # fmt: skip
    assert (await callers.stranger.get("/v1/usage", headers=second)).json() == [used]
    assert (await ada.delete(f"/v1/keys/{key}")).status_code == 204
    assert (await callers.stranger.get("/v1/datasets", headers=second)).status_code == 401
    assert (await ada.get("/v1/keys")).json() == []
    beyond = await ada.post("/v1/keys", json={"name": "more", "scopes": ["write:data"]})
    assert (beyond.status_code, beyond.json()["code"]) == (403, "scope_beyond_role")
    audited = ask(callers.url, "SELECT action, actor FROM somel.audit_entry WHERE action LIKE 'key.%' ORDER BY number")
    assert audited == [(f"key.{what}", f"account/{told['account_id']}") for what in ("made", "rotated", "revoked")]


async def test_a_developer_is_no_partner_and_is_shown_to_nobody(callers: Callers, signed_up: Browsers):
    await callers.ilevia.post("/v1/datasets", json=VELO | {"openness": "partners"})
    ada = await signed_up("ada")
    secret = (await ada.post("/v1/keys", json={"name": "app", "scopes": ["read:data"]})).json()["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await callers.lille.get("/v1/datasets/velo")).status_code == 200
    assert (await callers.stranger.get("/v1/datasets/velo", headers=headers)).status_code == 404
    names = [one["name"] for one in (await callers.lille.get("/v1/organisations")).json()["items"]]
    assert names == ["ilevia", "lille"]


async def test_sign_in_refuses_guesses_and_closes_for_a_while(callers: Callers, signed_up: Browsers):
    await signed_up("ada")
    guest = browser(callers)
    again = await guest.post("/v1/account", json=credentials("ada"))
    assert (again.status_code, again.json()["code"]) == (409, "already_exists")
    weak = await guest.post("/v1/account", json=credentials("bob", "aaaaaaaaaaaaaaaa"))
    assert (weak.status_code, weak.json()["code"]) == (422, "passphrase_weak")
    for name in ("nobody", *["ada"] * 5):
        wrong = await guest.post("/v1/session", json=credentials(name, "some other words"))
        assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_refused")
    closed = await guest.post("/v1/session", json=credentials("ada"))
    assert closed.json() == wrong.json(), "nobody is told that it was right this time"
    ask(callers.url, "UPDATE catalogue.account SET closed_until = clock_timestamp()")
    assert (await guest.post("/v1/session", json=credentials("ada"))).json()["signed_in"]
    assert (await guest.get("/v1/session")).json() == {"signed_in": True, "email": "ada@example.org"}
    # more than the quota at once: where a machine is slow, some of it has come back since
    many = [(await guest.post("/v1/session", json={})).status_code for _ in range(100)]
    assert many[-1] == 429
    assert (await guest.get("/v1/session")).status_code == 200, "only signing in is measured so tightly"


async def test_a_session_ends_and_another_sites_page_cannot_use_it(callers: Callers, signed_up: Browsers):
    ada = await signed_up("ada")
    cookie = (await browser(callers).post("/v1/session", json=credentials("ada"))).headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/enjoy"))
    body = {"name": "theirs", "scopes": ["read:data"]}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
        foreign = await ada.post("/v1/keys", json=body, headers=headers)
        assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_foreign")
    changed = await ada.put("/v1/account/passphrase", json={"old": "wrong words here", "new": "entirely new words"})
    assert changed.status_code == 401
    changed = await ada.put("/v1/account/passphrase", json={"old": PASSPHRASE, "new": "entirely new words"})
    assert changed.status_code == 204
    assert (await ada.get("/v1/account")).status_code == 401, "all browsers are signed out"
    assert (await ada.post("/v1/session", json=credentials("ada", "entirely new words"))).status_code == 200
    kept = dict(ada.cookies)
    assert (await ada.delete("/v1/session")).json()["signed_in"] is False
    thief = browser(callers)
    thief.cookies.update(kept)
    stolen = await thief.get("/v1/account")
    assert (stolen.status_code, stolen.json()["code"]) == (401, "session_missing")


async def test_people_join_by_invitation_as_what_it_says_and_an_owner_is_always_left(
    callers: Callers, signed_up: Browsers
):
    ada, bob, eve = [await signed_up(name) for name in ("ada", "bob", "eve")]
    ilevia = {"organisation": "ilevia"}
    joined = await ada.post("/v1/invitations/take", json={"secret": await invite(callers, "ilevia", "owner")})
    assert (joined.json()["role"], joined.json()["organisation"]) == ("owner", "ilevia")
    for path in ("/v1/keys", "/v1/members", "/v1/invitations", "/v1/usage", "/v1/usage/datasets"):
        outsider = await eve.get(path, params=ilevia)
        assert (outsider.status_code, outsider.json()["code"]) == (404, "organisation_unknown"), path
        assert (await ada.get(path, params=ilevia)).status_code == 200
    link = (await ada.post("/v1/invitations", params=ilevia, json={"role": "reader"})).json()["link"]
    secret = link.partition("invitation=")[2]
    assert (await bob.post("/v1/invitations/take", json={"secret": secret})).json()["role"] == "reader"
    twice = await eve.post("/v1/invitations/take", json={"secret": secret})
    assert (twice.status_code, twice.json()["code"]) == (422, "invitation_invalid")
    writing = {"name": "feed", "scopes": ["read:data", "write:data"]}
    assert (await bob.post("/v1/keys", params=ilevia, json=writing)).json()["code"] == "scope_beyond_role"
    key = (await ada.post("/v1/keys", params=ilevia, json=writing)).json()
    assert key["organisation"] == "ilevia"
    assert (await bob.delete(f"/v1/keys/{key['api_key_id']}", params=ilevia)).status_code == 403
    assert (await bob.post("/v1/invitations", params=ilevia, json={"role": "owner"})).json()["code"] == "owner_needed"
    assert (await bob.delete(f"/v1/keys/{key['api_key_id']}")).status_code == 404, "it is not of his own organisation"
    numbers = {one["email"][:3]: one["account_id"] for one in (await bob.get("/v1/members", params=ilevia)).json()}
    assert (await bob.put(f"/v1/members/{numbers['bob']}", params=ilevia, json={"role": "owner"})).status_code == 403
    last = await ada.delete(f"/v1/members/{numbers['ada']}", params=ilevia)
    assert (last.status_code, last.json()["code"]) == (409, "last_owner")
    erased = await ada.post("/v1/account/erasure", json={"passphrase": PASSPHRASE})
    assert erased.json()["code"] == "last_owner"
    promoted = await ada.put(f"/v1/members/{numbers['bob']}", params=ilevia, json={"role": "owner"})
    assert promoted.status_code == 204
    assert (await bob.put("/v1/members/999999", params=ilevia, json={"role": "owner"})).status_code == 404
    assert (await ada.delete(f"/v1/members/{numbers['ada']}", params=ilevia)).status_code == 204
    assert (await ada.get("/v1/keys", params=ilevia)).status_code == 404
    opened = (await bob.post("/v1/invitations", params=ilevia, json={"role": "publisher"})).json()
    assert len((await bob.get("/v1/invitations", params=ilevia)).json()) == 1
    await bob.delete(f"/v1/invitations/{opened['invitation_id']}", params=ilevia)
    assert (await bob.get("/v1/invitations", params=ilevia)).json() == []


async def test_many_requests_of_one_page_do_not_wait_for_each_other(callers: Callers, signed_up: Browsers):
    ada = await signed_up("ada")
    async with asyncio.timeout(5):  # a connection that waits for another would wait for ten seconds
        answers = await asyncio.gather(*(ada.get(path) for path in ("/v1/keys", "/v1/usage", "/v1/account") * 8))
    assert {one.status_code for one in answers} == {200}


async def test_who_wants_to_be_forgotten_is(callers: Callers, signed_up: Browsers):
    ada = await signed_up("ada")
    secret = (await ada.post("/v1/keys", json={"name": "app", "scopes": ["read:data"]})).json()["secret"]
    assert (await ada.post("/v1/account/erasure", json={"passphrase": PASSPHRASE})).status_code == 204
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await callers.stranger.get("/v1/datasets", headers=headers)).status_code == 401
    assert (await ada.get("/v1/account")).status_code == 401
    assert (await ada.post("/v1/session", json=credentials("ada"))).status_code == 401
    assert ask(callers.url, "SELECT count(*) FROM catalogue.account WHERE email LIKE '%ada%'") == [(0,)]


async def test_a_publisher_learns_how_many_read_its_datasets_and_not_who(callers: Callers, signed_up: Browsers):
    await callers.ilevia.post("/v1/datasets", json=VELO | {"openness": "open"})
    for reader in (callers.ilevia, callers.lille, callers.lille, callers.stranger):
        await reader.get("/v1/datasets/velo")
    await callers.stranger.get("/v1/datasets/nothing")
    await callers.traffic.store()
    (day,) = (await callers.ilevia.get("/v1/usage/datasets")).json()
    assert {name: day[name] for name in ("dataset", "request_count", "stranger_count", "organisation_count")} == {
        "dataset": "velo", "request_count": 3, "stranger_count": 1, "organisation_count": 1,
    }  # fmt: skip
    assert (await callers.lille.get("/v1/usage/datasets")).json() == []
    other = await callers.lille.get("/v1/usage", params={"organisation": "ilevia"})
    assert (other.status_code, other.json()["code"]) == (403, "organisation_not_own")
    assert (await callers.stranger.get("/v1/usage")).json()["code"] == "session_missing"


def test_a_passphrase_is_kept_salted_and_slow():
    kept = hash_passphrase(PASSPHRASE)
    assert kept != hash_passphrase(PASSPHRASE)
    assert (is_right(PASSPHRASE, kept), is_right("another", kept), is_right("", NOBODY)) == (True, False, False)
    with pytest.raises(InputError, match="passphrase_weak"):
        check_passphrase("ada.lovelace is me", "ada.lovelace@example.org")
