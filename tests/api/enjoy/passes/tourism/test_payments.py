"""A sale that is paid at a provider's page opens nothing before, and only the provider says that it is paid."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.settings import read_settings
from enjoy.passes.tourism.paying import PAYABLE_FOR, expire_over
from enjoy.passes.tourism.refunding import Refunding
from enjoy.payment import REQUEST, Outcome, result_of, verify
from outward.callbacks import Callbacks
from outward.signing import signed_headers
from tests.api.enjoy.passes.tourism.conftest import Trade, on_sale, sold
from tests.api.enjoy.passes.tourism.test_products import refused
from tests.api.enjoy.passes.tourism.test_sales import device_key
from tests.api.webhooks.subscriber import Heard, said, subscriber

PROVIDER = {"url": "https://8.8.8.8/pay", "notify_url": "https://8.8.8.8/refunds"}
PRICE = 4_500


def request_at(page: str) -> str:
    (request,) = parse_qs(urlsplit(page).query)["request"]
    return request


class Till:
    """A payment provider: it knows the secret, and says what came of payments."""

    def __init__(self, trade: Trade, secret: str) -> None:
        self.trade, self.secret = trade, base64.b64decode(secret.removeprefix("whsec_"))

    def says(self, sale: str, message: str, amount: int, outcome: Outcome = "paid", *, valid_s: int = 600) -> str:
        until = self.trade.now + timedelta(seconds=valid_s)
        return result_of(
            self.secret, message_id=message, reference=sale, amount_eur_cent=amount, outcome=outcome, until=until
        )

    def asked(self, page: str) -> dict[str, Any]:
        """Return what it is asked for at the address of its page."""
        return verify(request_at(page), REQUEST, self.secret)

    async def tell(self, sale: str, text: str) -> Any:
        return await self.trade.stranger.post(f"/v1/tourism/sales/{sale}/payment-result", json={"result": text})

    async def paid(self, sale: str, message: str, amount: int = PRICE) -> None:
        answer = await self.tell(sale, self.says(sale, message, amount))
        assert answer.status_code == 204, answer.text


@pytest.fixture
async def till(trade: Trade) -> Till:
    """Have the product on sale, and the office a provider."""
    await on_sale(trade)
    answer = await trade.office.put("/v1/tourism/payment", json=PROVIDER)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), answer.text
    return Till(trade, answer.json()["secret"])


async def of(trade: Trade, sale: str) -> tuple[str, int, int]:
    told = (await trade.office.get(f"/v1/tourism/sales/{sale}")).json()
    return told["payment"], told["cancelled_count"], told["refund_eur_cent"]


def refunds(trade: Trade) -> list[tuple[Any, ...]]:
    return trade.ask("SELECT amount_eur_cent, reason, status FROM pass.refund ORDER BY made_at, amount_eur_cent")


async def opens(trade: Trade, claim: str) -> Any:
    return await trade.stranger.post(f"/v1/tourism/passes/{claim}/tokens", json={"device_key": device_key()})


async def is_paid_by_nothing_else(till: Till, sale: str, other: str, page: str) -> None:
    """Refuse what is not the provider's, what we said ourselves, too old, too little, another sale's."""
    until = till.trade.later(minutes=1)
    forged = result_of(b"x" * 32, message_id="m", reference=sale, amount_eur_cent=PRICE, outcome="paid", until=until)
    for text in (forged, request_at(page), till.says(sale, "m0", PRICE, valid_s=-1)):
        refused(await till.tell(sale, text), 422, "payment_result_invalid")
    refused(await till.tell(sale, till.says(sale, "m1", PRICE - 1)), 409, "payment_result_other")
    refused(await till.tell(sale, till.says(other, "m2", PRICE)), 409, "payment_result_other")
    refused(await till.tell("1f0c4c8e-51a5-4b39-9f6a-6f8f0a1a2b3c", forged), 404, "sale_unknown")


async def test_a_pass_opens_once_the_provider_says_that_it_is_paid_and_by_nobody_elses_word(trade: Trade, till: Till):
    made, other = await sold(trade, payment="handoff"), await sold(trade, payment="handoff")
    sale, claim = made["sale_id"], made["passes"][0]["claim"]
    assert (made["payment"], made["payment_due_at"]) == ("awaited", "2026-11-25T11:30:00Z")
    assert (await trade.stranger.get(f"/v1/tourism/passes/{claim}")).json()["state"] == "unpaid"
    refused(await opens(trade, claim), 409, "sold_pass_unpaid")
    refused(await trade.stranger.get(f"/tourism/passes/{claim}/apple.pkpass"), 409, "sold_pass_unpaid")

    address = f"/v1/tourism/sales/{sale}/payment"
    refused(await trade.hotel.post(address), 404, "sale_unknown")
    assert (await trade.stranger.post(address)).status_code == 401
    page = (await trade.office.post(address, json={"return_url": "https://hotel.example/paid"})).json()["url"]
    assert page.startswith("https://8.8.8.8/pay?request=")
    asked = till.asked(page)
    assert (asked["reference"], asked["payee"], asked["amount_eur_cent"]) == (sale, "office", PRICE)
    assert asked["exp"] - asked["iat"] == PAYABLE_FOR.total_seconds()
    assert asked["return_url"] == "https://hotel.example/paid"
    assert asked["notify_url"] == f"https://enjoy.example/enjoy/v1/tourism/sales/{sale}/payment-result"
    assert claim not in page

    await is_paid_by_nothing_else(till, sale, other["sale_id"], page)
    failed = await till.tell(sale, till.says(sale, "m3", PRICE, "failed"))
    assert (failed.status_code, await of(trade, sale)) == (204, ("awaited", 0, 0)), "it may be tried again"

    good = till.says(sale, "m4", PRICE)
    for _ in range(2):  # by the browser, and by the provider
        assert (await till.tell(sale, good)).status_code == 204
    assert await of(trade, sale) == ("paid", 0, 0)
    assert trade.ask("SELECT count(*) FROM pass.payment_message WHERE message_id = 'm4'") == [(1,)]
    assert (await opens(trade, claim)).status_code == 200
    refused(await till.tell(sale, till.says(sale, "m5", PRICE)), 409, "sale_paid_already")
    refused(await trade.office.post(address), 409, "sale_not_payable")
    assert await of(trade, other["sale_id"]) == ("awaited", 0, 0), "the other sale is not paid by it"
    assert refunds(trade) == []


async def test_a_sale_that_is_not_paid_in_time_is_taken_back_and_what_comes_late_is_given_back(
    trade: Trade, till: Till
):
    first, second = [await sold(trade, payment="handoff", pass_count=2) for _ in range(2)]
    assert await expire_over(trade.lend, now=trade.later(minutes=29)) == 0
    trade.later(minutes=1)
    refused(await trade.office.post(f"/v1/tourism/sales/{first['sale_id']}/payment"), 409, "sale_not_payable")
    # late, before the job came by, and after
    await till.paid(first["sale_id"], "m1", 2 * PRICE)
    assert await of(trade, first["sale_id"]) == ("failed", 2, 2 * PRICE)
    assert await expire_over(trade.lend, now=trade.now) == 1
    assert await of(trade, second["sale_id"]) == ("failed", 2, 0)
    claim = second["passes"][0]["claim"]
    assert (await trade.stranger.get(f"/v1/tourism/passes/{claim}")).json()["state"] == "cancelled"
    await till.paid(second["sale_id"], "m2", 2 * PRICE)
    await till.paid(second["sale_id"], "m2", 2 * PRICE)
    assert await of(trade, second["sale_id"]) == ("failed", 2, 2 * PRICE)
    assert refunds(trade) == [(2 * PRICE, "paid_too_late", "pending")] * 2
    refused(await opens(trade, claim), 410, "sold_pass_cancelled")
    assert await expire_over(trade.lend, now=trade.later(days=1)) == 0


def signed_by(till: Till, told: Heard) -> dict[str, str]:
    """Return the headers of what was told; the provider's secret signed them."""
    sent = dict(told.headers)
    stamp = datetime.fromtimestamp(int(sent["webhook-timestamp"]), UTC)
    signed = signed_headers([till.secret], sent["webhook-id"], told.body, stamp)
    assert ("webhook-signature", sent["webhook-signature"]) in signed
    return sent


async def test_the_provider_is_told_what_it_gives_back_until_it_takes_it(trade: Trade, till: Till):
    sale = (await sold(trade, payment="handoff", pass_count=3))["sale_id"]
    cancellation = f"/v1/tourism/sales/{sale}/cancellation"
    await trade.office.post(cancellation, json={"numbers": [1]})
    assert refunds(trade) == [], "nothing was paid yet"
    await till.paid(sale, "m1", 3 * PRICE)
    assert (await of(trade, sale), refunds(trade)) == (("paid", 1, PRICE), [(PRICE, "cancelled", "pending")])
    told = Refunding(read_settings(api_port=0), door=Callbacks(is_development=True), wall=trade.hands)
    with subscriber(said(500)) as server:
        address = f"http://localhost:{server.port}/refunds"
        trade.ask("UPDATE pass.payment_provider SET notify_url = %s RETURNING 1", address)
        await told(trade.lend, trade.hands)
        server.reply = said(204)
        await told(trade.lend, trade.hands)
        assert len(server.posted) == 1, "what was not taken is not tried at once again"
        trade.later(hours=2)
        await told(trade.lend, trade.hands)
        first, again = server.posted
    assert first.body == again.body
    assert dict(first.headers)["webhook-id"] == signed_by(till, again)["webhook-id"]
    assert json.loads(again.body) == {
        "type": "somel.enjoy.payment.refund_due",
        "reference": sale,
        "amount_eur_cent": PRICE,
        "currency": "EUR",
        "reason": "cancelled",
    }
    assert refunds(trade) == [(PRICE, "cancelled", "sent")]
    # taken back after it was paid: those that were taken back before are not given back twice
    trade.later(minutes=1)
    await trade.office.post(cancellation, json={"numbers": [1, 2]})
    await trade.office.post(cancellation, json={"numbers": [2]})
    assert await of(trade, sale) == ("paid", 2, 2 * PRICE)
    assert refunds(trade) == [(PRICE, "cancelled", "sent"), (PRICE, "cancelled", "pending")]
    assert (await trade.office.delete("/v1/tourism/payment")).status_code == 204
    await told(trade.lend, trade.hands)
    assert refunds(trade)[1] == (PRICE, "cancelled", "dead"), "nowhere to tell it: it stays written down"


async def test_only_what_can_be_paid_at_the_offices_provider_is_handed_off(trade: Trade, till: Till):
    body = {"product": "city-pass-48", "payment": "handoff"}
    refused(await trade.office.post("/v1/tourism/sales", json=body | {"kind": "voucher"}), 422, "handoff_refused")
    mine = (await sold(trade))["sale_id"]
    refused(await trade.office.post(f"/v1/tourism/sales/{mine}/payment"), 409, "sale_not_payable")
    refused(await till.tell(mine, till.says(mine, "m1", PRICE)), 409, "sale_not_payable")
    # a hotel that sells: the office is paid
    await trade.office.put("/v1/tourism/services/city-pass/sellers/hotel")
    sale = (await trade.hotel.post("/v1/tourism/sales", json=body)).json()["sale_id"]
    url = (await trade.hotel.post(f"/v1/tourism/sales/{sale}/payment")).json()["url"]
    asked = till.asked(url)
    assert (asked["payee"], asked["return_url"]) == ("office", "https://enjoy.example/enjoy/tourism")
    await trade.office.patch("/v1/tourism/products/city-pass-48", json={"price_eur_cent": 0})
    refused(await trade.office.post("/v1/tourism/sales", json=body), 422, "handoff_refused")
    await trade.office.patch("/v1/tourism/products/city-pass-48", json={"price_eur_cent": PRICE})
    bad = await trade.office.put("/v1/tourism/payment", json={"url": "https://127.0.0.1/pay"})
    assert bad.status_code == 422, bad.text
    assert (await trade.office.delete("/v1/tourism/payment")).status_code == 204
    refused(await trade.office.post("/v1/tourism/sales", json=body), 409, "handoff_not_offered")
    refused(await trade.hotel.post(f"/v1/tourism/sales/{sale}/payment"), 409, "sale_not_payable")
