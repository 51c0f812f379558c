"""Whole datasets to take away, as files of any length."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.enjoy.access import Exporting
from api.enjoy.asked import READ, selected
from api.enjoy.download import Download, begun, gzipped, takes_gzip
from api.enjoy.exporting import MEDIA, TITLES, ExportForm, written
from api.enjoy.features.answers import is_known, unchanged
from api.enjoy.features.contracts import Collection
from api.enjoy.routes.datasets import DatasetName
from api.enjoy.shapes import Version, shape_of, told_of
from db.dataset_rows import Published

router = APIRouter(prefix="/v1", tags=["records"])

_OWN: Final = frozenset({"f", "version", "latest"})
_FILES: Final = {
    "description": "The file. What has no end was broken off.",
    "content": {
        media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()
    },
}


@router.get(
    "/datasets/{name}/export",
    response_class=Response,
    responses={200: _FILES, 304: {"description": "Nothing has changed since"}},
    openapi_extra={"parameters": READ},
)
async def get_export(
    request: Request,
    connection: Exporting,
    name: DatasetName,
    *,
    f: Annotated[ExportForm, Query(description="geojson, csv (RFC 4180), or parquet (GeoParquet 1.1)")],
    version: Version = None,
    latest: Annotated[bool, Query(description="Only the newest record of each key", examples=[False])] = False,
) -> Response:
    """Give all records of a dataset, or those that are asked for, in no order and without a limit.

    GeoJSON and CSV are packed with gzip for those who take it. Geometries are in WGS 84: in CSV, points are longitude
    and latitude and others well-known text; in Parquet they are WKB, with their bounds beside them.
    """
    shape = await shape_of(request, connection, name, version)
    selection = selected(request, shape.view, own=_OWN)
    is_packed = f is not ExportForm.PARQUET and takes_gzip(request.headers.get("accept-encoding", ""))
    headers = told_of(request, shape, is_packed)
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    blocks = await begun(written(connection, shape.view, selection, form=f, latest=latest))
    headers["Content-Disposition"] = f'attachment; filename="{_file(shape, f)}"'
    if is_packed:
        headers["Content-Encoding"] = "gzip"
        blocks = gzipped(blocks)
    return Download(blocks, headers=headers, media_type=MEDIA[f])


def _file(shape: Collection, form: ExportForm) -> str:
    name = shape.published.dataset.name if shape.is_newest else shape.id
    return f"{name}.{form}"


def files_below(base: str, published: Published, version: int | None = None) -> list[tuple[str, str, str]]:
    """Return where all records of a dataset are to be had: address, media type and title of each file.

    Parameters
    ----------
    base : str
        Address of Enjoy.
    published : Published
        Dataset.
    version : int, optional
        Shape of the records; the newest when left out, today's and tomorrow's.
    """
    path = f"{base}{router.prefix}/datasets/{published.dataset.name}/export"
    asked = {} if version is None else {"version": version}
    return [
        (f"{path}?{urlencode({'f': form.value, **asked})}", MEDIA[form], f"All records as {TITLES[form]}")
        for form in ExportForm
    ]
