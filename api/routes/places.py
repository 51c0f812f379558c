"""The territory: places, their neighbours, communes."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from api.access import Needs
from api.context import Reading
from api.models import place as told
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_cursor, write_cursor
from api.routes.parameters import PlaceCode, PlaceLevel, Within, place_named, place_unknown
from db.places import Place, communes, find_place, list_places, parents_of

router = APIRouter(prefix="/v1", tags=["territory"], dependencies=[Depends(Needs("read:grid"))])

_CHILDREN = 100

OnlyLevel = Annotated[told.Level | None, Query(description="Only places of this level", examples=["feeder"])]


class GeoJSONResponse(JSONResponse):
    """A GeoJSON document."""

    media_type = "application/geo+json"


def _key(place: Place) -> tuple[str, str]:
    return place.level, place.code


def _told(place: Place) -> told.Place:
    latest = None
    if place.latest_start_at and place.latest_load_w is not None and place.latest_usage_point_count is not None:
        latest = told.LatestLoad(
            start_at=place.latest_start_at,
            load_w=place.latest_load_w,
            usage_point_count=place.latest_usage_point_count,
        )
    return told.Place(level=told.Level(place.level), code=place.code, name=place.name, latest=latest)


@router.get("/places")
async def get_places(
    request: Request,
    connection: Reading,
    *,
    level: OnlyLevel = None,
    within: Within = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.Place]:
    """List places with their newest load, by level and code; with `within`, those directly below a place."""
    above = None if within is None else (await place_named(connection, within, "within"))[1]
    after = ("", "") if cursor is None else read_cursor(cursor, 2)
    rows = await list_places(
        connection, limit=bounded(limit) + 1, level=level, within_id=above, after=(after[0], after[1])
    )
    return page_of(request, rows, limit, item=_told, key=_key)


@router.get("/places/{level}/{code}")
async def get_place(request: Request, connection: Reading, level: PlaceLevel, code: PlaceCode) -> told.PlaceDetail:
    """Describe one place: ratings, geometry, the places above and below."""
    place = await find_place(connection, level, code)
    if place is None:
        raise place_unknown(level, code)
    below = await list_places(connection, limit=_CHILDREN + 1, within_id=place.place_id)
    more = None
    if len(below) > _CHILDREN:
        query = urlencode({"within": f"{level}:{code}", "cursor": write_cursor(_key(below[_CHILDREN - 1]))})
        more = f"{request.app.url_path_for('get_places')}?{query}"
    return told.PlaceDetail(
        level=level,
        code=place.code,
        name=place.name,
        population=place.population,
        usage_point_count=place.usage_point_count,
        has_forecast=place.has_forecast,
        ratings=told.Ratings.model_validate(place),
        geometry=place.geometry,
        parents=[told.PlaceName.model_validate(parent) for parent in await parents_of(connection, place.place_id)],
        children=Page(items=[_told(child) for child in below[:_CHILDREN]], next=more),
    )


@router.get("/communes", response_class=GeoJSONResponse)
async def get_communes(connection: Reading) -> told.CommuneCollection:
    """List all communes as GeoJSON: boundaries, or centroids until boundaries are loaded."""
    features = [
        told.CommuneFeature(
            id=commune.insee_code,
            geometry=commune.geometry,
            properties=told.CommuneProperties(
                insee_code=commune.insee_code,
                name=commune.name,
                population=commune.population,
                has_boundary=commune.has_boundary,
                centroid=(commune.centroid_lon, commune.centroid_lat),
            ),
        )
        for commune in await communes(connection)
    ]
    return told.CommuneCollection(features=features)
