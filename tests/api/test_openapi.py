from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from api.openapi import bodies, operations
from tests.api.world import World


def _valid(instance: object, schema: dict[str, Any], document: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": document["components"]}).validate(instance)


def test_every_route_has_an_example_that_conforms(document: dict[str, Any]):
    found = 0
    for operation in operations(document):
        media = [body for answer in operation["responses"].values() for body in answer.get("content", {}).values()]
        assert all("example" in body for body in media), operation["operationId"]
        for body in bodies(operation):
            _valid(body["example"], body["schema"], document)
            found += 1
    assert found >= 40


def test_every_parameter_has_a_description_or_an_example(document: dict[str, Any]):
    for operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["schema"].get("examples"), parameter["name"]


def test_examples_are_not_empty(document: dict[str, Any]):
    (place,) = [one for one in operations(document) if one["operationId"].startswith("get_place_v1")]
    example = place["responses"]["200"]["content"]["application/json"]["example"]
    assert example["children"]["items"][0]["latest"]["load_w"] > 0


def test_every_route_of_the_api_names_its_token_and_its_problems(document: dict[str, Any]):
    for path, item in document["paths"].items():
        for operation in item.values():
            if path.startswith("/v1/"):
                assert operation["security"], path
                assert {"401", "403"} <= operation["responses"].keys(), path


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("/v1/places", "/v1/places"),
        ("/v1/places/{level}/{code}", "/v1/places/feeder/F-1"),
        ("/v1/communes", "/v1/communes"),
        ("/v1/usage-points", "/v1/usage-points"),
        ("/v1/places/{level}/{code}/latest", "/v1/places/feeder/F-1/latest"),
        (
            "/v1/places/{level}/{code}/load",
            "/v1/places/feeder/F-1/load?start=2026-01-15T00:00:00Z&end=2026-01-16T00:00:00Z",
        ),
        ("/v1/usage-points/{key}/latest", "/v1/usage-points/KEY/latest"),
        ("/v1/usage-points/{key}/labels", "/v1/usage-points/KEY/labels"),
        (
            "/v1/usage-points/{key}/load",
            "/v1/usage-points/KEY/load?start=2026-01-15T00:00:00Z&end=2026-01-16T00:00:00Z",
        ),
        ("/v1/places/{level}/{code}/forecast", "/v1/places/feeder/F-1/forecast"),
        ("/v1/events", "/v1/events"),
        ("/v1/audit", "/v1/audit"),
        ("/v1/ingest", "/v1/ingest"),
        ("/v1/refused-messages", "/v1/refused-messages"),
        ("/v1/findings", "/v1/findings?cleared=true"),
        ("/v1/completeness", "/v1/completeness"),
        ("/v1/gateways", "/v1/gateways"),
        ("/session", "/session"),
        ("/healthz", "/healthz"),
        ("/readyz", "/readyz"),
    ],
)
async def test_what_is_told_conforms_to_the_document(
    client: httpx.AsyncClient, document: dict[str, Any], world: World, template: str, path: str
):
    answer = await client.get(path.replace("KEY", str(world.key[world.usage_points[0]])))
    assert answer.status_code == 200
    (body,) = document["paths"][template]["get"]["responses"]["200"]["content"].values()
    _valid(answer.json(), body["schema"], document)


async def test_the_document_and_its_explorer_need_no_token_and_no_other_host(anonymous: httpx.AsyncClient):
    assert (await anonymous.get("/openapi.json")).json()["openapi"].startswith("3.1")
    page = (await anonymous.get("/docs")).text
    assert "http" not in page
