"""Features: in pages, one by one, and the newest of each key."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request, Response

from api.enjoy.features.answers import (
    Link,
    address_of,
    base_of,
    collection_tag,
    feature_body,
    features_body,
    geojson_answer,
    headers_of,
    is_known,
    link,
    links_of,
    unchanged,
)
from api.enjoy.features.asking import OF_ITEM, Asked, cursor_after, parameters_of, read_items, read_shown
from api.enjoy.features.contracts import Collection, Contracts
from api.enjoy.features.formats import CSV, HTML, JSON, OF_ITEMS, OF_LATEST, Format
from api.enjoy.features.formats import OF_ITEM as FORMATS_OF_ITEM
from api.enjoy.features.pages import format_of, page_for_people
from api.enjoy.features.reading import collection_of, contracts_of, reading
from db.connection import Connection
from db.features import FeaturePage, one, page
from db.views import feature_unknown

#: So many are counted, and no more: beyond, ``numberMatched`` is left out.
MOST_COUNTED: Final = 10_000


async def get_items(request: Request) -> Response:
    """Answer with a page of features."""
    return await _features(request, OF_ITEMS, latest=False)


async def get_latest(request: Request) -> Response:
    """Answer with the newest feature of each key."""
    return await _features(request, OF_LATEST, latest=True)


async def get_item(request: Request) -> Response:
    """Answer with one feature."""
    async with reading(request) as connection:
        collection = await collection_of(request, connection)
        given = parameters_of(request, OF_ITEM)
        crs, only, has_geometry = read_shown(given, collection.view)
        shown = format_of(request, FORMATS_OF_ITEM, given.get("f"))
        if shown is HTML:
            return page_for_people(request, collection.published.dataset.name)
        tag = collection_tag(request, collection, shown)
        headers = headers_of(request, collection, tag)
        name = request.path_params["feature"]
        found = await one(
            connection,
            collection.view,
            name,
            srid=crs.srid,
            is_flipped=crs.is_flipped,
            only=only,
            has_geometry=has_geometry,
        )
    if found is None:
        raise feature_unknown(name)
    if is_known(request, tag):
        return unchanged(headers)
    above = f"{base_of(request)}/collections/{collection.id}"
    links = [*links_of(request, shown, FORMATS_OF_ITEM), link(above, "collection", JSON.media_type, "Its collection")]
    return geojson_answer(feature_body(found, links), crs, headers)


async def _features(request: Request, offered: tuple[Format, ...], *, latest: bool) -> Response:
    async with reading(request) as connection:
        collection = await collection_of(request, connection)
        asked = read_items(request, collection.view)
        shown = format_of(request, offered, request.query_params.get("f"))
        if shown is HTML:
            return page_for_people(request, collection.published.dataset.name)
        tag = collection_tag(request, collection, shown)
        headers = headers_of(request, collection, tag)
        if is_known(request, tag):
            return unchanged(headers)
        pages = contracts_of(request).pages
        found = pages.find(tag) or await _page(connection, collection, asked, latest=latest)
        pages.keep(tag, found)
        matched = await _matched(contracts_of(request), connection, collection, asked, found, latest=latest)
    links = [*links_of(request, shown, offered), *_next(request, shown, found)]
    if shown is CSV:
        return _csv(collection, asked, found, _linked(headers, links))
    if shown is JSON:
        return _records(found, matched, headers)
    above = f"{base_of(request)}/collections/{collection.id}"
    links.append(link(above, "collection", JSON.media_type, "Its collection"))
    return geojson_answer(features_body(found.features, links, matched), asked.crs, headers)


async def _page(connection: Connection, collection: Collection, asked: Asked, *, latest: bool) -> FeaturePage:
    return await page(
        connection,
        collection.view,
        asked.selection,
        limit=asked.limit,
        after=asked.after,
        srid=asked.crs.srid,
        is_flipped=asked.crs.is_flipped,
        only=asked.only,
        has_geometry=asked.has_geometry,
        offset=asked.offset,
        is_reversed=asked.newest_first,
        latest=latest,
    )


async def _matched(
    contracts: Contracts,
    connection: Connection,
    collection: Collection,
    asked: Asked,
    found: FeaturePage,
    *,
    latest: bool,
) -> int | None:
    """Return how many features are selected, where that is known or not dear to count; the first page has told it."""
    if asked.after is not None:
        return None
    if asked.offset == 0 and found.next is None:
        return len(found.features)
    most = MOST_COUNTED + 1
    counted = await contracts.count(connection, collection, asked.selection, latest=latest, most=most)
    return counted if counted <= MOST_COUNTED else None


def _next(request: Request, shown: Format, found: FeaturePage) -> list[Link]:
    if found.next is None:
        return []
    address = address_of(request, cursor=cursor_after(found.next), offset=None)
    return [link(address, "next", shown.media_type, "The next page")]


def _linked(headers: dict[str, str], links: Sequence[Link]) -> dict[str, str]:
    told = [f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links]
    return headers | {"Link": ", ".join([*([headers["Link"]] if "Link" in headers else []), *told])}


def _records(found: FeaturePage, matched: int | None, headers: dict[str, str]) -> Response:
    """Answer with records without the dress of GeoJSON: their fields, and their geometry as one more."""
    records = []
    for text in found.features:
        feature = json.loads(text)
        records.append({**feature["properties"], "geometry": feature["geometry"]})
    content = {"records": records, "count": matched}
    return Response(json.dumps(content, ensure_ascii=False), media_type=JSON.media_type, headers=headers)


def _csv(collection: Collection, asked: Asked, found: FeaturePage, headers: dict[str, str]) -> Response:
    """Answer with a table: points in two columns, other geometries as GeoJSON in one."""
    view = collection.view
    names = [field.name for field in view.fields if asked.only is None or field.name in asked.only]
    is_point, has_geometry = view.geometry_type == "Point", asked.has_geometry and view.geometry_type is not None
    more = (["longitude", "latitude"] if is_point else ["geometry"]) if has_geometry else []
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow([*names, *more])
    for text in found.features:
        feature = json.loads(text)
        values = [_cell(feature["properties"][name]) for name in names]
        writer.writerow([*values, *(_place(feature["geometry"], is_point=is_point) if has_geometry else [])])
    return Response(
        written.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers=headers | {"Content-Crs": f"<{asked.crs.uri}>"},
    )


def _cell(value: object) -> object:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def _place(geometry: dict[str, Any] | None, *, is_point: bool) -> list[object]:
    if geometry is None:
        return [None, None] if is_point else [None]
    return list(geometry["coordinates"]) if is_point else [json.dumps(geometry)]
