"""Maps: vector tiles of a dataset, drawn when they are asked for, and the documents that lead to them."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from api.enjoy.access import Sharing
from api.enjoy.features.answers import base_of, is_known, unchanged
from api.enjoy.features.contracts import Collection
from api.enjoy.shapes import shape_of, told_of
from core.datasets import LICENCES, Field, FieldType
from core.errors import NotFoundError
from db.catalogue import summaries
from db.connection import Connection
from db.tiles import DEEPEST, tile

router = APIRouter(prefix="/tiles", tags=["tiles"])

MEDIA: Final = "application/vnd.mapbox-vector-tile"
_SQUARES: Final = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
_CRS: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_TYPES: Final = {FieldType.INTEGER: "Number", FieldType.NUMBER: "Number", FieldType.BOOLEAN: "Boolean"}
_SCHEMA_TYPES: Final = {FieldType.INTEGER: "integer", FieldType.NUMBER: "number", FieldType.BOOLEAN: "boolean"}
_DIMENSIONS: Final = {
    "Point": 0,
    "MultiPoint": 0,
    "LineString": 1,
    "MultiLineString": 1,
    "Polygon": 2,
    "MultiPolygon": 2,
}
_TILE: Final = {"description": "The tile", "content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}}
_UNCHANGED: Final = {"description": "Nothing has changed since"}

CollectionName = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9-]{1,47}(\.v[1-9][0-9]{0,4})?$", description="Dataset, or a version of it")
]
Zoom = Annotated[int, Path(description=f"Zoom, 0 to {DEEPEST}", examples=[12])]
Place = Annotated[int, Path(description="From 0 on, below two to the power of the zoom", examples=[2082])]


@router.get("/{collection}.json")
async def get_tilejson(request: Request, connection: Sharing, collection: CollectionName) -> Response:
    """Tell how a dataset is drawn, as TileJSON 3.0.0."""
    shape, box = await _drawn(request, connection, collection)
    headers = told_of(request, shape, base_of(request), "tilejson", box)
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    dataset = shape.published.dataset
    licence = LICENCES[dataset.licence]
    content = {
        "tilejson": "3.0.0",
        "name": dataset.title,
        "description": dataset.description,
        "attribution": f"{dataset.organisation_title}, {licence.title}",
        "scheme": "xyz",
        "tiles": [_address(request, collection)],
        "minzoom": 0,
        "maxzoom": DEEPEST,
        "vector_layers": [
            {
                "id": dataset.name,
                "description": dataset.title,
                "fields": {"id": "String"} | {one.name: _said(one) for one in shape.view.fields},
            }
        ],
    }
    if box is not None:
        content["bounds"] = list(box)
    return JSONResponse(content, headers=headers)


@router.get("/{collection}")
async def get_tileset(request: Request, connection: Sharing, collection: CollectionName) -> Response:
    """Tell of the tiles of a dataset, as OGC API Tiles has it (tileset metadata)."""
    shape, box = await _drawn(request, connection, collection)
    headers = told_of(request, shape, base_of(request), "tileset", box)
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    dataset, own = shape.published.dataset, f"{base_of(request)}/tiles/{collection}"
    content: dict[str, Any] = {
        "title": dataset.title,
        "description": dataset.description,
        "dataType": "vector",
        "crs": _CRS,
        "tileMatrixSetURI": _SQUARES,
        "links": [
            {"rel": "self", "type": "application/json", "href": own},
            {"rel": "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", "href": _SQUARES},
            {"rel": "item", "type": MEDIA, "href": _templated(request, collection), "templated": True},
            {"rel": "describedby", "type": "application/json", "title": "TileJSON", "href": f"{own}.json"},
        ],
        "layers": [
            {"id": dataset.name, "dataType": "vector", "propertiesSchema": _schema(shape)}
            | (
                {}
                if (kind := str(shape.view.geometry_type)) not in _DIMENSIONS
                else {"geometryDimension": _DIMENSIONS[kind]}
            )
        ],
    }
    if box is not None:
        west, south, east, north = box
        content["boundingBox"] = {"lowerLeft": [west, south], "upperRight": [east, north], "crs": _CRS84}
    return JSONResponse(content, headers=headers)


@router.get(
    "/{collection}/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses={200: _TILE, 204: {"description": "Nothing is there"}, 304: _UNCHANGED},
)
async def get_tile(
    request: Request, connection: Sharing, collection: CollectionName, z: Zoom, x: Place, y: Place
) -> Response:
    """Draw the newest record of each key in a square of the web's map."""
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFoundError("tile_unknown", f"Zooms are 0 to {DEEPEST}; a zoom z has 2^z by 2^z tiles.")
    shape = await shape_of(request, connection, collection)
    _require_geometry(shape)
    headers = told_of(request, shape, z, x, y)
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    content = await tile(connection, shape.view, z, x, y, layer=shape.published.dataset.name)
    if not content:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return Response(content, media_type=MEDIA, headers=headers)


async def _drawn(request: Request, connection: Connection, name: str) -> tuple[Collection, tuple[float, ...] | None]:
    shape = await shape_of(request, connection, name)
    _require_geometry(shape)
    told = (await summaries(connection, [shape.published])).get(shape.view.dataset_id)
    return shape, None if told is None else told.box


def _require_geometry(shape: Collection) -> None:
    if shape.view.geometry_type is None:
        raise NotFoundError("tiles_none", "The dataset has no geometry, and so no tiles.")


def _address(request: Request, collection: str) -> str:
    return f"{base_of(request)}/tiles/{collection}/{{z}}/{{x}}/{{y}}.mvt"


def _templated(request: Request, collection: str) -> str:
    return f"{base_of(request)}/tiles/{collection}/{{tileMatrix}}/{{tileCol}}/{{tileRow}}.mvt"


def _said(field: Field) -> str:
    kind = _TYPES.get(field.type, "String")
    return f"{kind}. {field.title}" + (f" [{field.unit}]" if field.unit else "")


def _schema(shape: Collection) -> dict[str, Any]:
    kinds = {one.name: {"type": _SCHEMA_TYPES.get(one.type, "string"), "title": one.title} for one in shape.view.fields}
    return {"type": "object", "properties": {"id": {"type": "string"}} | kinds}
