"""Products are declared by who runs the service; partners agree to what they take; readers are told by rules."""

from typing import Any

import httpx

from tests.api.enjoy.passes.tourism.conftest import PRODUCT, Trade, on_sale

VENUE = "/v1/tourism/products/city-pass-48/venues/beaux-arts"


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


def rules(trade: Trade) -> list[tuple[object, ...]]:
    return trade.ask(
        "SELECT content -> 'venues', content -> 'uses', content -> 'lasts_s', content -> 'rights' FROM pass.rule"
        " WHERE ended_at IS NULL ORDER BY rule_id"
    )


async def test_a_pass_opens_a_venue_when_its_partner_has_agreed_and_no_longer_than_both_want(trade: Trade):
    assert (await trade.office.post("/v1/tourism/products", json=PRODUCT)).status_code == 201
    proposed = (await trade.office.put(VENUE, json={"settlement_eur_cent": 450})).json()
    assert (proposed["partner"], proposed["accepted_at"]) == ("museum", None)
    assert rules(trade) == []
    assert (await trade.stranger.get("/v1/tourism/products/city-pass-48")).json()["venues"] == []
    accept = f"/v1/tourism/agreements/{proposed['agreement_id']}/acceptance"
    refused(await trade.office.post(accept), 403, "venue_not_own")
    refused(await trade.metro.post(accept), 404, "agreement_unknown")
    assert [one["venue"] for one in (await trade.museum.get("/v1/tourism/agreements")).json()] == ["beaux-arts"]
    assert (await trade.museum.post(accept)).status_code == 200
    refused(await trade.museum.post(accept), 409, "agreement_not_open")
    assert rules(trade) == [(["beaux-arts"], [{"most": 1, "per": "ever", "each_venue": True}], 172_800, [1])]
    # another rate holds when it is accepted, and not before
    trade.later(days=1)
    again = (await trade.office.put(VENUE, json={"settlement_eur_cent": 500})).json()
    both = (await trade.museum.get("/v1/tourism/agreements")).json()
    assert [(one["settlement_eur_cent"], one["accepted_at"] is None) for one in both] == [(450, False), (500, True)]
    await trade.museum.post(f"/v1/tourism/agreements/{again['agreement_id']}/acceptance")
    (one,) = (await trade.office.get("/v1/tourism/agreements")).json()
    assert one["settlement_eur_cent"] == 500
    assert (await trade.museum.delete(f"/v1/tourism/agreements/{again['agreement_id']}")).status_code == 204
    refused(await trade.museum.delete(f"/v1/tourism/agreements/{again['agreement_id']}"), 409, "agreement_not_open")
    assert rules(trade) == []


async def transport_is_never_counted_and_ones_own_venue_needs_no_answer(trade: Trade, told: dict[str, Any]) -> None:
    assert [(one["venue"], one["kind"]) for one in told["venues"]] == [
        ("beaux-arts", "place"),
        ("belfry", "place"),
        ("line-1", "transport"),
    ]
    assert [(venues, uses) for venues, uses, _, _ in rules(trade)] == [
        (["beaux-arts"], [{"most": 1, "per": "ever", "each_venue": True}]),
        (["belfry"], [{"most": 1, "per": "ever", "each_venue": True}]),
        (["line-1"], []),
    ]
    assert (await trade.stranger.get("/v1/services/city-pass")).json()["rights"] == [
        {"title": "Pass 48 heures", "condition": {"fr": "l'a acheté", "en": "has bought it"}}
    ]


async def a_product_is_its_services_own_and_changes_only_what_was_not_sold(trade: Trade) -> None:
    refused(await trade.office.post("/v1/tourism/products", json=PRODUCT), 409, "already_exists")
    window = {"sale_from": "2026-12-02T00:00:00Z", "sale_until": "2026-12-01T00:00:00Z"}
    address = "/v1/tourism/products/city-pass-48"
    refused(await trade.office.patch(address, json=window), 422, "sale_window_empty")
    refused(await trade.museum.patch(address, json={"price_eur_cent": 1}), 403, "tourism_service_not_own")
    told = (await trade.office.patch(address, json={"sale_from": "2026-12-02T00:00:00Z", "price_eur_cent": 1})).json()
    assert (told["is_on_sale"], told["price_eur_cent"], told["duration_h"]) == (False, 1, 48)
    assert (await trade.office.patch(address, json={"sale_from": None})).json()["is_on_sale"]
    refused(
        await trade.office.put(f"{address}/venues/none-such", json={"settlement_eur_cent": 1}),
        404,
        "venue_unknown_there",
    )
    refused(await trade.stranger.get("/v1/tourism/products/none-such"), 404, "product_unknown")
    assert [one["name"] for one in (await trade.stranger.get("/v1/tourism/products")).json()] == ["city-pass-48"]


async def only_whom_the_office_admits_may_sell(trade: Trade) -> None:
    sale = {"product": "city-pass-48"}
    refused(await trade.hotel.post("/v1/tourism/sales", json=sale), 403, "seller_not_admitted")
    sellers = "/v1/tourism/services/city-pass/sellers"
    refused(await trade.hotel.put(f"{sellers}/hotel"), 403, "tourism_service_not_own")
    refused(await trade.office.put(f"{sellers}/nobody"), 404, "seller_unknown")
    for _ in range(2):
        assert (await trade.office.put(f"{sellers}/hotel")).status_code == 204
    assert [one["organisation"] for one in (await trade.office.get(sellers)).json()] == ["hotel"]
    assert (await trade.hotel.post("/v1/tourism/sales", json=sale)).status_code == 201
    assert (await trade.office.delete(f"{sellers}/hotel")).status_code == 204
    refused(await trade.office.delete(f"{sellers}/hotel"), 404, "seller_unknown")
    refused(await trade.hotel.post("/v1/tourism/sales", json=sale), 403, "seller_not_admitted")
    ((seller, count),) = [
        (one["seller"], one["pass_count"]) for one in (await trade.office.get("/v1/tourism/sales")).json()
    ]
    assert (seller, count) == ("hotel", 1)


async def test_the_office_declares_a_pass_changes_it_and_admits_who_sells_it(trade: Trade):
    refused(await trade.museum.post("/v1/tourism/products", json=PRODUCT), 403, "tourism_service_not_own")
    unknown = await trade.office.post("/v1/tourism/products", json=PRODUCT | {"service": "none-such"})
    refused(unknown, 404, "tourism_service_unknown")
    told = await on_sale(trade)
    await transport_is_never_counted_and_ones_own_venue_needs_no_answer(trade, told)
    await a_product_is_its_services_own_and_changes_only_what_was_not_sold(trade)
    await only_whom_the_office_admits_may_sell(trade)
