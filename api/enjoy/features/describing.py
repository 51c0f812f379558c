"""What is said of collections: where and when their records are, what they can be filtered by, what is in them."""

from typing import Any, Final

from api.enjoy.features.answers import PREFIX, Link, link
from api.enjoy.features.contracts import Collection
from api.enjoy.features.crs import CRS84, KNOWN
from api.enjoy.features.formats import JSON, OF_ITEMS, OF_LATEST, SCHEMA
from api.enjoy.routes.exports import files_below
from core.datasets import LICENCES, Field, FieldType
from core.instants import instant_text
from db.catalogue import Summary

QUERYABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_SCHEMA: Final = "http://www.opengis.net/def/rel/ogc/1.0/schema"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final[dict[FieldType, dict[str, str]]] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.INTEGER: {"type": "integer", "format": "int64"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.TIMESTAMP: {"type": "string", "format": "date-time"},
}


def collection_of(base: str, collection: Collection, summary: Summary | None) -> dict[str, Any]:
    """Describe a collection."""
    dataset, version = collection.published.dataset, collection.version
    described: dict[str, Any] = {
        "id": collection.id,
        "title": dataset.title if collection.is_newest else f"{dataset.title} (version {version.version})",
        "description": dataset.description,
        "keywords": dataset.keywords,
        "attribution": dataset.organisation_title,
        "license": LICENCES[dataset.licence].uri if dataset.licence in LICENCES else dataset.licence,
        "itemType": "feature",
        "links": _links(base, collection),
    }
    if summary is not None and (told := _extent(summary)):
        described["extent"] = told
    if collection.view.geometry_type is not None:
        described |= {"crs": list(KNOWN), "storageCrs": CRS84.uri}
    if version.deprecated_at is not None and version.sunset_at is not None:
        described |= {"deprecated": version.deprecated_at.isoformat(), "sunset": version.sunset_at.isoformat()}
    return described


def _extent(summary: Summary) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if summary.box is not None:
        told["spatial"] = {"bbox": [list(summary.box)], "crs": CRS84.uri}
    if summary.span is not None:
        told["temporal"] = {"interval": [list(map(instant_text, summary.span))]}
    return told


def _links(base: str, collection: Collection) -> list[Link]:
    own = f"{base}/collections/{collection.id}"
    title = collection.published.dataset.title
    licence = LICENCES.get(collection.published.dataset.licence)
    links = [
        link(own, "self", JSON.media_type, "This collection"),
        *(link(f"{own}/items?f={one.name}", "items", one.media_type, f"{title} as {one.title}") for one in OF_ITEMS),
        *(
            link(f"{own}/latest?f={one.name}", "latest", one.media_type, f"The newest of each, as {one.title}")
            for one in OF_LATEST[:2]
        ),
        *(
            link(href, "enclosure", media_type, said)
            for href, media_type, said in files_below(
                base.removesuffix(PREFIX), collection.published, collection.version.version
            )
        ),
        link(f"{own}/queryables", QUERYABLES, SCHEMA.media_type, "What it can be filtered by"),
        link(f"{own}/schema", _SCHEMA, SCHEMA.media_type, "What is in it"),
        link(f"{base}/collections", "parent", JSON.media_type, "All collections"),
    ]
    if licence is not None:
        links.append(link(licence.uri, "license", "text/html", licence.title))
    if not collection.is_newest:
        newest = f"{base}/collections/{collection.published.dataset.name}.v{collection.published.newest.version}"
        links.append(link(newest, "successor-version", JSON.media_type, "The newest shape"))
    return links


def queryables_of(base: str, collection: Collection) -> dict[str, Any]:
    """Describe what a collection can be filtered by, as a JSON Schema."""
    title = collection.published.dataset.title
    return {
        "$schema": _DIALECT,
        "$id": f"{base}/collections/{collection.id}/queryables",
        "type": "object",
        "title": title,
        "properties": _geometry(collection) | {one.name: _property(one) for one in collection.view.fields},
        "additionalProperties": False,
    }


def schema_of(base: str, collection: Collection) -> dict[str, Any]:
    """Describe what the properties of features are, as a JSON Schema."""
    view = collection.view
    roles = {view.time: {"x-ogc-role": "primary-instant"}} if view.time is not None else {}
    described = {
        one.name: _property(one) | roles.get(one.name, {}) | {"x-ogc-propertySeq": place}
        for place, one in enumerate(view.fields, start=1)
    }
    return {
        "$schema": _DIALECT,
        "$id": f"{base}/collections/{collection.id}/schema",
        "type": "object",
        "title": collection.published.dataset.title,
        "properties": _geometry(collection, role="primary-geometry") | described,
        "required": [one.name for one in view.fields if one.is_required],
        "additionalProperties": False,
    }


def _geometry(collection: Collection, role: str | None = None) -> dict[str, Any]:
    kind = collection.view.geometry_type
    if kind is None:
        return {}
    told = {"title": "Geometry", "format": f"geometry-{'any' if kind == 'Geometry' else kind.lower()}"}
    return {"geometry": told | ({"x-ogc-role": role} if role else {})}


def _property(field: Field) -> dict[str, Any]:
    told: dict[str, Any] = {"title": field.title, **_TYPES[field.type]}
    if field.description:
        told["description"] = field.description
    if field.unit is not None:
        told["x-ogc-unit"] = field.unit
    return told


def parameter_schema(field: Field) -> dict[str, Any]:
    """Return the type of a parameter that filters by a field."""
    return dict(_TYPES[field.type])


def landing_of(base: str) -> dict[str, Any]:
    """Describe where everything begins."""
    return {
        "title": "Enjoy",
        "description": "The city's data as OGC API Features. Shapes never break: an old version answers for a year.",
        "links": [
            link(f"{base}/", "self", JSON.media_type, "This document"),
            link(f"{base}/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0", "How to call it"),
            link(f"{base}/conformance", "conformance", JSON.media_type, "What it conforms to"),
            link(f"{base}/collections", "data", JSON.media_type, "Collections"),
        ],
    }


_PARTS: Final = {
    "ogcapi-features-1/1.0": ("core", "geojson", "oas30"),
    "ogcapi-features-2/1.0": ("crs",),
    "ogcapi-features-3/1.0": ("queryables", "queryables-query-parameters", "filter", "features-filter"),
    "cql2/1.0": (
        "cql2-text",
        "cql2-json",
        "basic-cql2",
        "advanced-comparison-operators",
        "basic-spatial-functions",
        "basic-spatial-functions-plus",
        "property-property",
    ),
}
CONFORMANCE: Final = {
    "conformsTo": [
        f"http://www.opengis.net/spec/{part}/conf/{name}" for part, names in _PARTS.items() for name in names
    ]
}
