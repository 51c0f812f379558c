"""A shop is declared and listed, sells something, and an order of it is collected."""

from typing import Any

import httpx

from tests.api.enjoy.shops.conftest import BREAD, ORDERING, Street


async def stocked(street: Street, name: str = "le-fournil", **more: object) -> tuple[httpx.AsyncClient, int, int]:
    """Return a merchant with bread and slots, the bread and the first slot."""
    merchant = await street.merchant(name, **more)
    put = await merchant.put("/v1/merchant/shop/ordering", json=ORDERING)
    assert put.status_code == 200, put.text
    bread = (await merchant.post("/v1/merchant/products", json=BREAD)).json()["product_id"]
    slots = (await street.stranger.get(f"/v1/shops/{name}/slots")).json()
    return merchant, bread, slots[0]["slot_id"]


def asked(bread: int, slot: int, quantity: int = 1, **more: object) -> dict[str, Any]:
    return {"lines": [{"product_id": bread, "quantity": quantity}], "slot_id": slot, **more}


async def test_an_order_is_placed_accepted_made_ready_and_collected_with_its_code(street: Street):
    merchant, bread, slot = await stocked(street)
    made = await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot, 2, phone="06 12 34 56 78"))
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store"), made.text
    order = made.json()
    assert (order["state"], order["amount_eur_cent"], order["can_cancel"]) == ("placed", 900, True)
    customer, address = street.customer(order), f"/v1/orders/{order['order']}"
    (listed,) = (await merchant.get("/v1/merchant/orders?state=placed")).json()["items"]
    assert (listed["order"], listed["phone"], "pickup_code" in listed) == (order["order"], "06 12 34 56 78", False)
    for step in ("accept", "ready"):
        done = await merchant.post(f"/v1/merchant/orders/{order['order']}/{step}")
        assert done.status_code == 200, done.text
    assert (await customer.get(address)).json()["state"] == "ready"
    handed = await merchant.post(f"/v1/merchant/orders/{order['order']}/collect", json={"code": order["pickup_text"]})
    assert (handed.status_code, handed.json()["state"]) == (200, "collected"), handed.text
    seen = (await customer.get(address)).json()
    assert [(one["to_state"], one["actor"]) for one in seen["history"]] == [
        ("draft", "customer"), ("placed", "customer"), ("accepted", "merchant"), ("ready", "merchant"),
        ("collected", "merchant"),
    ]  # fmt: skip
    (sold,) = (await street.stranger.get("/v1/shops/le-fournil/products")).json()["items"]
    assert sold["stock"] == 5
