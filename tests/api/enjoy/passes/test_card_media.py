"""Cards, paper and phones are linked, lost, found and replaced; services are joined and left."""

import base64

import httpx

from core.signature import PUBLIC_KEY_BYTES
from tests.api.conftest import PASS_SECRET
from tests.api.enjoy.passes.conftest import Hall
from tests.db.village import ask
from tests.enjoy.passes.town import add_service

SERIAL = "0025 0000 1234567890"


async def joined(client: httpx.AsyncClient, *services: str) -> None:
    for service in services:
        answer = await client.post("/v1/card/services", json={"service": service})
        assert answer.status_code == 200, answer.text


async def linked(client: httpx.AsyncClient, kind: str = "card", **more: str) -> str:
    answer = await client.post("/v1/card/media", json={"kind": kind, **more})
    assert answer.status_code == 201, answer.text
    medium: str = answer.json()["medium"]
    return medium


async def test_a_card_is_linked_lost_found_and_replaced_and_its_serial_is_nowhere(hall: Hall) -> None:
    ada, _ = await hall.holder()
    await joined(ada, "pool", "library", "pool")
    assert [one["service"] for one in (await ada.get("/v1/card/services")).json()] == ["library", "pool"]
    card = await linked(ada, label="My card", serial=SERIAL)
    (told,) = (await ada.get("/v1/card/media")).json()
    assert (told["status"], told["services"], told["label"]) == ("active", ["library", "pool"], "My card")
    hashes = [row[0] for row in ask(hall.town.url, "SELECT serial_hmac FROM pass.card_serial")]
    assert len(set(map(bytes, hashes))) == 2
    dumped = ask(hall.town.url, "SELECT string_agg(row::text, '') FROM (SELECT card_serial::text AS row"
                 " FROM pass.card_serial UNION ALL SELECT medium::text FROM pass.medium) AS rows")  # fmt: skip
    assert "1234567890" not in dumped[0][0]
    assert PASS_SECRET not in dumped[0][0]
    assert (await ada.post(f"/v1/card/media/{card}/lost")).json()["status"] == "blocked"
    assert (await ada.post(f"/v1/card/media/{card}/found")).json()["status"] == "active"
    new = (await ada.post(f"/v1/card/media/{card}/replacement", json={"kind": "card", "serial": "12345678"})).json()
    assert (new["label"], new["services"]) == ("My card", ["library", "pool"])
    old = next(one for one in (await ada.get("/v1/card/media")).json() if one["medium"] == card)
    assert (old["status"], old["replaced_by"], old["services"]) == ("revoked", new["medium"], [])
    again = await ada.post(f"/v1/card/media/{card}/found")
    assert (again.status_code, again.json()["code"]) == (409, "medium_revoked")
    assert (await ada.patch(f"/v1/card/media/{new['medium']}", json={"label": "Other"})).json()["label"] == "Other"
    assert (await ada.delete(f"/v1/card/media/{new['medium']}")).status_code == 204
    assert ask(hall.town.url, "SELECT count(*) FROM pass.card_serial") == [(0,)]


async def test_the_card_of_another_holder_is_refused_without_a_word_of_whose_until_a_desk_frees_it(hall: Hall) -> None:
    ada, _ = await hall.holder(email="ada@example.org", passphrase="correct horse battery")
    bob, _ = await hall.holder()
    await joined(ada, "pool")
    await joined(bob, "pool")
    await linked(ada, serial=SERIAL)
    for other in (SERIAL, "1234567890", "0x00000000499602D2"):
        answer = await bob.post("/v1/card/media", json={"kind": "card", "serial": other})
        assert (answer.status_code, answer.json()["code"]) == (409, "card_linked_already")
        assert "ada" not in answer.text
    assert (await bob.get("/v1/card/media")).json() == []
    for malformed in ("123456789", "12345678901234567890", "0x123456", "12345678a9", "00000000"):
        answer = await bob.post("/v1/card/media", json={"kind": "card", "serial": malformed})
        assert answer.json()["code"] == "serial_malformed", malformed
    desk = hall.browser(Authorization=f"Bearer {await hall.key('lille')}")
    assert (await desk.post("/v1/desk/serials/free", json={"service": "pool", "serial": SERIAL})).status_code == 204
    gone = await desk.post("/v1/desk/serials/free", json={"service": "pool", "serial": SERIAL})
    assert (gone.status_code, gone.json()["code"]) == (404, "card_unknown")
    await linked(bob, serial=SERIAL)
    (entry,) = (await ada.get("/v1/card/access")).json()
    assert (entry["organisation"], entry["subject"], entry["purpose"]) == ("lille", "medium", "card freed")


async def test_a_further_service_asks_for_the_serial_again_and_notices_another_card(hall: Hall) -> None:
    ada, _ = await hall.holder()
    card = await linked(ada, serial=SERIAL)
    await joined(ada, "pool")
    wanted = {"medium": card, "serial": SERIAL}
    assert (await ada.post("/v1/card/serials", json=wanted)).json()["services"] == ["pool"]
    await joined(ada, "library")
    other = await ada.post("/v1/card/serials", json=wanted | {"serial": "9999999999"})
    assert other.json()["code"] == "card_serial_other"
    unknown = await ada.post("/v1/card/serials", json=wanted | {"services": ["opera"]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "service_not_joined")
    assert (await ada.post("/v1/card/serials", json=wanted | {"services": ["library"]})).json()["services"] == [
        "library",
        "pool",
    ]
    paper = await linked(ada, "paper")
    refused = await ada.post("/v1/card/serials", json=wanted | {"medium": paper})
    assert refused.json()["code"] == "medium_not_card"
    with_serial = await ada.post("/v1/card/media", json={"kind": "paper", "serial": SERIAL})
    assert with_serial.json()["code"] == "serial_not_fitting"


async def test_tokens_are_made_for_paper_and_phones_and_go_with_the_medium_or_the_service(hall: Hall) -> None:
    ada, _ = await hall.holder()
    bob, _ = await hall.holder()
    await joined(ada, "pool", "library")
    paper, phone = await linked(ada, "paper"), await linked(ada, "phone")
    still = (await ada.post("/v1/card/tokens", json={"service": "pool", "medium": paper})).json()
    assert still["text"].startswith("SMP1:")
    assert still["svg"].startswith("<svg")
    key = base64.b64encode(bytes(range(PUBLIC_KEY_BYTES))).decode()
    wanted = {"service": "library", "medium": phone, "device_key": key}
    bound = (await ada.post("/v1/card/tokens", json=wanted)).json()
    assert (bound["svg"], bound["title"]) == (None, "Library")
    foreign = await bob.post("/v1/card/tokens", json=wanted)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "service_not_joined")
    await joined(bob, "library")
    assert (await bob.post("/v1/card/tokens", json=wanted)).json()["code"] == "medium_unknown"
    assert (await bob.delete(f"/v1/card/media/{phone}")).status_code == 404
    await ada.post(f"/v1/card/media/{phone}/lost")
    told = {one["service"]: one["status"] for one in (await ada.get("/v1/card/tokens")).json()}
    assert told == {"pool": "valid", "library": "blocked"}
    await ada.post(f"/v1/card/media/{phone}/found")
    assert (await ada.delete("/v1/card/services/pool")).status_code == 204
    assert (await ada.delete("/v1/card/services/pool")).status_code == 404
    assert [one["service"] for one in (await ada.get("/v1/card/tokens")).json()] == ["library"]
    assert sorted(ask(hall.town.url, "SELECT status FROM pass.token")) == [(0,), (1,)]
    await joined(ada, "pool")
    assert ask(
        hall.town.url,
        "SELECT count(DISTINCT subject_id) FROM pass.subject WHERE service_id = %s",
        hall.town.services["pool"],
    ) == [(2,)]


async def test_who_was_blocked_does_not_escape_by_leaving_and_nobody_joins_what_is_closed_or_sold(hall: Hall) -> None:
    ada, _ = await hall.holder()
    await joined(ada, "pool")
    ask(hall.town.url, "UPDATE pass.subject SET is_blocked = true")
    assert (await ada.delete("/v1/card/services/pool")).status_code == 204
    codes = {"pool": "pass_blocked", "opera": "service_unknown", "city": "service_sold", "library": "service_closed"}
    add_service(hall.town, "city", kind="tourism")
    ask(hall.town.url, "UPDATE pass.service SET is_open = false WHERE name = 'library'")
    for service, code in codes.items():
        answer = await ada.post("/v1/card/services", json={"service": service})
        assert answer.json()["code"] == code, service


async def test_nobody_has_more_than_twenty_media(hall: Hall) -> None:
    ada, _ = await hall.holder()
    await linked(ada, "paper")
    ask(
        hall.town.url,
        "INSERT INTO pass.medium (holder_id, kind, created_on)"
        " SELECT holder_id, kind, created_on FROM pass.medium, generate_series(1, 19)",
    )
    answer = await ada.post("/v1/card/media", json={"kind": "paper"})
    assert (answer.status_code, answer.json()["code"]) == (409, "media_spent")


async def test_serials_cannot_be_tried_one_after_the_other(hall: Hall) -> None:
    ada, _ = await hall.holder()
    tried = [
        (await ada.post("/v1/card/media", json={"kind": "card", "serial": f"{number:010d}x"})).status_code
        for number in range(25)
    ]
    assert tried == [422] * 19 + [429] * 6
