"""Services are declared, changed and closed by who runs them, and read by everybody."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from enjoy.passes.deriving import derive_due
from tests.api.enjoy.conftest import Callers
from tests.db.village import ask, build_village
from tests.enjoy.lending import lending
from tests.enjoy.passes.test_rights import join
from tests.enjoy.passes.town import RULE as SILENT
from tests.enjoy.passes.town import Town, add_holder

POOL: dict[str, Any] = {"name": "marx-dormoy", "title": "Piscine Marx Dormoy", "description": "Fifty metres."}
BASIN: dict[str, Any] = {
    "title": "Grand bassin",
    "insee_code": "59350",
    "location": {"lon": 3.0412, "lat": 50.6293},
}
RULE: dict[str, Any] = {
    "rights": ["resident", "child"],
    "windows": [{"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "20:00"}],
    "closed_on": ["2026-12-25"],
    "uses": [{"most": 1, "per": "day", "each_venue": False}],
}


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


async def test_a_commune_declares_a_pool_and_everybody_reads_of_it(callers: Callers):
    await build_village(callers.url)
    made = await callers.lille.post("/v1/services", json=POOL)
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"1"'
    said = await callers.lille.put("/v1/services/marx-dormoy/venues/grand-bassin", json=BASIN)
    assert said.status_code == 200, said.text
    seen = await callers.stranger.get("/v1/services/marx-dormoy")
    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert (told["organisation"], told["proof"], told["hours"], told["is_open"]) == ("lille", "token", None, True)
    assert told["venues"] == [
        BASIN | {"name": "grand-bassin", "kind": "place", "organisation": "lille", "commune": "Lille", "is_open": True}
    ]
    listed = (await callers.stranger.get("/v1/services", params={"commune": "59350"})).json()
    assert [one["name"] for one in listed["items"]] == ["marx-dormoy"]
    assert (await callers.stranger.get("/v1/services", params={"commune": "59512"})).json()["items"] == []
    refused(await callers.stranger.get("/v1/services/nowhere"), 404, "service_unknown")


async def test_two_people_who_change_a_service_do_not_overwrite_each_other(callers: Callers):
    made = await callers.lille.post("/v1/services", json=POOL)
    seen = {"If-Match": made.headers["ETag"]}
    changed = await callers.lille.put("/v1/services/marx-dormoy", json={"title": "Dormoy"}, headers=seen)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    late = await callers.lille.put("/v1/services/marx-dormoy", json={"title": "Marx"}, headers=seen)
    refused(late, 409, "service_changed")
    nonsense = await callers.lille.put("/v1/services/marx-dormoy", json=POOL, headers={"If-Match": '"x"'})
    refused(nonsense, 422, "if_match_invalid")
    refused(await callers.lille.post("/v1/services", json=POOL), 409, "already_exists")
    assert (await callers.stranger.get("/v1/services/marx-dormoy")).json()["title"] == "Dormoy"


async def made_pool(callers: Callers) -> None:
    """Declare a pool of Lille with a basin, two rights and a rule."""
    for method, path, body in (
        ("POST", "", POOL),
        ("PUT", "/marx-dormoy/venues/grand-bassin", BASIN),
        ("PUT", "/marx-dormoy/rights/resident", {"title": "Résident", "condition": {"residence": ["59350"]}}),
        ("PUT", "/marx-dormoy/rights/child", {"title": "Enfant", "condition": {"age_below": 12}}),
        ("POST", "/marx-dormoy/rules", RULE),
    ):
        answer = await callers.lille.request(method, f"/v1/services{path}", json=body)
        assert answer.status_code in {200, 201}, answer.text


async def test_rules_and_rights_are_told_to_everybody_in_words_and_to_those_who_run_it_in_full(callers: Callers):
    await build_village(callers.url)
    await made_pool(callers)
    told = (await callers.stranger.get("/v1/services/marx-dormoy")).json()
    assert told["rights"] == [
        {"title": "Résident", "condition": {"fr": "habite à Lille", "en": "lives in Lille"}},
        {"title": "Enfant", "condition": {"fr": "a moins de 12 ans", "en": "is under 12"}},
    ]
    assert told["hours"] == [{"days": [1, 2, 3, 4, 5], "from": "08:00", "until": "20:00"}]
    assert told["closed_on"] == ["2026-12-25"]
    assert "price_class" not in json.dumps(told)
    rights = (await callers.lille.get("/v1/services/marx-dormoy/rights")).json()
    assert [(one["number"], one["code"], one["condition"]) for one in rights] == [
        (1, "resident", {"residence": ["59350"]}),
        (2, "child", {"age_below": 12}),
    ]
    [rule] = (await callers.lille.get("/v1/services/marx-dormoy/rules")).json()
    assert rule["content"] == {**SILENT, **RULE, "rights": [1, 2]}, "codes of rights became their numbers"


async def test_rules_are_ended_and_replaced_and_never_changed(callers: Callers):
    await made_pool(callers)
    at = "/v1/services/marx-dormoy/rules"
    second = {"rights": [], "price_class": "guest"}
    await callers.lille.post(at, json=second)
    first, guest = (await callers.lille.get(at)).json()
    held = await callers.lille.put(at, json=[RULE, {"rights": ["child"], "price_class": "child"}, second])
    assert held.status_code == 200, held.text
    ids = [one["rule_id"] for one in held.json()]
    assert ids[0] == first["rule_id"], "a rule at the beginning that stays is not replaced"
    assert guest["rule_id"] not in ids
    assert [one["content"]["price_class"] for one in held.json()] == ["full", "child", "guest"]
    everything = (await callers.lille.get(at, params={"ended": True})).json()
    [ended] = [one for one in everything if one["ended_at"]]
    assert (ended["rule_id"], ended["content"]) == (guest["rule_id"], guest["content"])
    assert (await callers.lille.delete(f"{at}/{ids[1]}")).status_code == 204
    refused(await callers.lille.delete(f"{at}/{ids[1]}"), 404, "service_rule_unknown")
    for wrong, said in (
        ({"rights": ["adult"]}, "no right 'adult'"),
        ({"rights": [3]}, "no right 3"),
        ({"rights": [], "venues": ["nowhere"]}, "no venue 'nowhere'"),
        ({"rights": [], "pause_s": -1}, "pause_s"),
        ({"rights": [], "colour": "blue"}, "colour"),
        ({"rights": [], "windows": [{"days": [8], "from": "08:00", "until": "09:00"}]}, "days"),
    ):
        answer = await callers.lille.post(at, json=wrong)
        refused(answer, 422, "rule_invalid")
        assert said in answer.json()["detail"], answer.text


async def test_a_right_that_a_rule_names_is_kept_and_numbers_are_not_given_again(callers: Callers):
    await made_pool(callers)
    at = "/v1/services/marx-dormoy"
    refused(await callers.lille.delete(f"{at}/rights/child"), 409, "right_in_use")
    await callers.lille.put(f"{at}/rules", json=[{"rights": ["resident"]}])
    assert (await callers.lille.delete(f"{at}/rights/child")).status_code == 204
    refused(await callers.lille.delete(f"{at}/rights/child"), 404, "right_unknown")
    made = await callers.lille.put(f"{at}/rights/senior", json={"title": "Aîné", "condition": {"age_from": 65}})
    assert made.json()["number"] == 3
    again = await callers.lille.put(f"{at}/rights/child", json={"title": "Enfant", "condition": {"age_below": 10}})
    assert again.json()["number"] == 2, "it is the same right, and holds again"
    for wrong in ({"age_below": 0}, {"sold": True}, {"any": [{"sold": True}]}):
        answer = await callers.lille.put(f"{at}/rights/child", json={"title": "Enfant", "condition": wrong})
        refused(answer, 422, "condition_invalid")


async def test_a_service_is_closed_for_good(callers: Callers):
    await made_pool(callers)
    assert (await callers.lille.delete("/v1/services/marx-dormoy")).status_code == 204
    told = (await callers.stranger.get("/v1/services/marx-dormoy")).json()
    assert (told["is_open"], told["is_closed"], told["hours"]) == (False, True, None)
    assert (await callers.stranger.get("/v1/services")).json()["items"] == []
    refused(await callers.lille.put("/v1/services/marx-dormoy", json=POOL), 409, "service_closed")
    refused(await callers.lille.post("/v1/services/marx-dormoy/rules", json=RULE), 409, "service_closed")
    refused(await callers.lille.post("/v1/services", json=POOL), 409, "already_exists")


async def test_houses_of_a_tourism_pass_are_kept_by_partners_and_a_sandbox_stores_nothing(callers: Callers):
    city_pass = {"name": "city-pass", "title": "City pass", "kind": "tourism"}
    assert (await callers.lille.post("/v1/services", json=city_pass)).status_code == 201
    at = "/v1/services/city-pass/venues/tram"
    made = await callers.lille.put(at, json={"title": "Tram", "kind": "transport", "organisation": "ilevia"})
    assert made.json()["venues"][0]["organisation"] == "ilevia"
    unknown = await callers.lille.put(at, json={"title": "Tram", "organisation": "nobody"})
    refused(unknown, 422, "venue_keeper_other")
    right = {"title": "Pass", "condition": {"everybody": True}}
    refused(await callers.lille.put("/v1/services/city-pass/rights/day", json=right), 422, "condition_invalid")
    tried = await callers.sandbox.post("/v1/services", json=POOL)
    assert (tried.status_code, tried.json()["organisation"]) == (201, "ilevia")
    refused(await callers.stranger.get("/v1/services/marx-dormoy"), 404, "service_unknown")
    await made_pool(callers)
    other = await callers.lille.put("/v1/services/marx-dormoy/venues/bar", json={**BASIN, "organisation": "ilevia"})
    refused(other, 422, "venue_keeper_other")


async def test_a_condition_that_changes_has_rights_derived_again(callers: Callers):
    await build_village(callers.url)
    await made_pool(callers)
    town = Town(callers.url)
    town.services = dict(ask(callers.url, "SELECT name, service_id FROM pass.service"))
    subject = join(town, add_holder(town), "marx-dormoy")
    now = datetime.now(UTC)
    assert await derive_due(lending(callers.url), now=now) == 1
    assert ask(callers.url, "SELECT count(*) FROM pass.entitlement") == [(0,)]
    everybody = {"title": "Tous", "condition": {"everybody": True}}
    await callers.lille.put("/v1/services/marx-dormoy/rights/child", json=everybody)
    assert await derive_due(lending(callers.url), now=now) == 1
    assert ask(callers.url, "SELECT subject_id, number FROM pass.entitlement") == [(subject, 2)]
    await callers.lille.put("/v1/services/marx-dormoy/rights/child", json={**everybody, "title": "Everybody"})
    assert await derive_due(lending(callers.url), now=now) == 0, "another title is no other right"
