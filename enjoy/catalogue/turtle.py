"""Turtle from the JSON-LD of `enjoy.catalogue.dcat`, whose form is known: no reader of RDF is needed for that."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

MEDIA_TYPE: Final = "text/turtle"
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x08": "\\b", "\x0c": "\\f"}
)


def turtle_of(document: Mapping[str, Any]) -> str:
    """Return a document of `enjoy.catalogue.dcat` as Turtle, with the same statements.

    Notes
    -----
    Values are strings, ``{"@id"}``, ``{"@value", "@type" or "@language"}``, nodes, or lists of these; terms are
    ``prefix:name``. What occurs twice is said twice, which in RDF is once.
    """
    prefixes = (f"@prefix {prefix}: <{address}> ." for prefix, address in document["@context"].items())
    nodes = (statement for node in document["@graph"] for statement in _described(node))
    return "\n".join((*prefixes, "", *nodes, ""))


def _described(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the statements of a node with an address, and of those inside it."""
    inside: list[Mapping[str, Any]] = []
    lines = list(_properties(node, inside))
    if lines:
        yield f"<{node['@id']}>\n    " + " ;\n    ".join(lines) + " ."
    for one in inside:
        yield from _described(one)


def _properties(node: Mapping[str, Any], inside: list[Mapping[str, Any]]) -> Iterator[str]:
    for name, value in node.items():
        values = value if isinstance(value, list) else [value]
        if name == "@type":
            yield "a " + ", ".join(values)
        elif name != "@id" and values:
            yield f"{name} " + ", ".join(_object(one, inside) for one in values)


def _object(value: object, inside: list[Mapping[str, Any]]) -> str:
    if not isinstance(value, Mapping):
        return _quoted(str(value))
    if "@value" in value:
        language, kind = value.get("@language"), value.get("@type")
        return _quoted(value["@value"]) + (f"@{language}" if language else f"^^{kind}" if kind else "")
    if "@id" in value:
        inside.append(value)
        return f"<{value['@id']}>"
    return "[ " + " ; ".join(_properties(value, inside)) + " ]"


def _quoted(words: str) -> str:
    return f'"{words.translate(_ESCAPES)}"'
