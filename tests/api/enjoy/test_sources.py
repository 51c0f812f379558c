"""Publishers declare over the API where their records are pulled from, and see how that goes."""

import pytest

from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import VELO

SOURCE = "/v1/datasets/velo/source"
FEED = {"kind": "gbfs", "url": "https://feeds.example/gbfs.json", "period_s": 60, "fields": {"station": "station_id"}}


async def test_a_source_is_declared_told_changed_and_removed(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    assert (await callers.ilevia.get(SOURCE)).json()["code"] == "source_unknown"
    assert (await callers.sandbox.put(SOURCE, json=FEED)).status_code == 200
    assert (await callers.ilevia.get(SOURCE)).status_code == 404  # a sandbox stores nothing
    put = await callers.ilevia.put(SOURCE, json=FEED)
    assert put.status_code == 200, put.text
    told = (await callers.ilevia.get(SOURCE)).json()
    assert told == put.json()
    assert (told["fields"], told["succeeded_at"], told["failure_count"]) == ({"station": "station_id"}, None, 0)
    assert told["next_try_at"] == told["declared_at"]
    other = {"kind": "json", "url": "http://feeds.example/", "period_s": 600, "constants": {"bikes": 1}, "items": "a.b"}
    changed = (await callers.ilevia.put(SOURCE, json=other)).json()
    assert {name: changed[name] for name in other} == other
    assert (await callers.sandbox.delete(SOURCE)).status_code == 204
    assert (await callers.ilevia.delete(SOURCE)).status_code == 204
    assert (await callers.ilevia.delete(SOURCE)).status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "ftp://feeds.example/"}, "source_unfit"),
        ({"url": "https://user:password@feeds.example/"}, "source_unfit"),
        ({"fields": {"colour": "c"}}, "mapping_invalid"),
        ({"period_s": 1}, "request_invalid"),
        ({"kind": "xml"}, "request_invalid"),
    ],
)
async def test_a_source_that_cannot_be_is_refused(callers: Callers, change, code):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    answer = await callers.ilevia.put(SOURCE, json=FEED | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_source_is_its_publishers_alone(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO | {"openness": "open"})
    await callers.ilevia.put(SOURCE, json=FEED)
    for method in ("PUT", "GET", "DELETE"):
        for other, status in ((callers.lille, 403), (callers.reader, 403), (callers.stranger, 401)):
            assert (await other.request(method, SOURCE, json=FEED)).status_code == status, method
