"""What pages draw: the outlines of communes, the subjects of a dataset on a map, the curve of one of them."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from api.enjoy.access import Sharing
from api.enjoy.routes.datasets import DatasetName, dataset_named
from core.errors import InputError
from db.catalogue import communes, summaries
from db.preview import Rows, series, shapes

router = APIRouter(include_in_schema=False)

MOST_SHAPES: Final = 2_000
_MOST_POINTS: Final = 1_000
#: Pixels of a map of the whole: what is smaller is not seen.
_PIXELS: Final = 800
_GEOJSON: Final = "application/geo+json"

Key = Annotated[list[str], Query(max_length=10, description="Values of the key fields, in their order")]


@router.get("/communes.geojson")
async def get_communes(connection: Sharing) -> Response:
    """Give the outlines of the communes, for the background of maps."""
    features = [
        {
            "type": "Feature",
            "id": one.insee_code,
            "properties": {"name": one.name},
            "geometry": json.loads(one.geometry),
        }
        for one in await communes(connection)
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    return Response(body, media_type=_GEOJSON, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/datasets/{name}/map.geojson")
async def get_map(connection: Sharing, name: DatasetName) -> Response:
    """Give the subjects of a dataset as coarse as a map of all of them needs it."""
    published = await dataset_named(connection, name)
    summary = (await summaries(connection, [published])).get(published.dataset.dataset_id)
    if summary is None or summary.box is None:
        return _collection(Rows((), []))
    west, south, east, north = summary.box
    tolerance = max(east - west, north - south) / _PIXELS
    return _collection(await shapes(connection, published, tolerance=tolerance, limit=MOST_SHAPES))


@router.get("/datasets/{name}/series")
async def get_series(connection: Sharing, name: DatasetName, key: Key) -> Response:
    """Give the latest values of the numbers of one subject, in the order of time."""
    published = await dataset_named(connection, name)
    names = published.contract().key_fields
    if len(key) != len(names):
        raise InputError("key_malformed", f"The key has {len(names)} parts.", field="key")
    if any("\x00" in part for part in key):
        raise InputError("key_malformed", "No value holds a NUL.", field="key")
    found = await series(connection, published, dict(zip(names, key, strict=True)), limit=_MOST_POINTS)
    rows = found.rows[::-1]
    told: dict[str, Any] = {
        "times": [row[0].timestamp() for row in rows],
        "values": {field: [row[at] for row in rows] for at, field in enumerate(found.names) if at > 0},
    }
    return Response(json.dumps(told), media_type="application/json")


def _collection(found: Rows) -> Response:
    features = [
        {
            "type": "Feature",
            "properties": {field: _plain(told) for field, told in zip(found.names, row, strict=False)},
            "geometry": json.loads(row[-1]),
        }
        for row in found.rows
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    return Response(body, media_type=_GEOJSON)


def _plain(told: object) -> object:
    return told if told is None or isinstance(told, bool | int | float | str) else told.isoformat()  # type: ignore[attr-defined]
