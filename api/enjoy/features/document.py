"""How to call this, as an OpenAPI 3.0.3 document with the parameters that each collection has."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from api.enjoy.features.asking import MOST, MOST_OFFSET, OF_ITEMS, USUAL
from api.enjoy.features.contracts import Collection
from api.enjoy.features.crs import CRS84, KNOWN
from api.enjoy.features.describing import parameter_schema
from api.enjoy.features.formats import GEOJSON, JSON, OPENAPI, SCHEMA
from enjoy.cql import LANGUAGES

_SYSTEMS: Final = {"type": "string", "format": "uri", "enum": list(KNOWN), "default": CRS84.uri}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _path(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


_BOX: Final = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
_PARAMETERS: Final = {
    "f": _query("f", {"type": "string"}, "Format, instead of the header Accept"),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        "Features on a page; of more than the maximum, the maximum is given",
    ),
    "offset": _query(
        "offset", {"type": "integer", "minimum": 0, "maximum": MOST_OFFSET}, "Features that are passed over"
    ),
    "cursor": _query("cursor", {"type": "string"}, "From the link `next` of the page before; opaque"),
    "bbox": _query("bbox", _BOX, "Features with a point in this box"),
    "bbox-crs": _query("bbox-crs", _SYSTEMS, "Coordinate reference system of the box"),
    "crs": _query("crs", _SYSTEMS, "Coordinate reference system of geometries in the answer"),
    "datetime": _query("datetime", {"type": "string"}, "An instant, or two joined by a slash; `..` is an open end"),
    "filter": _query("filter", {"type": "string"}, "Condition in CQL2"),
    "filter-lang": _query(
        "filter-lang", {"type": "string", "enum": list(LANGUAGES), "default": "cql2-text"}, "How the filter is written"
    ),
    "filter-crs": _query("filter-crs", _SYSTEMS, "Coordinate reference system of geometries in the filter"),
    "properties": _query("properties", {"type": "array", "items": {"type": "string"}}, "Fields that are wanted"),
    "skipGeometry": _query("skipGeometry", {"type": "boolean", "default": False}, "Whether geometries are left out"),
    "sortby": _query("sortby", {"type": "string"}, "The time, or the key where there is none; with a `-`, descending"),
}
_ONE: Final = ("f", "crs", "properties", "skipGeometry")


def document_of(base: str, collections: Iterable[Collection]) -> dict[str, Any]:
    """Return the document for a caller who may read these collections."""
    found = list(collections)
    paths: dict[str, Any] = {
        "/": _get("Where everything begins", JSON.media_type, ["f"]),
        "/conformance": _get("What is conformed to", JSON.media_type, ["f"]),
        "/api": _get("This document", OPENAPI.media_type, ["f"]),
        "/collections": _get("All collections", JSON.media_type, ["f"]),
    }
    collection = _path("collectionId", "Collection, with or without its version")
    paths |= _of_collection("/collections/{collectionId}", sorted(OF_ITEMS), [collection], [])
    for one in found:
        more = [_query(field.name, parameter_schema(field), field.title) for field in one.view.fields]
        own = [parameter for parameter in more if parameter["name"] not in OF_ITEMS]
        paths |= _of_collection(f"/collections/{one.id}", sorted(OF_ITEMS), [], own)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Enjoy: OGC API Features", "version": "1", "description": "The city's data, for everybody."},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "parameters": _PARAMETERS,
            "schemas": {"problem": _PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}],
    }


def _of_collection(
    path: str, names: Sequence[str], place: Sequence[dict[str, Any]], own: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    feature = _path("featureId", "Feature")
    return {
        path: _get("A collection", JSON.media_type, ["f"], place),
        f"{path}/queryables": _get("What it can be filtered by", SCHEMA.media_type, ["f"], place),
        f"{path}/schema": _get("What is in it", SCHEMA.media_type, ["f"], place),
        f"{path}/items": _get("Features", GEOJSON.media_type, names, [*place, *own]),
        f"{path}/latest": _get("The newest feature of each key", GEOJSON.media_type, names, [*place, *own]),
        f"{path}/items/{{featureId}}": _get("A feature", GEOJSON.media_type, _ONE, [*place, feature]),
    }


def _get(summary: str, media_type: str, names: Sequence[str], more: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    refused = {"description": "Why not", "content": {"application/problem+json": {"schema": _REFERENCE}}}
    return {
        "get": {
            "summary": summary,
            "parameters": [*more, *({"$ref": f"#/components/parameters/{name}"} for name in names)],
            "responses": {
                "200": {"description": summary, "content": {media_type: {"schema": {"type": "object"}}}},
                "304": {"description": "It is what the caller has"},
                "default": refused,
            },
        }
    }


_REFERENCE: Final = {"$ref": "#/components/schemas/problem"}
_PROBLEM: Final = {
    "type": "object",
    "description": "What is wrong (RFC 9457)",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
    },
}
