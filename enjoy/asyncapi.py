"""Events and messages of datasets as an AsyncAPI 3.0 document, made from their contracts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from db.dataset_rows import Published
from enjoy.events import CHANGED, DELETED, MISSED, record_schema, source_of
from enjoy.topics import topic_of

VERSION: Final = "3.0.0"
_DESCRIPTION: Final = """\
What Enjoy tells of its datasets as they change, seen from Enjoy: it sends server-sent events to whoever reads a stream
and CloudEvents to webhooks, and receives records of publishers by MQTT. Every message is JSON; the payloads are those
of the datasets' contracts.
"""
_COUNT: Final = {"type": "integer", "minimum": 0}
_INSTANT: Final = {"type": ["string", "null"], "format": "date-time"}
_ADDRESS: Final = {"type": "string", "format": "uri-reference"}


def asyncapi_of(datasets: Iterable[Published], *, host: str, protocol: str, broker: str | None) -> dict[str, Any]:
    """Return the document of some datasets.

    Parameters
    ----------
    datasets : iterable of Published
        Those that whoever asks may read.
    host, protocol : str
        Where the API is asked for.
    broker : str or None
        Address of the MQTT broker; None where it is not told.
    """
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for published in datasets:
        name = published.dataset.name
        contract = published.contract()
        schemas[f"{name}-record"] = record_schema(contract.fields, contract.geometry_type)
        _add_messages(messages, schemas, published)
        _add_channels(channels, operations, name)
    return {
        "asyncapi": VERSION,
        "id": "urn:somel:enjoy:v1",
        "info": {"title": "Enjoy", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": _servers(host, protocol, broker),
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _servers(host: str, protocol: str, broker: str | None) -> dict[str, Any]:
    given = broker or "mqtt://localhost:1883"
    scheme, _, address = given.partition("://")
    return {
        "api": {"host": host, "pathname": "/enjoy", "protocol": protocol},
        "broker": {
            "host": address,
            "protocol": "secure-mqtt" if scheme == "mqtts" else "mqtt",
            "protocolVersion": "5",
            "description": "Where publishers send records" if broker else "The platform's own broker, by default",
        },
    }


def _add_messages(messages: dict[str, Any], schemas: Mapping[str, Any], published: Published) -> None:
    name, contract = published.dataset.name, published.contract()
    keys = {*contract.key_fields, contract.time_field}
    properties = schemas[f"{name}-record"]["properties"]
    key = {"type": "object", "properties": {one: properties[one] for one in properties if one in keys}}
    record = {"$ref": f"#/components/schemas/{name}-record"}
    few = {"type": ["array", "null"], "description": "Null where they are many: see href"}
    counts = dict.fromkeys(("number", "inserted", "updated", "deleted"), _COUNT)
    told = {"dataset": {"const": name}, **counts, "first_at": _INSTANT, "last_at": _INSTANT, "href": _ADDRESS}
    numbers = {"dataset": {"const": name}, "first_number": _COUNT, "last_number": _COUNT, "href": _ADDRESS}
    bodies = {
        "changed": (CHANGED, told | {"records": few | {"items": record}}),
        "deleted": (DELETED, told | {"keys": few | {"items": key}}),
        "missed": (MISSED, numbers),
    }
    for word, (kind, shape) in bodies.items():
        messages[f"{name}-{word}"] = {
            "name": kind,
            "title": f"{published.dataset.title}: records {word}",
            "contentType": "application/cloudevents+json",
            "payload": _cloud_event(name, kind, shape),
        }
    messages[f"{name}-records"] = {
        "name": "records",
        "title": f"{published.dataset.title}: records of its publisher",
        "contentType": "application/json",
        "payload": {"oneOf": [record, {"type": "array", "items": record}]},
    }


def _cloud_event(name: str, kind: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "description": "The same however often it is told"},
        "source": {"const": source_of(name)},
        "type": {"const": kind},
        "subject": {"const": name},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object", "properties": dict(shape), "required": list(shape)},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _add_channels(channels: dict[str, Any], operations: dict[str, Any], name: str) -> None:
    stream, hook, topic = f"{name}-stream", f"{name}-webhook", f"{name}-topic"
    channels[stream] = _channel(f"/v1/datasets/{name}/events", "api", name, ("changed", "deleted", "missed"))
    channels[hook] = _channel(None, "api", name, ("changed", "deleted"))
    channels[topic] = _channel(topic_of(name), "broker", name, ("records",))
    operations[f"stream-{name}"] = _operation(
        stream, "send", "Server-sent events; Last-Event-ID goes on from there", {"http": {"method": "GET"}}
    )
    operations[f"call-{name}"] = _operation(
        hook, "send", "A webhook, signed as Standard Webhooks has it", {"http": {"method": "POST"}}
    )
    operations[f"receive-{name}"] = _operation(topic, "receive", "Records of the publisher", {"mqtt": {"qos": 1}})


def _channel(address: str | None, server: str, name: str, words: Iterable[str]) -> dict[str, Any]:
    messages = {f"{name}-{word}": {"$ref": f"#/components/messages/{name}-{word}"} for word in words}
    return {"address": address, "servers": [{"$ref": f"#/servers/{server}"}], "messages": messages}


def _operation(channel: str, action: str, summary: str, bindings: Mapping[str, Any]) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary, "bindings": bindings}
