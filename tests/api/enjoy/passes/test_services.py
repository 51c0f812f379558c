"""Services are declared, changed and closed by who runs them, and read by everybody."""

from typing import Any

import httpx

from tests.api.enjoy.conftest import Callers
from tests.db.village import build_village

POOL: dict[str, Any] = {"name": "marx-dormoy", "title": "Piscine Marx Dormoy", "description": "Fifty metres."}
BASIN: dict[str, Any] = {
    "title": "Grand bassin",
    "insee_code": "59350",
    "location": {"lon": 3.0412, "lat": 50.6293},
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
