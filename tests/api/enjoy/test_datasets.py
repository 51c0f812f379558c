"""Publishers declare, write, share and renew datasets over the API; nobody reaches what is another's."""

from datetime import timedelta

import pytest

from tests.api.enjoy.conftest import Callers
from tests.enjoy.stations import bike
from tests.enjoy.test_publishing import NOW

VELO = {
    "name": "velo",
    "title": "V'lille",
    "description": "Counted every minute.",
    "licence": "etalab-2.0",
    "theme": "TRAN",
    "openness": "private",
    "update_period_s": 60,
    "fields": [
        {"name": "station", "type": "text", "title": "Station", "is_required": True},
        {"name": "at", "type": "timestamp", "title": "When", "is_required": True},
        {"name": "bikes", "type": "integer", "title": "Bicycles", "unit": "1", "is_required": True},
    ],
    "key_fields": ["station"],
    "time_field": "at",
    "geometry_type": "Point",
}
AT = "2026-01-15T17:30:00Z"


async def test_a_dataset_is_declared_written_and_found_again_with_what_was_refused(callers: Callers):
    made = await callers.ilevia.post("/v1/datasets", json=VELO)
    assert made.status_code == 201, made.text
    assert (made.json()["organisation"], made.json()["versions"][0]["version"]) == ("ilevia", 1)
    assert (await callers.ilevia.post("/v1/datasets", json=VELO)).json()["code"] == "already_exists"
    feature = bike("B", AT, 2)
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": feature.pop("geometry"), "properties": feature},
            {"type": "Feature", "geometry": None, "properties": feature},
        ],
    }
    written = (await callers.ilevia.post("/v1/datasets/velo/records", json=collection)).json()
    assert (written["inserted"], written["refused_count"]) == (1, 1)
    assert written["refused"][0]["code"] == "geometry_missing"
    one = (await callers.ilevia.post("/v1/datasets/velo/records", json=bike("A", AT, 7))).json()
    assert (one["inserted"], one["updated"], one["unchanged"]) == (1, 0, 0)
    tried = (await callers.sandbox.post("/v1/datasets/velo/records", json=[bike("C", AT, 7)])).json()
    assert tried["inserted"] == 1
    again = (await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("C", AT, 7), bike("A", AT, 7)])).json()
    assert (again["inserted"], again["unchanged"]) == (1, 1)  # the sandbox stored nothing
    (refused,) = (await callers.ilevia.get("/v1/datasets/velo/refused-records")).json()["items"]
    assert (refused["row_number"], refused["source"]) == (2, "api")
    keys = [{"station": "A", "at": AT}, {"station": "nobody", "at": AT}]
    assert (await callers.ilevia.request("DELETE", "/v1/datasets/velo/records", json=keys)).json() == {"deleted": 1}
    wrong = await callers.ilevia.request("DELETE", "/v1/datasets/velo/records", json=[{"station": "A"}])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "key_malformed")
    listed = (await callers.ilevia.get("/v1/datasets")).json()["items"]
    assert [(one["name"], one["records_changed_at"] is not None) for one in listed] == [("velo", True)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key_fields": ["nothing"]}, "contract_invalid"),
        ({"licence": "mine"}, "request_invalid"),
        ({"name": "Vélo"}, "request_invalid"),
    ],
)
async def test_a_contract_that_cannot_be_kept_is_refused(callers: Callers, change, code):
    answer = await callers.ilevia.post("/v1/datasets", json=VELO | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_renaming_a_field_takes_a_new_version_with_a_year_of_notice(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    renamed = [one | ({"name": "free"} if one["name"] == "bikes" else {}) for one in VELO["fields"]]  # type: ignore[attr-defined]
    shape = {name: VELO[name] for name in ("key_fields", "time_field", "geometry_type")} | {"fields": renamed}
    soon = shape | {"renamed": {"bikes": "free"}, "sunset_at": (NOW + timedelta(days=100)).isoformat()}
    assert (await callers.ilevia.post("/v1/datasets/velo/versions", json=soon)).json()["code"] == "sunset_too_soon"
    later = soon | {"sunset_at": (NOW + timedelta(days=400)).isoformat()}
    broken = await callers.ilevia.post("/v1/datasets/velo/versions", json=later | {"renamed": {}})
    assert (broken.status_code, broken.json()["code"]) == (409, "contract_broken")
    opened = await callers.ilevia.post("/v1/datasets/velo/versions", json=later)
    assert opened.status_code == 201, opened.text
    first, second = opened.json()["versions"]
    assert (first["sunset_at"] is not None, second["sunset_at"]) == (True, None)
    assert [one["name"] for one in first["fields"]] == ["station", "at", "bikes"]
    old = await callers.ilevia.post("/v1/datasets/velo/records?version=1", json=[bike("A", AT, 1)])
    new = await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 1)])
    assert (old.json()["inserted"], new.json()["refused_count"]) == (1, 1)
    none = await callers.ilevia.post("/v1/datasets/velo/records?version=3", json=[])
    assert none.json()["code"] == "version_unknown"


async def test_what_is_private_is_unknown_to_others_until_it_is_shared_and_never_theirs_to_change(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    others = (callers.lille, callers.stranger)
    for other in others:
        assert (await other.get("/v1/datasets/velo")).status_code == 404
        assert (await other.get("/v1/datasets")).json()["items"] == []
    assert (await callers.reader.get("/v1/datasets/velo")).status_code == 200
    assert (await callers.ilevia.put("/v1/datasets/velo/shares/nobody")).status_code == 404
    assert (await callers.ilevia.put("/v1/datasets/velo/shares/lille")).status_code == 204
    assert [one["name"] for one in (await callers.ilevia.get("/v1/datasets/velo/shares")).json()] == ["lille"]
    assert (await callers.lille.get("/v1/datasets/velo")).status_code == 200
    described = {name: VELO[name] for name in ("title", "description", "licence", "theme")} | {"openness": "open"}
    for method, path, body in (
        ("POST", "/v1/datasets/velo/records", [bike("A", AT, 1)]),
        ("DELETE", "/v1/datasets/velo/records", []),
        ("GET", "/v1/datasets/velo/refused-records", None),
        ("PUT", "/v1/datasets/velo", described),
        ("DELETE", "/v1/datasets/velo", None),
        ("GET", "/v1/datasets/velo/shares", None),
        ("PUT", "/v1/datasets/velo/shares/lille", None),
        ("DELETE", "/v1/datasets/velo/shares/lille", None),
    ):
        assert (await callers.lille.request(method, path, json=body)).status_code == 403, (method, path)
        assert (await callers.reader.request(method, path, json=body)).status_code == 403, (method, path)
        assert (await callers.stranger.request(method, path, json=body)).status_code == 401, (method, path)
    assert (await callers.ilevia.delete("/v1/datasets/velo/shares/lille")).status_code == 204
    assert (await callers.lille.get("/v1/datasets/velo")).status_code == 404
    assert (await callers.ilevia.put("/v1/datasets/velo", json=described)).json()["openness"] == "open"
    assert (await callers.stranger.get("/v1/datasets/velo")).status_code == 200
    assert (await callers.ilevia.delete("/v1/datasets/velo")).status_code == 204
    assert (await callers.ilevia.get("/v1/datasets/velo")).status_code == 404


async def test_a_wrong_key_is_not_taken_for_none(callers: Callers):
    for header in ("Bearer enjoy_wrong", "Basic x", "Bearer "):
        answer = await callers.stranger.get("/v1/datasets", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert [one["name"] for one in (await callers.stranger.get("/v1/organisations")).json()["items"]] == [
        "ilevia",
        "lille",
    ]
