"""An OpenAPI document of version 3.0, which is what clients of OGC's APIs read, from one of 3.1."""

from collections.abc import Mapping
from typing import Any, Final

MEDIA_TYPE: Final = "application/vnd.oai.openapi+json;version=3.0"


def lowered(document: Mapping[str, Any], server: str) -> dict[str, Any]:
    """Return a document of version 3.0.3 that says the same; its paths are below `server`."""
    told: dict[str, Any] = _lowered(document)
    return told | {"openapi": "3.0.3", "servers": [{"url": server}]}


def _lowered(part: Any) -> Any:
    if isinstance(part, list):
        return [_lowered(one) for one in part]
    if not isinstance(part, Mapping):
        return part
    told = {name: _lowered(value) for name, value in part.items()}
    choices = told.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        # What may be null is one thing with a mark in 3.0, and a choice of two in 3.1.
        rest = [one for one in choices if one != {"type": "null"}]
        del told["anyOf"]
        told |= {"nullable": True, **(rest[0] if len(rest) == 1 and "$ref" not in rest[0] else {"anyOf": rest})}
    if isinstance(told.get("examples"), list):
        examples = told.pop("examples")
        told |= {"example": examples[0]} if examples else {}
    return told
