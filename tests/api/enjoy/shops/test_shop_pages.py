"""Pages of shops are there for whoever looks; an order's code is drawn for its customer alone."""

import re

from tests.api.enjoy.shops.conftest import Street
from tests.api.enjoy.shops.test_orders import asked, stocked

HTML = {"Accept": "text/html", "Accept-Language": "fr"}


async def test_the_directory_is_searched_without_a_script_and_a_shop_that_is_not_listed_has_no_page(street: Street):
    await street.merchant("le-fournil", description="Du pain <b>bio</b>")
    await street.merchant("la-tulipe", siret="443 061 841 00047", title="La Tulipe", categories=["florist"])

    async def found(query: str) -> list[str]:
        answer = await street.stranger.get(f"/shops{query}", headers=HTML)
        assert answer.status_code == 200, answer.text
        return re.findall(r'href="[^"]*/shops/([a-z-]+)"', answer.text)

    assert await found("") == ["la-tulipe", "le-fournil"]
    assert await found("?q=tulipe") == ["la-tulipe"]
    assert await found("?category=bakery&commune=59350&open=1") == ["le-fournil"]  # noon on a Wednesday
    assert await found("?commune=59009") == []
    street.pass_time(hours=12)
    assert await found("?open=1") == []
    page = await street.stranger.get("/shops", headers=HTML)
    assert "&lt;b&gt;bio&lt;/b&gt;" in page.text
    assert "Du pain <b>" not in page.text

    seen = await street.stranger.get("/shops/le-fournil", headers=HTML)
    assert (seen.status_code, "Commander" in seen.text) == (200, True)
    gone = await street.hall.put("/v1/listings/le-fournil", json={"state": "suspended", "reason": "moved"})
    assert gone.status_code == 200
    missing = await street.stranger.get("/shops/le-fournil", headers=HTML)
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_a_pickup_code_is_drawn_for_who_has_the_secret_and_kept_nowhere(street: Street):
    _, bread, slot = await stocked(street)
    order = (await street.stranger.post("/v1/shops/le-fournil/orders", json=asked(bread, slot))).json()
    address = f"/v1/orders/{order['order']}/code"
    drawn = await street.customer(order).get(address)
    assert (drawn.headers["content-type"], drawn.headers["cache-control"]) == ("image/svg+xml", "no-store")
    assert drawn.text.startswith("<svg")
    assert (await street.stranger.get(address)).status_code == 401
    assert (await street.customer({"secret": "x" * 43}).get(address)).status_code == 404
    for page in (f"/orders/{order['order']}", "/orders", "/merchant"):
        shown = await street.stranger.get(page, headers=HTML)
        assert shown.status_code == 200
        assert order["secret"] not in shown.text
