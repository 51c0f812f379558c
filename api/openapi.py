"""The OpenAPI document: what FastAPI derives, with an example for every body and the problems of every route."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import PROBLEM_TYPE
from api.models.problem import Problem

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_PROBLEM_REF: Final = {"$ref": "#/components/schemas/Problem"}
#: Examples of simple types, and of texts by their format.
_SCALARS: Final[Mapping[str, Any]] = {"string": "text", "integer": 1, "number": 1.0, "boolean": False}
_TEXTS: Final = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T17:00:00Z",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_TOKEN_PROBLEMS: Final = {"401": "The token is missing or not valid", "403": "The token lacks the scope"}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of `app`; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas.update(_problem_schemas())
        for operation in operations(document):
            _name_problems(operation)
            for body in bodies(operation):
                body.setdefault("example", example_of(body["schema"], schemas))
        app.openapi_schema = document
    return app.openapi_schema


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation of an OpenAPI document."""
    for item in document["paths"].values():
        yield from (operation for method, operation in item.items() if method in _METHODS)


def bodies(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every JSON body, asked or answered, of an operation: its media type object with a schema."""
    parts = [operation.get("requestBody", {}), *operation["responses"].values()]
    for part in parts:
        for media_type, body in part.get("content", {}).items():
            if media_type.endswith("json") and body.get("schema"):
                yield body


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return an example of a schema, composed from those of its parts.

    Parameters
    ----------
    schema : mapping
        JSON Schema, perhaps a reference.
    schemas : mapping
        What references may name.
    """
    if schema.get("examples"):
        return schema["examples"][0]
    fixed = schema.get("const", schema.get("default"))
    if fixed is not None:
        return fixed
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return example_of(choices[0], schemas)
    if schema.get("type") in _SCALARS:
        return _scalar_of(schema)
    return _whole_of(schema, schemas)


def _whole_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return an array or an object of examples of its parts."""
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    return {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}


def _scalar_of(schema: Mapping[str, Any]) -> Any:
    """Return a value of a simple type for which its field gives no example."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "string":
        text = _TEXTS.get(schema.get("format", ""), "text")
        return text * -(-schema.get("minLength", 1) // len(text))
    return max(_SCALARS[schema["type"]], schema.get("minimum", 0))


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {**schema.pop("$defs"), "Problem": schema}


def _name_problems(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    named = {"422": "Something in the request is not valid"} if "422" in responses else {}
    if operation.get("security"):
        named |= _TOKEN_PROBLEMS
    for status, description in named.items():
        responses[status] = {
            "description": description,
            "content": {PROBLEM_TYPE: {"schema": dict(_PROBLEM_REF)}},
        }
