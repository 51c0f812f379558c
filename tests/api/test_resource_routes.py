"""Resources, tariffs, overload and limits as operators see and change them, each change in the audit log."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from db.access import create_token
from db.connection import Role, connect
from grid.demand_response.trigger import propose_events
from tests.api.conftest import bearer, settings_at
from tests.api.test_places import every_page
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, forecast_flat
from tests.grid.town import Town, build_town

DAY = {"start": "2026-01-29T12:00:00Z", "end": "2026-01-29T14:00:00Z"}


EVENING = {"name": "Pointe", "place_level": "power_transformer", "place_code": "T1"}
EVENING |= {"starts_at": EVENT_STARTS.isoformat(), "ends_at": EVENT_ENDS.isoformat()}


@dataclass(frozen=True, slots=True)
class Room:
    """A control room over a town with three chargers behind T1."""

    url: str
    town: Town
    client: httpx.AsyncClient

    async def asked(self, method: str, path: str, status: int = 200, **how: Any) -> Any:
        answer = await self.client.request(method, f"/v1{path}", **how)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def actions(self) -> list[str]:
        return [entry["action"] for entry in (await self.asked("GET", "/audit"))["items"]]


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 100_000.0, "F1": 10_000.0})
    await add_chargers(database_url, town, "T1")
    async with await connect(database_url, None) as connection:
        _, secret = await create_token(connection, "operator", ["read:grid", "operate:grid"])
        _, reader = await create_token(connection, "reader", ["read:grid"])
    app = create_app(settings_at(NOON), database_url=database_url)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://somel.test") as client:
            client.headers.update(bearer(reader))
            for path in ("/resources/ev-T1-0/consent", "/overload-rules/1", "/capacity-limits/1"):
                assert (await client.delete(f"/v1{path}")).status_code == 403
            client.headers.update(bearer(secret))
            yield Room(database_url, town, client)


async def test_resources_are_described_limited_asked_for_consent_and_left_out(room: Room):
    await resources_are_listed(room)
    await the_charger_is_described(room)
    await what_does_not_fit_is_refused(room)
    await consent_is_withdrawn_and_given_again(room)
    await one_sits_an_event_out(room)
    actions = await room.actions()
    for action in ("event.opted_out", "consent.given", "consent.withdrawn", "calls.limited", "resource.described"):
        assert actions.count(action) == 1, action


async def resources_are_listed(room: Room) -> None:
    pages = await every_page(room.client, "/v1/resources", limit=2, place="feeder:F1")
    assert [item["name"] for page in pages for item in page] == ["ev-T1-0", "ev-T1-1", "ev-T1-2"]
    assert (await room.asked("GET", "/resources", params={"kind": "battery"}))["items"] == []
    assert len((await room.asked("GET", "/resources", params={"place": "territory:MEL"}))["items"]) == 3
    assert (await room.asked("GET", "/resources", params={"place": "feeder:F2"}))["items"] == []


async def the_charger_is_described(room: Room) -> None:
    charger = {"kind": "ev_charger", "battery_capacity_wh": 52_000, "min_energy_wh": 9_000}
    charger |= {"departure_energy_wh": 40_000, "efficiency_ratio": 0.85, "discharge_power_w": 0}
    await room.asked("PUT", "/resources/ev-T1-0/parameters", json=charger)
    state = {"reported_at": NOON.isoformat(), "energy_wh": 20_000}
    await room.asked("PUT", "/resources/ev-T1-0/state", json=state)
    await room.asked("PUT", "/resources/ev-T1-0/limits", json={"calls_per_week": 2, "rest_s": 3_600})
    told = await room.asked("GET", "/resources/ev-T1-0")
    assert told["parameters"] == charger
    assert told["state"]["energy_wh"] == 20_000
    assert (told["limits"]["calls_per_week"], told["limits"]["calls_per_day"]) == (2, None)
    assert (told["flexibility"]["energy_needed_wh"], told["season"]["call_count"]) == (14_000, 0)


async def what_does_not_fit_is_refused(room: Room) -> None:
    tank = {"kind": "water_heater", "volume_m3": 0.2, "floor_degc": 45, "set_degc": 55, "ceiling_degc": 65}
    tank |= {"loss_w_per_k": 1.5, "is_off_peak_switched": True}
    wrong = await room.asked("PUT", "/resources/ev-T1-0/parameters", 422, json=tank)
    assert wrong["code"] == "parameters_of_other_kind"
    pump = {"kind": "heat_pump", "thermal_capacity_wh_per_k": 8_000, "loss_w_per_k": float("inf")}
    pump |= {"comfort_min_degc": 19, "comfort_max_degc": 22, "cop_ratio": 3.2}
    endless = {"content": json.dumps(pump), "headers": {"content-type": "application/json"}}
    wrong = await room.asked("PUT", "/resources/ev-T1-0/parameters", 422, **endless)
    assert [error["field"] for error in wrong["errors"]] == ["heat_pump.loss_w_per_k"]
    empty = await room.asked("PUT", "/resources/ev-T1-0/state", 422, json={"reported_at": NOON.isoformat()})
    assert empty["code"] == "value_not_storable"


async def consent_is_withdrawn_and_given_again(room: Room) -> None:
    left = await room.asked("DELETE", "/resources/ev-T1-0/consent", params={"how": "telephone"})
    assert left["has_consent"] is False
    assert (await room.asked("DELETE", "/resources/ev-T1-0/consent", 409))["code"] == "consent_missing"
    agreed = {"text_version": "2026-01", "how": "paper", "proof": "file 117"}
    assert (await room.asked("PUT", "/resources/ev-T1-0/consent", json=agreed))["consent_version"] == "2026-01"
    newest, first = (await room.asked("GET", "/resources/ev-T1-0/consents"))["items"]
    assert (newest["given_by"], first["withdrawn_how"]) == ("token/operator", "telephone")


async def one_sits_an_event_out(room: Room) -> None:
    event = await room.asked("POST", "/events", 201, json=EVENING)
    path = f"/events/{event['event_id']}/opt-outs"
    said = await room.asked("POST", path, json={"resource": "ev-T1-2", "source": "resident", "reason": "guests"})
    assert said == await room.asked("POST", path, json={"resource": "ev-T1-2", "source": "resident"})
    assert await room.asked("GET", path) == {"items": [said]}
    assert (await room.asked("GET", f"/events/{event['event_id']}/proposal", 404))["code"] == "proposal_unknown"
    missing = await room.asked("POST", path, 404, json={"resource": "nobody", "source": "resident"})
    assert missing["code"] == "resource_unknown"


async def test_what_an_event_does_to_bills_is_told_by_each_resident_s_own_tariff(room: Room):
    await forecast_flat(room.url, room.town, {"T1": 10_000.0})
    event = await room.asked("POST", "/events", 201, json=EVENING)
    await room.asked("POST", f"/events/{event['event_id']}/approve")
    bills = f"/events/{event['event_id']}/bill-changes"
    assert [one["bill_change_eur"] for one in (await room.asked("GET", bills))["items"]] == [None] * 3
    async with await connect(room.url, None) as connection:
        await connection.execute("UPDATE usage_point SET tariff = 'off_peak' WHERE usage_point_id = 1")
        await connection.execute("INSERT INTO off_peak_window VALUES (1, '20:00', '21:00')")
        await connection.execute(
            "INSERT INTO tariff_price SELECT * FROM (VALUES ('base', 'base', date '2026-01-01', 200, 'list'),"
            " ('off_peak', 'peak', '2026-01-01', 220, 'list'), ('off_peak', 'off_peak', '2026-01-01', 160, 'list'))"
        )
    # 7 kWh that would be drawn from 19:00 to 20:00 local time are drawn an hour later, which is off-peak for one.
    told = await room.asked("GET", bills)
    assert [one["bill_change_eur"] for one in told["items"]] == pytest.approx([-0.42, 0.0, 0.0], abs=1e-6)
    assert (told["risen_count"], told["total_eur"]) == (0, pytest.approx(-0.42))


async def test_rules_and_limits_are_set_and_what_follows_from_them_is_told(room: Room):
    rule = {"name": "Evening", "level": "power_transformer", "probability_threshold": 0.05, "notice_s": 0}
    made = await room.asked("POST", "/overload-rules", 201, json=rule)
    path = f"/overload-rules/{made['overload_rule_id']}"
    assert (await room.asked("POST", "/overload-rules", 409, json=rule))["code"] == "already_exists"
    changed = await room.asked("PUT", path, json=rule | {"code": "T1", "probability_threshold": 0.09})
    assert (changed["code"], changed["level"]) == ("T1", "power_transformer")
    assert await room.asked("GET", "/overload-rules") == {"items": [changed]}
    limit = {"level": "feeder", "code": "F1", "limit_w": 9_900.0, "valid_from": NOON.isoformat(), "reason": "works"}
    kept = await room.asked("POST", "/capacity-limits", 201, json=limit)
    assert (kept["code"], kept["source"]) == ("F1", "operator")
    ended = limit | {"valid_until": (NOON - timedelta(days=1)).isoformat()}
    assert (await room.asked("POST", "/capacity-limits", 422, json=ended))["code"] == "span_empty"
    assert (await room.asked("GET", "/places-at-risk"))["items"] == []

    async with await connect(room.url, Role.COMPUTE) as connection:
        (event, *_) = await propose_events(connection, NOON)
    proposal = await room.asked("GET", f"/events/{event.event_id}/proposal")
    assert proposal["rule_name"] == "Evening"
    assert len(proposal["required_reduction_w"]) == (event.ends_at - event.starts_at) / timedelta(minutes=30)
    risky = await every_page(room.client, "/v1/places-at-risk", limit=1)
    assert [place["code"] for page in risky for place in page] == ["T1", "F1"]
    await overload_is_told_by_slot_and_as_a_table(room)

    back = await room.asked("DELETE", f"/capacity-limits/{kept['capacity_limit_id']}")
    assert back["withdrawn_at"] is not None
    assert await room.asked("DELETE", f"/capacity-limits/{kept['capacity_limit_id']}") == back
    assert (await room.asked("GET", "/capacity-limits"))["items"] == []
    listed = await room.asked("GET", "/capacity-limits", params={"withdrawn": True, "place": "feeder:F1"})
    assert listed["items"] == [back]
    await room.asked("DELETE", path, 204)
    assert (await room.asked("DELETE", path, 404))["code"] == "overload_rule_unknown"
    assert (await room.asked("PUT", path, 404, json=rule))["code"] == "overload_rule_unknown"
    assert (await room.asked("DELETE", "/capacity-limits/999", 404))["code"] == "capacity_limit_unknown"
    assert (await room.asked("GET", f"/events/{event.event_id}/proposal"))["rule_name"] is None
    actions = await room.actions()
    for action in ("capacity_limit.set", "capacity_limit.withdrawn", "overload_rule.created", "overload_rule.deleted"):
        assert actions.count(action) == 1, action


async def overload_is_told_by_slot_and_as_a_table(room: Room) -> None:
    slots = await every_page(room.client, "/v1/places/power_transformer/T1/overload", limit=3, **DAY)
    assert [len(page) for page in slots] == [3, 1]
    # 95 kW are carried; 100 kW are the quantile 0.9 and 50 kW the median.
    assert slots[0][0]["probability"] == pytest.approx(0.5 - 0.4 * 45 / 50, abs=1e-6)
    table = await room.client.get("/v1/places/power_transformer/T1/overload/table", params=DAY)
    assert table.text.splitlines()[0] == "valid_from,issued_at,limit_w,probability"
    assert len(table.text.splitlines()) == 5


async def test_off_peak_hours_of_a_usage_point_are_set_and_told_slot_by_slot(room: Room):
    async with await connect(room.url, None) as connection:
        await connection.execute("UPDATE usage_point SET tariff = 'off_peak'")
        await connection.execute("INSERT INTO tariff_price VALUES ('off_peak', 'peak', '2026-01-01', 220, 'list')")
        await connection.execute("INSERT INTO tariff_day VALUES ('tempo', '2026-01-29', 'red', 'file', now())")
    key = (await room.asked("GET", "/usage-points"))["items"][0]["usage_point_key"]
    hours = {"items": [{"starts_at": "22:30:00", "ends_at": "06:00:00"}, {"starts_at": "13:45", "ends_at": "14:30"}]}
    told = await room.asked("PUT", f"/usage-points/{key}/off-peak-hours", json=hours)
    assert [window["starts_at"] for window in told["items"]] == ["13:45:00", "22:30:00"]
    tariff = await room.asked("GET", f"/usage-points/{key}/tariff", params=DAY)
    assert (tariff["tariff"], tariff["windows"]) == ("off_peak", told["items"])
    assert [slot["period"] for slot in tariff["slots"]] == ["peak", "off_peak", "off_peak", "peak"]
    assert [slot["relay_ratio"] for slot in tariff["slots"]] == [0.0, 0.5, 1.0, 0.0]
    assert [slot["high_eur_per_mwh"] for slot in tariff["slots"]] == [220.0, None, None, 220.0]
    zoned = {"items": [{"starts_at": "22:30:00Z", "ends_at": "06:00:00Z"}]}
    assert (await room.asked("PUT", f"/usage-points/{key}/off-peak-hours", 422, json=zoned))[
        "code"
    ] == "window_with_zone"
    long = DAY | {"end": "2026-03-01T00:00:00Z"}
    assert (await room.asked("GET", f"/usage-points/{key}/tariff", 422, params=long))["code"] == "span_too_long"
    assert len((await room.asked("GET", "/tariff-prices"))["items"]) == 1
    span = {"tariff": "tempo", "start": "2026-01-01", "end": "2026-02-01"}
    assert [day["color"] for day in (await room.asked("GET", "/tariff-days", params=span))["items"]] == ["red"]
