"""Changes of datasets as CloudEvents 1.0, the same for who reads the stream and for who is called."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from core.datasets import Field, FieldType
from core.instants import instant_text
from db.changes import RecordChange, records_now
from db.connection import Connection
from db.dataset_rows import Published

#: Types of events, with a sentence for people.
EVENT_TYPES: Final[Mapping[str, str]] = {
    "somel.enjoy.records.changed": "Records were written or corrected",
    "somel.enjoy.records.deleted": "Records were deleted",
}
CHANGED, DELETED = EVENT_TYPES
#: Only in the stream: what a reader asks for again is not kept any more.
MISSED: Final = "somel.enjoy.records.missed"
#: Where all records of a dataset are read.
_ITEMS: Final = "/enjoy/ogc/collections/{}/items"
_JSON_TYPES: Final[Mapping[FieldType, Mapping[str, str]]] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.TIMESTAMP: {"type": "string", "format": "date-time"},
}


def source_of(name: str) -> str:
    """Return where events of a dataset come from, as a reference relative to the API's host."""
    return f"/enjoy/v1/datasets/{name}"


def type_of(change: RecordChange) -> str:
    """Return the type of the event of a change."""
    return DELETED if change.deleted_count else CHANGED


async def event_of(connection: Connection, published: Published, change: RecordChange) -> dict[str, Any]:
    """Return the event of a change: with what few changed records say now, or where many are found.

    Parameters
    ----------
    connection : Connection
        In the role that serves, acting for whoever is told: it reads what they may.
    published : Published
        Dataset, which they may read.
    change : RecordChange
        What to tell.
    """
    name = published.dataset.name
    spent = {"inserted": change.inserted_count, "updated": change.updated_count, "deleted": change.deleted_count}
    told: dict[str, Any] = {"dataset": name, "number": change.number, **spent}
    told |= {"first_at": _instant(change.first_at), "last_at": _instant(change.last_at)}
    if change.deleted_count:
        told["keys"] = None if change.keys is None else _named(published, change.keys)
    else:
        told["records"] = None if change.keys is None else await records_now(connection, published, change.keys)
    return _event(name, f"{name}/{change.number}", type_of(change), change.at, told | {"href": _where(name, change)})


def missed_event(name: str, first: int, last: int, now: datetime) -> dict[str, Any]:
    """Return the event that says which numbers are not kept any more: whoever missed them reads the dataset anew."""
    told = {"dataset": name, "first_number": first, "last_number": last, "href": _ITEMS.format(name)}
    return _event(name, f"{name}/missed-{first}-{last}", MISSED, now, told)


def record_schema(fields: Sequence[Field], geometry_type: str | None) -> dict[str, Any]:
    """Return the JSON Schema of a record, as events and messages have it."""
    properties: dict[str, Any] = {one.name: _field_schema(one) for one in fields}
    required = [one.name for one in fields if one.is_required]
    if geometry_type is not None:
        properties["geometry"] = {"type": "object", "title": f"GeoJSON: {geometry_type}"}
        required.append("geometry")
    return {"type": "object", "properties": properties, "required": required}


def _field_schema(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = dict(_JSON_TYPES[field.type])
    if not field.is_required:
        schema["type"] = [schema["type"], "null"]
    said = {"title": field.title, "description": field.description, "x-unit": field.unit}
    return schema | {name: value for name, value in said.items() if value}


def _event(name: str, event_id: str, kind: str, at: datetime, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source_of(name),
        "type": kind,
        "subject": name,
        "time": _instant(at),
        "datacontenttype": "application/json",
        "data": dict(told),
    }


def _where(name: str, change: RecordChange) -> str:
    href = _ITEMS.format(name)
    if change.first_at is None or change.last_at is None:
        return href
    return f"{href}?{urlencode({'datetime': f'{_instant(change.first_at)}/{_instant(change.last_at)}'}, safe=':/')}"


def _named(published: Published, keys: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return keys by the fields of the newest version instead of by columns."""
    names = {row.column_name: row.name for row in published.fields[published.newest.version]}
    return [{names[column]: value for column, value in key.items()} for key in keys]


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)
