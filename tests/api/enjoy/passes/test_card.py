"""Whoever wants a card account has one, with a name or without; nobody else gets in."""

from datetime import timedelta

from enjoy.passes.recovery import RecoveryCode, read_recovery_code
from tests.api.enjoy.passes.conftest import PASSPHRASE, Hall
from tests.db.village import ask
from tests.enjoy.passes.town import NOON


async def test_an_anonymous_account_is_made_left_and_found_again_by_its_code_alone(hall: Hall) -> None:
    ada, made = await hall.holder(language="en")
    assert (made["kind"], made["email"], len(made["code"])) == ("anonymous", None, 29)
    assert (await ada.get("/v1/card")).headers["cache-control"] == "no-store"
    held = ask(hall.town.url, "SELECT row_to_json(holder)::text FROM pass.holder")[0][0]
    signs = made["code"].replace("-", "")
    assert signs[8:] not in held
    assert signs[8:24] not in held
    assert (await ada.delete("/v1/card/session")).json() == {"signed_in": False, "kind": None}
    answer = await ada.get("/v1/card")
    assert (answer.status_code, answer.json()["code"]) == (401, "card_session_missing")
    typed = made["code"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await ada.post("/v1/card/session", json={"code": typed})).json() == {
        "signed_in": True,
        "kind": "anonymous",
    }
    assert (await ada.get("/v1/card")).json()["language"] == "en"


async def test_a_slip_in_a_code_is_told_from_a_wrong_one_and_wrong_ones_close_the_account_for_a_while(
    hall: Hall,
) -> None:
    _, made = await hall.holder()
    bob, other = await hall.holder()
    slip = made["code"][:-2] + made["code"][-1] + made["code"][-2]
    answer = await bob.post("/v1/card/session", json={"code": slip})
    if slip != made["code"]:
        assert (answer.status_code, answer.json()["code"]) == (422, "code_mistyped")
    wrong = _crossed(made["code"], other["code"])
    for _ in range(5):
        answer = await bob.post("/v1/card/session", json={"code": wrong})
        assert (answer.status_code, answer.json()["code"]) == (401, "card_sign_in_refused")
    assert (await bob.post("/v1/card/session", json={"code": made["code"]})).status_code == 401
    hall.wall.set(NOON + timedelta(minutes=1))
    assert (await bob.post("/v1/card/session", json={"code": made["code"]})).status_code == 200


def _crossed(handle_of: str, secret_of: str) -> str:
    return RecoveryCode(read_recovery_code(handle_of).handle, read_recovery_code(secret_of).secret).text


async def test_an_account_becomes_named_and_anonymous_again_and_other_browsers_are_signed_out(hall: Hall) -> None:
    ada, made = await hall.holder()
    phone = hall.browser()
    assert (await phone.post("/v1/card/session", json={"code": made["code"]})).status_code == 200
    wanted = {"old": made["code"], "email": "Ada@example.org", "passphrase": PASSPHRASE}
    named = (await ada.put("/v1/card/sign-in", json=wanted)).json()
    assert (named["kind"], named["email"], named["code"]) == ("named", "ada@example.org", None)
    assert (await phone.get("/v1/card")).status_code == 401
    assert (await phone.post("/v1/card/session", json={"code": made["code"]})).status_code == 401
    by_address = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    assert (await phone.post("/v1/card/session", json=by_address)).json()["kind"] == "named"
    assert (await ada.get("/v1/card")).status_code == 200
    again = (await ada.put("/v1/card/sign-in", json={"old": PASSPHRASE})).json()
    assert (again["kind"], again["email"]) == ("anonymous", None)
    assert again["code"] not in (None, made["code"])
    assert ask(hall.town.url, "SELECT count(*) FROM pass.holder WHERE email IS NOT NULL") == [(0,)]
    assert (await phone.post("/v1/card/session", json=by_address)).status_code == 401


async def test_another_site_gets_nowhere_and_half_a_name_is_refused(hall: Hall) -> None:
    ada, made = await hall.holder()
    foreign = {"Origin": "https://evil.example"}
    assert (await ada.post("/v1/card", json={}, headers=foreign)).json()["code"] == "origin_foreign"
    assert (await ada.get("/v1/card", headers=foreign)).status_code == 403
    for wanted in ({"email": "ada@example.org"}, {"passphrase": PASSPHRASE}):
        assert (await ada.post("/v1/card", json=wanted)).status_code == 422
    assert (await ada.post("/v1/card/session", json={"code": made["code"], "email": "a@b"})).status_code == 422
    weak = {"email": "ada@example.org", "passphrase": "short"}
    assert (await ada.post("/v1/card", json=weak)).json()["code"] == "passphrase_weak"
    (await hall.holder(email="bob@example.org", passphrase=PASSPHRASE))
    taken = {"email": "bob@example.org", "passphrase": PASSPHRASE}
    assert (await ada.post("/v1/card", json=taken)).json()["code"] == "already_exists"


async def test_a_session_ends_by_itself(hall: Hall) -> None:
    ada, _ = await hall.holder()
    assert (await ada.patch("/v1/card", json={"label": "Ada", "language": "en"})).json()["label"] == "Ada"
    hall.wall.set(NOON + timedelta(days=14))
    assert (await ada.get("/v1/card/session")).json() == {"signed_in": False, "kind": None}
