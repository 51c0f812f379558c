"""Passes are sold once however often it is asked; a code opens each; what was used is not taken back."""

import base64
import csv
import io
import zipfile
from datetime import timedelta
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from core.signature import make_key, public_key_of
from db.connection import Role, connect
from enjoy.passes.signing import published_keys
from enjoy.passes.tourism.ending import end_over
from enjoy.passes.tourism.using import Admission, note_admission
from enjoy.passes.wallets.google import SAVE
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Reason
from tests.api.enjoy.passes.tourism.conftest import Trade, on_sale, sold
from tests.api.enjoy.passes.tourism.test_products import refused
from tests.enjoy.passes.wallets.authority import public_key

SALES = "/v1/tourism/sales"


def device_key() -> str:
    return public_key_of(make_key())


async def admit(trade: Trade, venue: str = "beaux-arts") -> None:
    """Record an admission of the one pass that was opened, as readers do."""
    async with await connect(trade.url, Role.ENJOY_PASS) as connection:
        ((subject, venue_id),) = trade.ask(
            "SELECT subject_id, venue_id FROM pass.sold_pass, pass.venue"
            " WHERE subject_id IS NOT NULL AND cancelled_at IS NULL AND name = %s",
            venue,
        )
        admission = Admission(UUID(str(subject)), venue_id, trade.now, is_offline=False, is_flagged=False)
        assert await note_admission(connection, admission)


async def presented(trade: Trade, text: str) -> Presented | Reason:
    async with await connect(trade.url, Role.ENJOY_PASS) as connection:
        keys = await published_keys(connection, trade.now)
    return read_presented(text, keys, trade.now)


async def the_same_request_sells_once_and_tells_the_same_codes_for_a_day(trade: Trade) -> None:
    body, key = {"product": "city-pass-48", "pass_count": 3, "reference": "A-118"}, {"Idempotency-Key": "A-118"}
    first = await trade.office.post(SALES, json=body, headers=key)
    assert (first.status_code, first.headers["Cache-Control"]) == (201, "no-store"), first.text
    told = first.json()
    assert (told["total_eur_cent"], told["payment"], len(told["passes"])) == (13_500, "seller", 3)
    assert len({one["claim"] for one in told["passes"]}) == 3
    again = await trade.office.post(SALES, json=body, headers=key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (told, "true")
    refused(await trade.office.post(SALES, json=body | {"pass_count": 4}, headers=key), 422, "idempotency_key_reused")
    stored = repr(trade.ask("SELECT sold_pass::text FROM pass.sold_pass")) + repr(
        trade.ask("SELECT sale::text FROM pass.sale")
    )
    assert not any(one["claim"] in stored or one["claim"].replace("-", "") in stored for one in told["passes"])
    await end_over(trade.lend, now=trade.later(hours=25))
    other = (await trade.office.post(SALES, json=body, headers=key)).json()
    assert other["sale_id"] != told["sale_id"], "a key is forgotten after a day, and with it the codes"


async def vouchers_come_as_a_list_to_print_and_those_left_over_are_taken_back(trade: Trade) -> None:
    body = {"product": "city-pass-48", "kind": "voucher", "pass_count": 5}
    answer = await trade.office.post(SALES, json=body, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5"]
    typed = rows[0]["claim"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert (await trade.stranger.get(f"/v1/tourism/passes/{typed}")).json()["state"] == "ready"
    refused(await trade.stranger.get("/v1/tourism/passes/00000-00000-00000-00000"), 404, "claim_unknown")
    ((sale_id,),) = trade.ask("SELECT sale_id::text FROM pass.sale")
    cancellation = f"{SALES}/{sale_id}/cancellation"
    refused(await trade.hotel.post(cancellation, json={}), 404, "sale_unknown")
    refused(await trade.office.post(cancellation, json={"numbers": [6]}), 404, "sold_pass_unknown")
    token = await trade.stranger.post(f"/v1/tourism/passes/{typed}/tokens", json={"device_key": device_key()})
    assert token.status_code == 200, token.text
    await admit(trade)
    refused(await trade.office.post(cancellation, json={"numbers": [1, 2]}), 409, "sold_pass_used")
    left = (await trade.office.post(cancellation, json={})).json()
    assert (left["cancelled_count"], left["started_count"], left["total_eur_cent"]) == (4, 1, 4_500)
    assert (await trade.stranger.get(f"/v1/tourism/passes/{rows[1]['claim']}")).json()["state"] == "cancelled"


async def test_vouchers_and_links_are_sold_once_and_those_left_over_are_taken_back(trade: Trade):
    await on_sale(trade)
    await vouchers_come_as_a_list_to_print_and_those_left_over_are_taken_back(trade)
    await the_same_request_sells_once_and_tells_the_same_codes_for_a_day(trade)


async def test_a_phone_has_its_own_code_and_another_phone_takes_its_place(trade: Trade):
    await on_sale(trade)
    claim = (await sold(trade))["passes"][0]["claim"]
    tokens, first, second = f"/v1/tourism/passes/{claim}/tokens", device_key(), device_key()
    refused(await trade.stranger.post(tokens, json={"device_key": "?" * 44}), 422, "device_key_invalid")
    told = (await trade.stranger.post(tokens, json={"device_key": first})).json()
    assert (told["service"], told["title"]) == ("city-pass", "Pass 48 heures")
    assert await presented(trade, told["text"]) is Reason.PROOF_MISSING, "the phone has to sign the moment as well"
    again = (await trade.stranger.post(tokens, json={"device_key": first})).json()
    assert again["token"] != told["token"]
    await trade.stranger.post(tokens, json={"device_key": second})
    states = trade.ask("SELECT encode(device_key, 'base64'), status FROM pass.token ORDER BY 1")
    assert {status for key, status in states if key == first} == {1}
    assert [status for key, status in states if key == second] == [0]
    assert trade.ask("SELECT kind, status FROM pass.medium ORDER BY status") == [
        ("phone", "active"),
        ("phone", "revoked"),
    ]
    assert trade.ask("SELECT kind, email, label FROM pass.holder") == [("anonymous", None, "")]
    raw = base64.b64decode(again["token"])
    assert b"city-pass" in raw
    assert b"48 heures" not in raw


async def test_wallets_and_paper_have_codes_that_readers_accept(trade: Trade):
    await on_sale(trade)
    claim = (await sold(trade))["passes"][0]["claim"]
    page = f"/tourism/passes/{claim}"
    apple = await trade.stranger.get(f"{page}/apple.pkpass")
    assert apple.headers["Content-Type"] == "application/vnd.apple.pkpass"
    assert apple.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(apple.content)) as folder:
        told = httpx.Response(200, content=folder.read("pass.json")).json()
    shown = await presented(trade, told["barcodes"][0]["message"])
    assert isinstance(shown, Presented), shown
    assert (shown.token.service, [right.number for right in shown.token.rights]) == ("city-pass", [1])
    google = await trade.stranger.get(f"{page}/google")
    assert google.status_code == 303
    address = google.headers["Location"]
    claims = jwt.decode(address.removeprefix(SAVE), RSAKey.import_key(public_key()), algorithms=["RS256"]).claims
    (one,) = claims["payload"]["genericObjects"]
    other = await presented(trade, one["barcode"]["value"])
    assert isinstance(other, Presented), other
    assert other.token.token_id != shown.token.token_id
    assert len(address) < 3_500, "browsers and messengers take it"
    paper = await trade.stranger.post(f"{page}/paper")
    assert (paper.status_code, "<svg" in paper.text) == (200, True)
    assert trade.ask("SELECT count(*) FROM pass.token WHERE status = 0") == [(3,)]
    await trade.stranger.get(f"{page}/apple.pkpass")
    assert trade.ask("SELECT count(*) FROM pass.token WHERE status = 0") == [(3,)], "asked again, it is replaced"
    trade.ask("UPDATE pass.service SET proof = 'device'")
    assert (await trade.stranger.get(f"/v1/tourism/passes/{claim}")).json()["apple"] is False
    for answer in (
        await trade.stranger.get(f"{page}/apple.pkpass"),
        await trade.stranger.get(f"{page}/google"),
        await trade.stranger.post(f"{page}/paper"),
    ):
        refused(answer, 403, "still_code_refused")


async def a_pass_that_begins_at_a_chosen_time_is_shown_from_then_on(trade: Trade) -> None:
    await on_sale(trade, name="city-pass-dated", starts_at_first_use=False)
    refused(await trade.office.post(SALES, json={"product": "city-pass-dated"}), 422, "pass_start_invalid")
    start = trade.now + timedelta(days=3)
    far = {"product": "city-pass-dated", "starts_at": (start + timedelta(days=1000)).isoformat()}
    refused(await trade.office.post(SALES, json=far), 422, "pass_start_invalid")
    claim = (await sold(trade, product="city-pass-dated", starts_at=start.isoformat()))["passes"][0]["claim"]
    tokens = f"/v1/tourism/passes/{claim}/tokens"
    refused(await trade.stranger.post(tokens, json={"device_key": device_key()}), 409, "sold_pass_early")
    trade.later(days=3, hours=1)
    assert (await trade.stranger.post(tokens, json={"device_key": device_key()})).status_code == 200
    await admit(trade)
    told = (await trade.stranger.get(f"/v1/tourism/passes/{claim}")).json()
    assert (told["state"], told["ends_at"]) == (
        "begun",
        (start + timedelta(hours=48)).isoformat().replace("+00:00", "Z"),
    )
    trade.later(days=2)
    refused(await trade.stranger.post(tokens, json={"device_key": device_key()}), 410, "sold_pass_over")


async def a_product_that_is_not_on_sale_is_not_sold_and_one_that_was_not_begun_lapses(trade: Trade) -> None:
    await on_sale(trade, use_within_days=1)
    claim = (await sold(trade))["passes"][0]["claim"]
    await trade.office.patch("/v1/tourism/products/city-pass-48", json={"is_on_sale": False})
    refused(await trade.office.post(SALES, json={"product": "city-pass-48"}), 409, "product_not_on_sale")
    refused(await trade.office.post(SALES, json={"product": "none-such"}), 404, "product_unknown")
    trade.later(days=2)
    tokens = f"/v1/tourism/passes/{claim}/tokens"
    refused(await trade.stranger.post(tokens, json={"device_key": device_key()}), 410, "sold_pass_lapsed")


async def test_a_pass_is_used_in_its_time_alone(trade: Trade):
    await a_product_that_is_not_on_sale_is_not_sold_and_one_that_was_not_begun_lapses(trade)
    await a_pass_that_begins_at_a_chosen_time_is_shown_from_then_on(trade)


async def test_a_pass_is_taken_into_a_card_and_its_link_opens_nothing_more(trade: Trade):
    await on_sale(trade)
    first, second = [one["claim"] for one in (await sold(trade, pass_count=2))["passes"]]
    ada = httpx.AsyncClient(
        transport=trade.stranger._transport,
        base_url="http://somel.test/enjoy",
        headers={"Origin": "http://somel.test"},
    )
    address = f"/v1/tourism/passes/{first}"
    refused(await ada.post(f"{address}/account"), 401, "card_session_missing")
    assert (await ada.post("/v1/card", json={})).status_code == 201
    await trade.stranger.get(f"/tourism/passes/{first}/apple.pkpass")
    assert (await ada.post(f"{address}/account")).status_code == 204
    assert (await trade.stranger.get(address)).json()["state"] == "in_account"
    refused(await trade.stranger.post(f"{address}/tokens", json={"device_key": device_key()}), 409, "sold_pass_taken")
    refused(await ada.post(f"{address}/account"), 409, "sold_pass_taken")
    refused(await ada.post(f"/v1/tourism/passes/{second}/account"), 409, "pass_held_already")
    assert [one["service"] for one in (await ada.get("/v1/card/services")).json()] == ["city-pass"]
    assert [one["label"] for one in (await ada.get("/v1/card/media")).json()] == ["Apple Wallet"]
    assert trade.ask("SELECT left_on IS NULL, count(*) FROM pass.holder GROUP BY 1 ORDER BY 1") == [
        (False, 1),
        (True, 1),
    ]
    assert trade.ask("SELECT DISTINCT status FROM pass.token") == [(0,)], "what is in a wallet stays good"
    await ada.aclose()
