"""Records as files: GeoJSON and CSV as the database writes them, Parquet from its columns."""

import asyncio
from contextlib import aclosing
from enum import StrEnum
from typing import Final

from api.enjoy.download import Blocks
from api.enjoy.geoparquet import ParquetFile
from db.connection import Connection
from db.exports import Rows, features, lines, typed_lines
from db.features import Selection
from db.views import View
from enjoy.catalogue.files import FORMS


class ExportForm(StrEnum):
    """What a file is written as."""

    GEOJSON = "geojson"
    CSV = "csv"
    PARQUET = "parquet"


#: As catalogues name the forms, with how texts are written.
MEDIA: Final = {
    ExportForm(one.name): one.media_type + ("; charset=utf-8" if one.media_type.startswith("text/") else "")
    for one in FORMS
}
TITLES: Final = {ExportForm(one.name): one.title for one in FORMS}


def written(
    connection: Connection, view: View, selection: Selection, *, form: ExportForm, latest: bool = False
) -> Blocks:
    """Yield the bytes of a file of records, in no order."""
    if form is ExportForm.GEOJSON:
        return _geojson(features(connection, view, selection, latest=latest))
    if form is ExportForm.CSV:
        return _csv(lines(connection, view, selection, latest=latest))
    return _parquet(typed_lines(connection, view, selection, latest=latest), ParquetFile(view))


async def _geojson(parts: Rows) -> Blocks:
    count, before = 0, b'{"type":"FeatureCollection","features":[\n'
    async with aclosing(parts):
        async for rows in parts:
            count += len(rows)
            yield before + b",".join(rows)
            before = b","
    yield (before if count == 0 else b"") + b'],"numberReturned":%d}\n' % count


async def _csv(parts: Rows) -> Blocks:
    async with aclosing(parts):
        async for rows in parts:
            yield b"\r\n".join([row[:-1] for row in rows]) + b"\r\n"  # PostgreSQL ends lines as Unix does, RFC 4180 not


async def _parquet(parts: Rows, file: ParquetFile) -> Blocks:
    async with aclosing(parts):
        async for rows in parts:
            if ready := await asyncio.to_thread(file.write, b"".join(rows)):
                yield ready
    yield await asyncio.to_thread(file.close)
