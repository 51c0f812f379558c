"""A pass begins at its first use, wherever that was told; when it is over, readers without a connection learn it."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from db.connection import Role, connect
from enjoy.passes.tourism.ending import end_over
from enjoy.passes.tourism.settling import NO_HASH, hash_of
from enjoy.passes.tourism.using import Admission, note_admission
from tests.api.enjoy.passes.tourism.conftest import Trade, on_sale, sold
from tests.api.enjoy.passes.tourism.test_products import refused
from tests.api.enjoy.passes.tourism.test_sales import device_key
from tests.enjoy.passes.town import NOON

MONTH = "/v1/tourism/settlements?month=2026-11"


async def opened(trade: Trade, claim: str) -> UUID:
    answer = await trade.stranger.post(f"/v1/tourism/passes/{claim}/tokens", json={"device_key": device_key()})
    assert answer.status_code == 200, answer.text
    ((subject,),) = trade.ask("SELECT subject_id FROM pass.subject ORDER BY ctid DESC LIMIT 1")
    return UUID(str(subject))


async def admitted(
    trade: Trade, subject: UUID, venue: str, at: datetime, *, is_offline: bool = False, is_flagged: bool = False
) -> bool:
    ((venue_id,),) = trade.ask("SELECT venue_id FROM pass.venue WHERE name = %s", venue)
    admission = Admission(subject, venue_id, at, is_offline=is_offline, is_flagged=is_flagged)
    async with await connect(trade.url, Role.ENJOY_PASS) as connection:
        return await note_admission(connection, admission)


async def told(trade: Trade, claim: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await trade.stranger.get(f"/v1/tourism/passes/{claim}")).json()
    return answer


async def test_an_earlier_use_that_is_told_later_lets_it_begin_earlier_and_a_later_one_never_longer(trade: Trade):
    await on_sale(trade)
    claim = (await sold(trade))["passes"][0]["claim"]
    subject = await opened(trade, claim)
    first = trade.later(hours=5)
    assert await admitted(trade, subject, "beaux-arts", first)
    assert (await told(trade, claim))["ends_at"] == "2026-11-27T16:00:00Z"
    assert trade.ask("SELECT valid_until FROM pass.entitlement") == [(first + timedelta(hours=48),)]
    await admitted(trade, subject, "line-1", trade.later(hours=5))
    assert (await told(trade, claim))["ends_at"] == "2026-11-27T16:00:00Z"
    await admitted(trade, subject, "line-1", first - timedelta(hours=2), is_offline=True)
    assert (await told(trade, claim))["ends_at"] == "2026-11-27T14:00:00Z"
    assert trade.ask("SELECT valid_until FROM pass.entitlement") == [(first + timedelta(hours=46),)]
    assert await end_over(trade.lend, now=first + timedelta(hours=45)) == 0
    assert trade.ask("SELECT DISTINCT status FROM pass.token") == [(0,)]
    trade.now = first + timedelta(hours=46)
    assert await end_over(trade.lend, now=trade.now) == 1
    assert trade.ask("SELECT DISTINCT status FROM pass.token") == [(1,)]
    assert trade.ask("SELECT count(*) FROM pass.status_listed WHERE status = 1") == [(1,)]
    again = await trade.stranger.post(f"/v1/tourism/passes/{claim}/tokens", json={"device_key": device_key()})
    refused(again, 410, "sold_pass_over")
    # an upload of weeks later is paid, and nothing of the times comes back
    await end_over(trade.lend, now=trade.later(days=4))
    assert trade.ask("SELECT started_at, ends_at FROM pass.sold_pass") == [(None, None)]
    assert await admitted(trade, subject, "belfry", first, is_offline=True)
    assert trade.ask("SELECT started_at, subject_id IS NULL FROM pass.sold_pass") == [(None, False)]
    await end_over(trade.lend, now=trade.later(days=40))
    assert trade.ask("SELECT subject_id, is_started FROM pass.sold_pass") == [(None, True)]
    assert trade.ask("SELECT left_on IS NOT NULL FROM pass.holder") == [(True,)]
    assert (await told(trade, claim))["state"] == "over"
    assert not await admitted(trade, subject, "belfry", first)


async def a_pass_taken_back_is_revoked_at_once(trade: Trade) -> None:
    sale = await sold(trade)
    await opened(trade, sale["passes"][0]["claim"])
    await trade.office.post(f"/v1/tourism/sales/{sale['sale_id']}/cancellation", json={"numbers": [1]})
    assert trade.ask("SELECT status FROM pass.token") == [(1,)]
    assert trade.ask("SELECT valid_until <= %s FROM pass.entitlement", trade.now) == [(True,)]


async def test_a_month_is_settled_closed_for_good_and_corrected_in_the_next(trade: Trade):
    await on_sale(trade)
    subject = await opened(trade, (await sold(trade))["passes"][0]["claim"])
    await admitted(trade, subject, "beaux-arts", NOON)
    await admitted(trade, subject, "beaux-arts", NOON + timedelta(hours=1), is_offline=True, is_flagged=True)
    await admitted(trade, subject, "line-1", NOON + timedelta(hours=2))
    (office,) = (await trade.office.get(MONTH)).json()
    assert (office["is_closed"], office["entry_count"], office["amount_eur_cent"]) == (False, 3, 1_000)
    (museum,) = (await trade.museum.get(MONTH)).json()
    (line,) = museum["lines"]
    assert (line["venue"], line["entry_count"], line["offline_count"], line["flagged_count"]) == ("beaux-arts", 2, 1, 1)
    assert (museum["amount_eur_cent"], line["is_correction"]) == (900, False)
    assert (await trade.hotel.get(MONTH)).json() == [], "who keeps no venue sees nothing"
    closing = {"service": "city-pass", "month": "2026-11"}
    refused(await trade.office.post("/v1/tourism/settlements", json=closing), 409, "month_not_over")
    trade.now = datetime.fromisoformat("2026-12-02T08:00:00+01:00")
    refused(await trade.museum.post("/v1/tourism/settlements", json=closing), 403, "tourism_service_not_own")
    closed = await trade.office.post("/v1/tourism/settlements", json=closing)
    assert (closed.status_code, closed.json()["is_closed"]) == (201, True), closed.text
    refused(await trade.office.post("/v1/tourism/settlements", json=closing), 409, "month_closed")
    ((content, digest),) = trade.ask("SELECT content, content_sha256 FROM pass.settlement")
    assert hash_of(NO_HASH, content) == bytes(digest)
    assert closed.json()["content_sha256"] == bytes(digest).hex()
    assert not any(word in content for word in (str(subject), "subject", "holder", "token"))
    # told late: the closed month stays as it is
    await admitted(trade, subject, "beaux-arts", NOON + timedelta(hours=3), is_offline=True)
    assert (await trade.museum.get(MONTH)).json()[0]["lines"] == museum["lines"]
    (december,) = (await trade.museum.get("/v1/tourism/settlements?month=2026-12&service=city-pass")).json()
    assert [(one["month"], one["is_correction"], one["amount_eur_cent"]) for one in december["lines"]] == [
        ("2026-11", True, 450)
    ]
    table = await trade.museum.get("/v1/tourism/settlements?month=2026-12", headers={"Accept": "text/csv"})
    assert table.text.splitlines()[1:] == [
        "city-pass,2026-12,false,museum,city-pass-48,beaux-arts,2026-11,true,450,1,1,0,450"
    ]
    refused(await trade.museum.get("/v1/tourism/settlements?month=2026-13"), 422, "month_invalid")
    assert (await trade.museum.get("/v1/tourism/settlements?month=2026-10")).json()[0]["lines"] == []


async def test_an_entry_is_paid_at_the_rate_of_its_time_and_marked_where_nothing_was_agreed_then(trade: Trade):
    await on_sale(trade)
    await a_pass_taken_back_is_revoked_at_once(trade)
    subject = await opened(trade, (await sold(trade))["passes"][0]["claim"])
    trade.later(hours=2)
    venue = "/v1/tourism/products/city-pass-48/venues/beaux-arts"
    raised = (await trade.office.put(venue, json={"settlement_eur_cent": 600})).json()
    await trade.museum.post(f"/v1/tourism/agreements/{raised['agreement_id']}/acceptance")
    await admitted(trade, subject, "beaux-arts", NOON + timedelta(hours=1), is_offline=True)
    await admitted(trade, subject, "beaux-arts", NOON + timedelta(hours=3))
    trade.later(hours=2)
    await trade.museum.delete(f"/v1/tourism/agreements/{raised['agreement_id']}")
    await admitted(trade, subject, "beaux-arts", NOON + timedelta(hours=5), is_offline=True)
    (museum,) = (await trade.museum.get(MONTH)).json()
    assert [(one["settlement_eur_cent"], one["entry_count"], one["flagged_count"]) for one in museum["lines"]] == [
        (450, 1, 0),
        (600, 2, 1),
    ]


async def test_a_reader_admits_once_at_each_place_and_that_begins_the_pass_and_is_owed(trade: Trade):
    await on_sale(trade)
    claim = (await sold(trade))["passes"][0]["claim"]
    apple = await trade.stranger.get(f"/tourism/passes/{claim}/apple.pkpass")
    with zipfile.ZipFile(io.BytesIO(apple.content)) as folder:
        text = json.loads(folder.read("pass.json"))["barcodes"][0]["message"]

    async def shown(venue: str, keeper: str) -> str:
        made = await trade.clients[keeper].post(
            "/v1/readers", json={"service": "city-pass", "venue": venue, "title": "Door"}
        )
        assert made.status_code == 201, made.text
        headers = {"Authorization": f"Bearer {made.json()['secret']}"}
        body = {"nonce": str(uuid4()), "text": text}
        answer = await trade.stranger.post("/v1/reader/validations", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["reason"])

    assert [await shown("beaux-arts", "museum") for _ in range(2)] == ["admitted", "used_up"]
    assert [await shown("line-1", "metro") for _ in range(2)] == ["admitted", "admitted"]
    assert (await told(trade, claim))["state"] == "begun"
    (office,) = (await trade.office.get(MONTH)).json()
    assert {one["venue"]: one["entry_count"] for one in office["lines"]} == {"beaux-arts": 1, "line-1": 2}
    # another partner joins: nobody's counts are set back
    venue = "/v1/tourism/products/city-pass-48/venues/belfry"
    await trade.office.put(venue, json={"settlement_eur_cent": 350})
    trade.later(minutes=1)
    assert await shown("beaux-arts", "museum") == "used_up"
    trade.later(hours=48)
    assert await shown("line-1", "metro") != "admitted"
