"""Merchants apply, are listed by whom it concerns, and run their shops; everybody sees what is for everybody."""

from tests.api.enjoy.shops.conftest import BREAD, HOURS, ORDERING, SHOP, Street
from tests.api.enjoy.shops.test_orders import asked, stocked
from tests.db.village import ask


async def test_a_shop_is_seen_once_it_is_listed_and_no_more_when_it_is_suspended(street: Street):
    browser = street.browser()
    await browser.post("/v1/account", json={"email": "eve@example.org", "passphrase": "correct horse battery"})
    for change, code in (
        ({"siret": "732 829 320 00075"}, "siret_invalid"),
        ({"categories": ["casino"]}, "category_unknown"),
        ({"hours": {"closures": [{"from": "2026-12-24", "until": "2026-12-23"}]}}, "hours_invalid"),
    ):
        refused = await browser.post("/v1/merchant/shop", json=SHOP | change)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    made = await browser.post("/v1/merchant/shop", json=SHOP)
    assert (made.status_code, made.json()["state"], made.json()["siret"]) == (201, "applied", "73282932000074")
    [(organisations,)] = ask(street.url, "SELECT count(*) FROM catalogue.organisation WHERE kind = 'merchant'")
    assert organisations == 1, "what a refused application left behind is taken up"
    for change, code in (({}, "siret_taken"), ({"siret": "356 000 000 00048"}, "shop_name_taken")):
        twice = await browser.post("/v1/merchant/shop", json=SHOP | change)
        assert (twice.status_code, twice.json()["code"]) == (409, code)
    assert (await street.stranger.get("/v1/shops")).json()["items"] == []
    assert (await street.stranger.get("/v1/shops/le-fournil")).status_code == 404
    (waiting,) = (await street.hall.get("/v1/listings")).json()["items"]
    assert (waiting["name"], waiting["ordering"]["accept_within_min"]) == ("le-fournil", 60)
    unsaid = await street.hall.put("/v1/listings/le-fournil", json={"state": "refused"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "reason_missing")
    assert (await street.hall.put("/v1/listings/le-fournil", json={"state": "listed"})).status_code == 200
    (seen,) = (await street.stranger.get("/v1/shops?insee_code=59350&category=bakery&q=fournil")).json()["items"]
    assert (seen["title"], seen["is_open"], "notify_email" in seen) == (SHOP["title"], True, False)
    assert (await street.stranger.get("/v1/shops?category=wine")).json()["items"] == []
    ended = await street.hall.put("/v1/listings/le-fournil", json={"state": "suspended", "reason": "Hygiène"})
    assert ended.json()["state_reason"] == "Hygiène"
    assert (await street.stranger.get("/v1/shops/le-fournil")).status_code == 404
    assert len((await street.stranger.get("/v1/shop-categories")).json()) > 15


async def test_a_commune_lists_its_own_shops_and_no_others(street: Street):
    await street.merchant("le-fournil")
    for insee_code, status in ((None, 403), ("59512", 403), ("59350", 200)):
        key = await street.commune(insee_code)
        answer = await key.put("/v1/listings/le-fournil", json={"state": "suspended", "reason": "x"})
        assert answer.status_code == status, answer.text
        listed = await key.get("/v1/listings?state=suspended")
        assert listed.status_code == (403 if insee_code is None else 200)
        if insee_code is not None:
            assert len(listed.json()["items"]) == (1 if status == 200 else 0)


async def test_stock_is_the_sum_of_its_movements_whatever_the_merchant_says(street: Street):
    merchant, bread, slot = await stocked(street)
    address = f"/v1/merchant/products/{bread}/stock"
    await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot, 2))
    for said, stock in (({"delivered": 10}, 15), ({"lost": 3}, 12), ({"counted": 4}, 4)):
        assert (await merchant.post(address, json=said)).json()["stock"] == stock
    for said, status, code in (
        ({"lost": 5}, 409, "stock_not_so"), ({}, 422, "stock_unclear"),
        ({"lost": 1, "counted": 1}, 422, "stock_unclear"),
    ):  # fmt: skip
        refused = await merchant.post(address, json=said)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    moved = (await merchant.get(f"/v1/merchant/products/{bread}/movements")).json()["items"]
    assert [(one["kind"], one["change"]) for one in moved] == [
        ("counted", -8), ("lost", -3), ("delivered", 10), ("ordered", -2), ("counted", 7)
    ]  # fmt: skip
    assert (await merchant.post(address, json={"is_uncounted": True})).json()["stock"] is None
    many = await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot, 500))
    assert many.status_code == 201
    assert ask(street.url, "SELECT sum(change)::integer FROM shop.stock_movement") == [(0,)]
    hidden = await merchant.put(f"/v1/merchant/products/{bread}", json=BREAD | {"is_offered": False})
    assert hidden.json()["is_offered"] is False
    gone = await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot + 1))
    assert (gone.status_code, gone.json()["code"]) == (422, "product_unknown")


async def test_a_slot_is_full_or_closed_and_takes_orders_by_their_worth(street: Street):
    merchant, bread, slot = await stocked(street)
    orders = "/v1/shops/le-fournil/orders"
    for status in (201, 201, 409):
        last = await street.stranger.post(orders, json=asked(bread, slot))
        assert last.status_code == status
    assert last.json()["code"] == "slot_full"
    assert (await street.stranger.get("/v1/shops/le-fournil/slots")).json()[0]["is_open"] is False
    too_few = await merchant.put(f"/v1/merchant/slots/{slot}", json={"capacity_orders": 1})
    assert (too_few.status_code, too_few.json()["code"]) == (409, "slot_holds_more")
    closed = await merchant.put(f"/v1/merchant/slots/{slot + 1}", json={"capacity_orders": 9, "is_open": False})
    assert closed.json()["closed_by"] == "merchant"
    assert (await street.stranger.post(orders, json=asked(bread, slot + 1))).json()["code"] == "slot_closed"
    times = {"starts_at": "2026-11-25T20:00:00Z", "ends_at": "2026-11-25T21:00:00Z"}
    single = await merchant.post("/v1/merchant/slots", json=times | {"capacity_eur_cent": 1000})
    assert (single.status_code, single.json()["is_single"]) == (201, True)
    assert (await merchant.post("/v1/merchant/slots", json=times)).json()["code"] == "slot_capacity_missing"
    backwards = {"starts_at": times["ends_at"], "ends_at": times["starts_at"], "capacity_orders": 1}
    assert (await merchant.post("/v1/merchant/slots", json=backwards)).json()["code"] == "slot_invalid"
    number = single.json()["slot_id"]
    assert (await street.stranger.post(orders, json=asked(bread, number, 3))).json()["code"] == "slot_full"
    assert (await street.stranger.post(orders, json=asked(bread, number, 2))).status_code == 201
    assert (await street.stranger.post(orders, json=asked(bread, number, 7))).json()["code"] == "stock_spent"
    held = {one["slot_id"]: one for one in (await merchant.get("/v1/merchant/slots")).json()}
    assert (held[number]["held_eur_cent"], held[slot]["order_count"]) == (900, 2)


async def test_a_merchant_says_anew_what_a_shop_is_and_sees_what_it_sold(street: Street):
    merchant, bread, slot = await stocked(street)
    order = (await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot))).json()
    page = await merchant.get("/v1/merchant/orders")
    same = await merchant.get("/v1/merchant/orders", headers={"If-None-Match": page.headers["etag"]})
    assert (page.status_code, same.status_code, same.content) == (200, 304, b"")
    cancelled = await street.customer(order).post(f"/v1/orders/{order['order']}/cancel")
    assert (cancelled.json()["state"], cancelled.json()["can_cancel"]) == ("cancelled", False)
    other = await merchant.get("/v1/merchant/orders", headers={"If-None-Match": page.headers["etag"]})
    assert (other.status_code, other.json()["items"]) == (200, [])
    facts = {name: SHOP[name] for name in SHOP if name not in {"name", "siret", "insee_code"}}
    closed = {**HOURS, "closures": [{"from": "2026-11-25", "until": "2026-11-30", "reason": "Congés"}]}
    changed = await merchant.put("/v1/merchant/shop", json=facts | {"title": "Chez nous", "hours": closed})
    assert (changed.json()["title"], changed.json()["is_open"]) == ("Chez nous", False)
    assert (changed.json()["hours"]["closures"][0]["reason"], changed.json()["name"]) == ("Congés", "le-fournil")
    assert [one["is_open"] for one in (await street.stranger.get("/v1/shops/le-fournil/slots")).json()] == [False]
    (figure,) = (await merchant.get("/v1/merchant/figures")).json()
    assert (figure["state"], figure["order_count"], figure["amount_eur_cent"]) == ("cancelled", 1, 450)
    vague = await merchant.put("/v1/merchant/shop/ordering", json=ORDERING | {"slot_orders": None})
    assert vague.json()["code"] == "slot_capacity_missing"
    near = await merchant.put("/v1/merchant/shop/webhook", json={"url": "http://localhost:1/x"})
    assert (near.status_code, near.json()["code"]) == (422, "callback_unfit")
    paid = await merchant.put("/v1/merchant/shop/payment", json={"url": "https://9.9.9.9/pay"})
    assert paid.json()["secret"].startswith("whsec_")
    hook = await merchant.put("/v1/merchant/shop/webhook", json={"url": "https://9.9.9.9/orders"})
    assert hook.json()["secret"] not in (await merchant.get("/v1/merchant/shop")).text
    await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot))
    for what in ("webhook", "payment"):
        assert (await merchant.delete(f"/v1/merchant/shop/{what}")).status_code == 204
    assert (await merchant.get("/v1/merchant/messages")).json() == []
    assert (await merchant.post("/v1/merchant/messages/retry")).json() == {"count": 0}
