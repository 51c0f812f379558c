"""Who guesses, replays or asks for what is another's gets nowhere, and nothing has changed afterwards."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx

from enjoy.payment import REQUEST, result_of, verify
from tests.api.enjoy.shops.conftest import Street
from tests.api.enjoy.shops.test_orders import asked, stocked
from tests.db.village import ask

ORDERS = "/v1/shops/le-fournil/orders"


async def ordered(street: Street, bread: int, slot: int, quantity: int = 1, **more: object) -> dict[str, Any]:
    made = await street.stranger.post(ORDERS, json=asked(bread, slot, quantity, **more))
    assert made.status_code == 201, made.text
    order: dict[str, Any] = made.json()
    return order


async def made_ready(merchant: httpx.AsyncClient, order: dict[str, Any]) -> str:
    address = f"/v1/merchant/orders/{order['order']}"
    for step in ("accept", "ready"):
        assert (await merchant.post(f"{address}/{step}")).status_code == 200
    return address


def state_of(street: Street, order: dict[str, Any]) -> object:
    [(state,)] = ask(street.url, "SELECT state FROM shop.customer_order WHERE order_id = %s", order["order"])
    return state


async def test_guessed_pickup_codes_close_the_order_for_a_while_whether_one_by_one_or_at_a_time(street: Street):
    merchant, bread, slot = await stocked(street)
    order = await ordered(street, bread, slot)
    early = await merchant.post(f"/v1/merchant/orders/{order['order']}/collect", json={"code": order["pickup_code"]})
    assert (early.status_code, early.json()["code"]) == (409, "order_not_so")
    address = f"{await made_ready(merchant, order)}/collect"
    guesses = [merchant.post(address, json={"code": f"{number:08}"}) for number in range(12)]
    said = [answer.json()["code"] for answer in await asyncio.gather(*guesses)]
    assert (said.count("pickup_code_wrong"), said.count("pickup_codes_closed")) == (5, 7)
    closed = await merchant.post(address, json={"code": order["pickup_code"]})
    assert (closed.status_code, closed.json()["code"]) == (409, "pickup_codes_closed"), "not even the right one"
    assert state_of(street, order) == "ready"
    street.pass_time(minutes=16)
    code = order["pickup_code"]
    handed = await merchant.post(address, json={"code": f" {code[:4].lower()} {code[4:]} "})
    assert (handed.status_code, handed.json()["state"]) == (200, "collected")
    again = await merchant.post(address, json={"code": code})
    assert (again.status_code, again.json()["code"]) == (409, "order_not_so"), "an order is handed out once"


async def test_who_guesses_at_many_orders_closes_the_shops_counter_for_a_while(street: Street):
    merchant, bread, slot = await stocked(street)
    await merchant.put("/v1/merchant/shop/ordering", json={"slot_min": 60, "slot_orders": 9, "slot_ahead_days": 2})
    orders = [await ordered(street, bread, slot) for _ in range(6)]
    addresses = [f"{await made_ready(merchant, order)}/collect" for order in orders]
    said = []
    for address in addresses[:5]:
        said += [(await merchant.post(address, json={"code": f"{number:08}"})).json()["code"] for number in range(4)]
    assert said == ["pickup_code_wrong"] * 20
    closed = await merchant.post(addresses[5], json={"code": orders[5]["pickup_code"]})
    assert closed.json()["code"] == "pickup_codes_closed"
    street.pass_time(minutes=16)
    assert (await merchant.post(addresses[5], json={"code": orders[5]["pickup_code"]})).status_code == 200


async def test_another_merchant_finds_neither_orders_nor_products_nor_slots(street: Street):
    _, bread, slot = await stocked(street)
    order = await ordered(street, bread, slot)
    other = await street.merchant("chez-paul", siret="356 000 000 00048")
    before = ask(street.url, "SELECT * FROM shop.customer_order"), ask(street.url, "SELECT * FROM shop.product")
    address = f"/v1/merchant/orders/{order['order']}"
    for method, path, body in (
        ("GET", address, None), ("POST", f"{address}/accept", None), ("POST", f"{address}/ready", None),
        ("POST", f"{address}/refuse", {"reason": "no"}), ("POST", f"{address}/collect", {"code": "00000000"}),
        ("PUT", f"/v1/merchant/products/{bread}", {"title": "x", "price_eur_cent": 1, "vat_ratio": 0.2}),
        ("POST", f"/v1/merchant/products/{bread}/stock", {"counted": 0}),
        ("GET", f"/v1/merchant/products/{bread}/movements", None),
        ("PUT", f"/v1/merchant/slots/{slot}", {"capacity_orders": 0}),
    ):  # fmt: skip
        answer = await other.request(method, path, json=body)
        assert (answer.status_code, path) == (404, path), answer.text
    assert (await other.get("/v1/merchant/orders")).json()["items"] == []
    foreign = await other.get("/v1/merchant/shop", params={"organisation": "le-fournil"})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "organisation_unknown")
    assert (await street.stranger.get("/v1/merchant/orders")).status_code == 401
    elsewhere = await street.stranger.post("/v1/shops/chez-paul/orders", json=asked(bread, slot))
    assert elsewhere.json()["code"] == "slot_unknown"
    assert before == (
        ask(street.url, "SELECT * FROM shop.customer_order"),
        ask(street.url, "SELECT * FROM shop.product"),
    )


async def test_the_secret_of_one_order_opens_no_other(street: Street):
    _, bread, slot = await stocked(street)
    mine, theirs = await ordered(street, bread, slot), await ordered(street, bread, slot)
    me = street.customer(mine)
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/payment")):
        answer = await me.request(method, f"/v1/orders/{theirs['order']}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "order_unknown")
        nothing = await street.stranger.request(method, f"/v1/orders/{theirs['order']}{path}")
        assert (nothing.status_code, nothing.json()["code"]) == (401, "order_secret_missing")
        assert nothing.headers["cache-control"] == "no-store"
    assert state_of(street, theirs) == "placed"
    assert (await me.get(f"/v1/orders/{mine['order']}")).json()["state"] == "placed"
    stored = str(ask(street.url, "SELECT * FROM shop.customer_order")) + str(
        ask(street.url, "SELECT * FROM shop.outbox")
    )
    assert mine["secret"] not in stored
    assert mine["pickup_code"] not in stored


async def test_the_same_request_again_is_one_order_and_its_key_opens_no_other_request(street: Street):
    _, bread, slot = await stocked(street)
    headers = {"Idempotency-Key": str(uuid4())}
    posts = [street.stranger.post(ORDERS, json=asked(bread, slot, 3), headers=headers) for _ in range(4)]
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.json()["order"], answer.json()["secret"]) for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotent-replayed", "") for answer in answers) == ["", "true", "true", "true"]
    assert ask(street.url, "SELECT count(*), sum(held) FROM shop.order_line") == [(1, 3)]
    other = await street.stranger.post(ORDERS, json=asked(bread, slot, 2), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def with_provider(street: Street, merchant: httpx.AsyncClient) -> bytes:
    """Let the shop have a provider; return the secret that they share."""
    secret = b"p" * 32
    ask(
        street.url,
        "UPDATE shop.shop SET provider_url = 'https://pay.test/', provider_notify_url = 'https://pay.test/refunds',"
        " provider_secret = %s RETURNING 1",
        secret,
    )
    assert (await merchant.get("/v1/merchant/shop")).json()["payments"] == ["at_shop", "handoff"]
    return secret


async def test_a_payment_is_taken_once_and_of_its_own_order_alone(street: Street):
    merchant, bread, slot = await stocked(street)
    unpayable = await street.stranger.post(ORDERS, json=asked(bread, slot, payment="handoff"))
    assert unpayable.json()["code"] == "payment_not_offered"
    secret = await with_provider(street, merchant)
    first = await ordered(street, bread, slot, payment="handoff")
    second = await ordered(street, bread, slot, payment="handoff")
    assert (first["state"], state_of(street, second)) == ("draft", "draft")
    url = (await street.customer(first).post(f"/v1/orders/{first['order']}/payment")).json()["url"]
    request = verify(parse_qs(urlsplit(url).query)["request"][0], REQUEST, secret)
    assert (request["reference"], request["amount_eur_cent"]) == (first["order"], 450)
    assert first["secret"] not in str(request)
    until = datetime.fromisoformat("2100-01-01T00:00:00+00:00")
    facts: dict[str, Any] = {"reference": first["order"], "amount_eur_cent": 450, "outcome": "paid", "until": until}

    async def bring(order: dict[str, Any], result: str) -> tuple[int, str]:
        answer = await street.stranger.post(f"/v1/orders/{order['order']}/payment-result", json={"result": result})
        return answer.status_code, answer.json()["code"] if answer.content else ""

    paid = result_of(secret, message_id="m1", **facts)
    assert await bring(first, result_of(b"q" * 32, message_id="m1", **facts)) == (422, "payment_result_invalid")
    assert await bring(second, paid) == (409, "payment_result_other"), "replayed for another order"
    less = result_of(secret, message_id="m0", **(facts | {"amount_eur_cent": 1}))
    assert await bring(first, less) == (409, "payment_result_other")
    failed = result_of(secret, message_id="m9", **(facts | {"outcome": "failed"}))
    assert (await bring(first, failed), state_of(street, first)) == ((204, ""), "draft")
    both = await asyncio.gather(bring(first, paid), bring(first, paid))
    assert list(both) == [(204, ""), (204, "")], "by the browser and by the provider"
    assert await bring(first, result_of(secret, message_id="m2", **facts)) == (409, "order_paid_already")
    assert (state_of(street, first), state_of(street, second)) == ("placed", "draft")
    street.pass_time(minutes=16)
    late = result_of(secret, message_id="m3", **(facts | {"reference": second["order"]}))
    assert await bring(second, late) == (204, "")
    assert state_of(street, second) == "expired", "paid too late: what it held is for others again"
    refused = await merchant.post(f"/v1/merchant/orders/{first['order']}/refuse", json={"reason": "Four en panne"})
    assert refused.json()["payment_state"] == "refund_due"
    told = ask(street.url, "SELECT order_id::text FROM shop.outbox WHERE kind = 'provider' ORDER BY outbox_id")
    assert told == [(second["order"],), (first["order"],)]
    assert ask(street.url, "SELECT stock FROM shop.product") == [(7,)]


async def test_an_order_that_nobody_answers_expires_and_one_that_nobody_collects_is_a_no_show(street: Street):
    merchant, bread, slot = await stocked(street)
    first, second = await ordered(street, bread, slot, quantity=2), await ordered(street, bread, slot)
    address = await made_ready(merchant, second)
    street.pass_time(minutes=61)
    seen = (await street.customer(first).get(f"/v1/orders/{first['order']}")).json()
    assert (seen["state"], seen["history"][-1]["reason"], seen["history"][-1]["actor"]) == (
        "expired", "not_accepted", "process"
    )  # fmt: skip
    late = await merchant.post(f"/v1/merchant/orders/{first['order']}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "order_not_so")
    street.pass_time(hours=3)
    assert (await merchant.get("/v1/merchant/orders")).json()["items"] == []
    assert (await merchant.get(address)).json()["state"] == "no_show"
    assert ask(street.url, "SELECT stock, (SELECT sum(held) FROM shop.order_line)::integer FROM shop.product") == [
        (6, 0)
    ]
