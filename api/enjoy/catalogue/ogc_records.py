"""OGC API Records, mounted in Enjoy: the catalogue as a searchable collection of records."""

from dataclasses import replace
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from api.context import Context, InContext, context_of
from api.enjoy.access import Sharing
from api.enjoy.catalogue import openapi30
from api.enjoy.catalogue.asking import described, described_one
from api.enjoy.features.asking import Knows
from api.enjoy.features.crs import read_box
from api.enjoy.features.moments import read_interval
from api.enjoy.ogc import install_errors, mount
from api.openapi import describe
from api.paging import read_key, write_cursor
from api.routing import add_routes
from core.errors import NotFoundError
from db.catalogue import Hits, Search, search
from db.features import Interval
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.files import GEOJSON
from enjoy.catalogue.record import COLLECTION, RECORD_CORE, TYPE, link, record_of

#: Where it is mounted in Enjoy.
PREFIX: Final = "/records"
MOST: Final = 1_000
_CONFORMS_TO: Final = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    RECORD_CORE,
    *(
        f"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/{name}"
        for name in ("record-collection", "record-core-query-parameters", "records-api", "searchable-catalog", "json")
    ),
)
_ITEMS: Final = ("q", "bbox", "datetime", "type", "ids", "externalIds", "limit", "offset", "cursor")
_IDENTIFIER: Final = "urn:somel:dataset:"
_JSON: Final = "application/json"

router = APIRouter(tags=["records"])


class GeoJSON(JSONResponse):
    """A GeoJSON document."""

    media_type = GEOJSON.media_type


def _addresses(request: Request) -> Addresses:
    asked = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}".removesuffix(PREFIX)
    return Addresses((context_of(request).settings.enjoy_url or asked).rstrip("/"))


InAddresses = Annotated[Addresses, Depends(_addresses)]
Text = Annotated[str | None, Query(max_length=2_000)]
Collection = Annotated[str, Path(description="There is one: datasets", examples=[COLLECTION])]
Limit = Annotated[int, Query(ge=1, description=f"More than {MOST:,} are given as {MOST:,}")]
Offset = Annotated[int, Query(ge=0, le=100_000, description="Records to pass over")]


@router.get("/", dependencies=[Depends(Knows())])
async def get_landing(addresses: InAddresses) -> dict[str, Any]:
    """Lead to all that there is."""
    base = addresses.records
    return {
        "title": "Enjoy: OGC API Records",
        "description": "The metropolis' datasets as a catalogue that can be searched.",
        "links": [
            link(f"{base}/", "self", _JSON, "This document"),
            link(f"{base}/api", "service-desc", openapi30.MEDIA_TYPE, "The API"),
            link(addresses.home, "service-doc", "text/html", "The catalogue for people"),
            link(f"{base}/conformance", "conformance", _JSON, "What it conforms to"),
            link(f"{base}/collections", "data", _JSON, "Collections"),
        ],
    }


@router.get("/conformance", dependencies=[Depends(Knows())])
async def get_conformance() -> dict[str, Any]:
    """Tell what it conforms to."""
    return {"conformsTo": list(_CONFORMS_TO)}


@router.get("/collections", dependencies=[Depends(Knows())])
async def get_collections(addresses: InAddresses) -> dict[str, Any]:
    """List the one collection."""
    own = link(f"{addresses.records}/collections", "self", _JSON, "This document")
    return {"links": [own], "collections": [_collection(addresses)]}


@router.get("/collections/{collection}", dependencies=[Depends(Knows())])
async def get_collection(addresses: InAddresses, collection: Collection) -> dict[str, Any]:
    """Describe the collection of records."""
    _require(collection)
    return _collection(addresses)


@router.get("/collections/{collection}/items", response_class=GeoJSON, dependencies=[Depends(Knows(_ITEMS))])
async def get_records(
    request: Request,
    context: InContext,
    addresses: InAddresses,
    connection: Sharing,
    collection: Collection,
    *,
    q: Annotated[Text, Query(description="Phrases, one of which is there; joined by commas")] = None,
    bbox: Annotated[Text, Query(description="west,south,east,north [degrees]", examples=["3.0,50.6,3.1,50.7"])] = None,
    datetime: Annotated[Text, Query(description="An instant, or a span", examples=["2026-01-01/.."])] = None,
    types: Annotated[Text, Query(alias="type", description="Types, joined by commas", examples=[TYPE])] = None,
    ids: Annotated[Text, Query(description="Identifiers of records, joined by commas", examples=["velo"])] = None,
    external_ids: Annotated[Text, Query(alias="externalIds", description="The same of datasets")] = None,
    limit: Limit = 10,
    offset: Offset = 0,
    cursor: Annotated[Text, Query(description="From the link `next` of the page before; opaque")] = None,
) -> GeoJSON:
    """Search records; those that there are more of are at the link `next`."""
    _require(collection)
    wanted = _wanted(q, bbox, datetime, ids, external_ids)
    after, most = "" if cursor is None else read_key(cursor, str), min(limit, MOST)
    fits = types is None or TYPE in _parts(types)
    hits = await search(connection, wanted, after=after, skip=offset, limit=most + 1) if fits else Hits([], 0)
    page = await described(connection, hits.datasets[:most])
    address = f"{addresses.records}/collections/{COLLECTION}/items"
    links = [link(_asking(address, dict(request.query_params)), "self", GEOJSON.media_type, "This page")]
    links.append(link(f"{addresses.records}/collections/{COLLECTION}", "collection", _JSON, "The collection"))
    if len(hits.datasets) > most:
        further = {name: value for name, value in request.query_params.items() if name not in {"cursor", "offset"}}
        further["cursor"] = write_cursor([page[-1].dataset.name])
        links.append(link(_asking(address, further), "next", GEOJSON.media_type, "The next page"))
    counted = {"numberMatched": hits.total} if page or not (cursor or offset) else {}
    return GeoJSON(
        {
            "type": "FeatureCollection",
            "timeStamp": context.clock.now().isoformat(),
            **counted,
            "numberReturned": len(page),
            "features": [record_of(addresses, one) for one in page],
            "links": links,
        }
    )


@router.get("/collections/{collection}/items/{record}", response_class=GeoJSON, dependencies=[Depends(Knows())])
async def get_record(
    addresses: InAddresses, connection: Sharing, collection: Collection, record: Annotated[str, Path(max_length=100)]
) -> GeoJSON:
    """Give one record."""
    _require(collection)
    return GeoJSON(record_of(addresses, await described_one(connection, record.replace("\0", ""))))


@router.get("/api", include_in_schema=False)
async def get_document(request: Request, addresses: InAddresses) -> Response:
    """Give the OpenAPI document."""
    return JSONResponse(openapi30.lowered(describe(request.app), addresses.records), media_type=openapi30.MEDIA_TYPE)


def install(app: FastAPI, context: Context) -> None:
    """Mount OGC API Records in Enjoy."""
    records = FastAPI(
        title="Enjoy: OGC API Records",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    records.state.context = context
    add_routes(records, [router])
    install_errors(records)
    mount(app, PREFIX, records)


def _require(collection: str) -> None:
    if collection != COLLECTION:
        raise NotFoundError("collection_unknown", f"There is no collection {collection[:100]!r}.")


def _wanted(q: str | None, bbox: str | None, moment: str | None, ids: str | None, external: str | None) -> Search:
    box = None if bbox is None else read_box(bbox)
    span = Interval() if moment is None else read_interval(moment)
    names = None if ids is None else _parts(ids)
    if external is not None:
        own = [part.removeprefix(_IDENTIFIER) for part in _parts(external) if part.startswith(_IDENTIFIER)]
        names = own if names is None else [name for name in names if name in own]
    phrases = [] if q is None else [" ".join(part.split()) for part in _parts(q)]
    found = Search(phrases=phrases, names=names, since=span.start, until=span.end)
    return found if box is None else replace(found, west=box.west, south=box.south, east=box.east, north=box.north)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _collection(addresses: Addresses) -> dict[str, Any]:
    own = f"{addresses.records}/collections/{COLLECTION}"
    return {
        "id": COLLECTION,
        "type": "catalog",
        "itemType": "record",
        "title": "Datasets of the metropolis",
        "description": "A record for each dataset: what it is, where and when its records are, and how they are had.",
        "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
        "links": [
            link(own, "self", _JSON, "This document"),
            link(f"{own}/items", "items", GEOJSON.media_type, "Records"),
            link(f"{addresses.catalog}.jsonld", "alternate", "application/ld+json", "The same as DCAT-AP 3"),
        ],
    }


def _asking(address: str, asked: dict[str, str]) -> str:
    return f"{address}?{urlencode(asked)}" if asked else address
