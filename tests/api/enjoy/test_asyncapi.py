"""The AsyncAPI document holds together, is of what the asker may read, and real events are as it says."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.api.enjoy.test_webhooks import at_work, hook, near
from tests.api.webhooks.subscriber import subscriber
from tests.enjoy.stations import bike
from tests.ingest.running import until

__all__ = ["near"]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node["$ref"],) if "$ref" in node else ()
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: Any, reference: str) -> Any:
    node = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def validator(document: dict[str, Any], message: str) -> Draft202012Validator:
    """Return what checks a payload; references lead into the document."""
    registry: Registry[Any] = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    pointer = f"urn:document#/components/messages/{message}/payload"
    return Draft202012Validator({"$ref": pointer}, registry=registry)


async def test_the_document_holds_together_and_shows_each_what_they_may_read(callers: Callers):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    await callers.ilevia.post("/v1/datasets", json=VELO | {"name": "bikes", "openness": "open", "geometry_type": None})
    document = (await callers.ilevia.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    assert document["info"].keys() >= {"title", "version"}
    assert all(resolve(document, one) for one in references(document))
    assert {one["address"] for one in document["channels"].values()} == {
        None,
        "/v1/datasets/bikes/events",
        "/v1/datasets/velo/events",
        "enjoy/v1/bikes/records",
        "enjoy/v1/velo/records",
    }
    for operation in document["operations"].values():
        assert resolve(document, operation["channel"]["$ref"])["messages"]
        assert operation["action"] in {"send", "receive"}
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    record = document["components"]["schemas"]["velo-record"]
    assert record["required"] == ["station", "at", "bikes", "geometry"]
    assert record["properties"]["bikes"] == {"type": "integer", "title": "Bicycles", "x-unit": "1"}
    strange = (await callers.stranger.get("/asyncapi.json")).json()
    assert "velo" not in str(strange)
    assert set(strange["components"]["schemas"]) == {"bikes-record"}


async def test_what_is_sent_is_as_the_document_says(callers: Callers, near: None):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    document = (await callers.ilevia.get("/asyncapi.json")).json()
    with subscriber() as server:
        await callers.ilevia.post("/v1/webhooks", json=hook(server))
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 7)])
        await callers.ilevia.request("DELETE", "/v1/datasets/velo/records", json=[{"station": "A", "at": AT}])
        many = [bike(f"S{number}", AT, 1) for number in range(150)]
        await callers.ilevia.post("/v1/datasets/velo/records", json=many)
        async with at_work(callers.url):
            await until(lambda: len(server.heard) == 3)
    changed, deleted, swollen = (one.notification for one in server.heard)
    validator(document, "velo-changed").validate(changed)
    validator(document, "velo-deleted").validate(deleted)
    validator(document, "velo-changed").validate(swollen)
    assert not validator(document, "velo-deleted").is_valid(changed)
    wrong = changed | {"data": changed["data"] | {"records": [{"station": 7}]}}
    assert not validator(document, "velo-changed").is_valid(wrong)
    validator(document, "velo-records").validate([bike("A", AT, 7)])
    assert not validator(document, "velo-records").is_valid([{"station": "A"}])
