"""The records API that feeds of the metropolis had before, ``/api/records/1.0/search/``: old applications go on."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Request, Response

from api.context import context_of
from api.enjoy.features.answers import headers_of, is_known, tag_of, unchanged
from api.enjoy.features.reading import contracts_of, reading
from core.errors import InputError, NotFoundError
from db.features import Selection, page
from enjoy.legacy import FEEDS, LegacyFeed, legacy_fields

#: Its addresses, with and without the last slash.
ADDRESSES: Final = ("/api/records/1.0/search/", "/api/records/1.0/search")
_ZONE: Final = "Europe/Paris"
_USUAL_ROWS: Final = 10
_MOST: Final = 10_000
_EARTH_RADIUS_M: Final = 6_371_000.0
_Record = dict[str, Any]


async def get_records(request: Request) -> Response:
    """Answer with the newest record of each key, as they were told before; what is not known is passed over."""
    given = request.query_params
    feed = FEEDS.get(given.get("dataset", ""))
    if feed is None:
        raise NotFoundError("feed_unknown", f"Former feeds are {', '.join(FEEDS)}.")
    async with reading(request) as connection:
        collection = await contracts_of(request).find(connection, feed.dataset, context_of(request).clock.now())
        tag = tag_of("legacy", collection.state, sorted(given.multi_items()))
        headers = headers_of(request, collection, tag)
        if is_known(request, tag):
            return unchanged(headers)
        found = await page(connection, collection.view, Selection(), limit=_MOST, latest=True)
    records = _wanted(given, [_record(feed, json.loads(text), given) for text in found.features])
    content = _answer(given, feed, records)
    return Response(json.dumps(content, ensure_ascii=False), media_type="application/json", headers=headers)


def _record(feed: LegacyFeed, feature: Mapping[str, Any], given: Mapping[str, str]) -> _Record:
    name = given.get("timezone", _ZONE)
    fields = legacy_fields(feed, feature, ZoneInfo(name if name in available_timezones() else _ZONE))
    record = {
        "datasetid": feed.name,
        "recordid": hashlib.sha1(feature["id"].encode(), usedforsecurity=False).hexdigest(),
        "fields": fields,
        "record_timestamp": fields.get("datemiseajour"),
    }
    return record | ({"geometry": feature["geometry"]} if feature["geometry"] is not None else {})


def _wanted(given: Mapping[str, str], records: Sequence[_Record]) -> list[_Record]:
    found = list(records)
    for name, value in given.items():
        if name.startswith("refine."):
            found = [one for one in found if str(one["fields"].get(name.removeprefix("refine."))) == value]
    if words := given.get("q", "").lower().split():
        found = [one for one in found if all(word in _words(one) for word in words)]
    if "geofilter.distance" in given:
        found = _near(given["geofilter.distance"], found)
    return _sorted(given.get("sort", ""), found)


def _words(record: _Record) -> str:
    return " ".join(str(value) for value in record["fields"].values()).lower()


def _sorted(by: str, records: list[_Record]) -> list[_Record]:
    """Return records by a field: descending, as it was, unless a minus is before it; what has no value comes last."""
    if not by:
        return records
    name = by.removeprefix("-")
    having = [one for one in records if isinstance(one["fields"].get(name), int | float | str)]
    others = [one for one in records if one not in having]
    numbers = all(isinstance(one["fields"][name], int | float) for one in having)
    having.sort(
        key=lambda one: one["fields"][name] if numbers else str(one["fields"][name]), reverse=not by.startswith("-")
    )
    return [*having, *others]


def _near(asked: str, records: list[_Record]) -> list[_Record]:
    parts = asked.split(",")
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        reach_m = float(parts[2]) if len(parts) > 2 else 1_000.0  # noqa: PLR2004 - the third is the distance
    except (ValueError, IndexError):
        message = "It is latitude, longitude and metres, joined by commas."
        raise InputError("parameter_invalid", message, field="geofilter.distance") from None
    placed = [
        (_distance_m(latitude, longitude, *one["fields"]["geo"]), one) for one in records if "geo" in one["fields"]
    ]
    near = [(away_m, one) for away_m, one in placed if away_m <= reach_m]
    return [
        one | {"fields": one["fields"] | {"dist": f"{away_m:.3f}"}}
        for away_m, one in sorted(near, key=lambda pair: pair[0])
    ]


def _distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Return the distance of two places on a sphere [m]."""
    one, two = math.radians(latitude), math.radians(other_latitude)
    turned = math.radians(other_longitude - longitude)
    half = math.sin((two - one) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(turned / 2) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def _answer(given: Any, feed: LegacyFeed, records: Sequence[_Record]) -> dict[str, Any]:
    rows, start = _count(given, "rows", _USUAL_ROWS), _count(given, "start", 0)
    facets = given.getlist("facet")
    parameters: dict[str, Any] = {"dataset": feed.name, "timezone": given.get("timezone", _ZONE), "rows": rows}
    told: dict[str, Any] = {
        "nhits": len(records),
        "parameters": parameters | {"start": start, "format": "json"} | ({"facet": facets} if facets else {}),
        "records": list(records[start : start + rows]),
    }
    if facets:
        told["facet_groups"] = [{"name": name, "facets": _facet(name, records)} for name in facets]
    return told


def _facet(name: str, records: Sequence[_Record]) -> list[dict[str, Any]]:
    counted = Counter(str(one["fields"][name]) for one in records if name in one["fields"])
    return [
        {"name": value, "path": value, "count": times, "state": "displayed"} for value, times in counted.most_common()
    ]


def _count(given: Mapping[str, str], name: str, usual: int) -> int:
    """Return a count that is asked for; a negative number of rows meant all of them."""
    text = given.get(name, str(usual))
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise InputError("parameter_invalid", "It is an integer.", field=name)
    return _MOST if text.startswith("-") else min(int(digits[:9]), _MOST)
