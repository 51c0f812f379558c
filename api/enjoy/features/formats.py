"""Formats that are offered, and which of them a request wants: by its parameter ``f``, or by its header ``Accept``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import InputError


@dataclass(frozen=True, slots=True)
class Format:
    """Name a format by what ``f`` calls it and by its media type."""

    name: str
    media_type: str
    title: str


JSON: Final = Format("json", "application/json", "JSON")
GEOJSON: Final = Format("geojson", "application/geo+json", "GeoJSON")
CSV: Final = Format("csv", "text/csv", "CSV")
HTML: Final = Format("html", "text/html", "HTML")
SCHEMA: Final = Format("schema", "application/schema+json", "JSON Schema")
#: As GDAL and others look for it, to the letter.
OPENAPI: Final = Format("openapi", "application/vnd.oai.openapi+json;version=3.0", "OpenAPI 3.0")

#: Of records, the first is given unless another is asked for.
OF_ITEMS: Final = (GEOJSON, CSV, HTML)
OF_ITEM: Final = (GEOJSON, HTML)
OF_LATEST: Final = (GEOJSON, JSON, CSV, HTML)
OF_PAGES: Final = (JSON, HTML)
OF_SCHEMAS: Final = (SCHEMA,)
OF_DOCUMENT: Final = (OPENAPI,)


def wanted(offered: Sequence[Format], f: str | None, accept: str | None) -> Format:
    """Return the format that a request wants.

    Parameters
    ----------
    offered : sequence of Format
        The first is given where nothing is asked for, or nothing that is there.
    f : str or None
        A name or a media type; ``json`` is also what the first is called where it is a kind of JSON.
    accept : str or None
        Header.

    Raises
    ------
    InputError
        ``format_unknown``.
    """
    if f is not None:
        for one in offered:
            if f in {one.name, one.media_type}:
                return one
        if f in {"json", "application/json"}:
            return offered[0]
        raise InputError("format_unknown", f"Formats are {', '.join(one.name for one in offered)}.", field="f")
    types = _accepted(accept or "")
    best = max(offered, key=lambda one: types.get(one.media_type, 0.0))
    if types.get(best.media_type, 0.0) > max(types.get("*/*", 0.0), types.get("application/*", 0.0), 0.0):
        return best
    return offered[0]


def _accepted(accept: str) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for part in accept.split(","):
        media_type, *parameters = (word.strip().lower() for word in part.split(";"))
        weight = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        found[media_type] = _weight(weight)
    return found


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
