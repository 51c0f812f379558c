"""The document that the VTN serves names what the specification names: operations, scopes, answers, bodies."""

from collections.abc import Iterator
from typing import Any

from core.settings import Settings
from tests.api.openadr.conftest import Vtn
from tests.api.openadr.specification import specification

_METHODS = ("get", "post", "put", "delete")
#: Answers that we give beyond those that the specification names for an operation: whoever is not let in is told so.
_BEYOND = {"400", "401", "403", "409"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((path, method, item[method]) for method in _METHODS if method in item)


async def test_all_operations_of_the_specification_are_served(vtn: Vtn, settings: Settings) -> None:
    async with vtn.anonymous() as http:
        served = (await http.get("/openapi.json")).json()
    wanted = {(path, method): one for path, method, one in operations(specification(settings))}
    found = {(path, method): one for path, method, one in operations(served)}
    assert len(wanted) == 45
    assert found.keys() == wanted.keys()
    for key, operation in wanted.items():
        ours = found[key]
        assert ours["operationId"] == operation["operationId"]
        assert ours.get("security") == operation.get("security"), key
        missing = set(operation["responses"]) - set(ours["responses"]) - {"501"}
        assert not missing, key
        assert set(ours["responses"]) - set(operation["responses"]) <= _BEYOND | {"500"}, key
        assert {one["name"] for one in ours.get("parameters", ()) if one["in"] == "query"} == {
            one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"
        }
        assert ("requestBody" in ours) == ("requestBody" in operation)


async def test_the_platforms_own_document_is_not_mixed_up_with_it(vtn: Vtn) -> None:
    assert not [path for path in vtn.app.openapi()["paths"] if path.startswith("/openadr3")]
