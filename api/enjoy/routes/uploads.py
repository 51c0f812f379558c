"""Uploads: files of records, with a report of what became of each row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from api.context import InContext
from api.enjoy.access import Publishing, publishing
from api.enjoy.once import IdempotencyKey, answered_once, asked_once
from api.enjoy.routes.datasets import DatasetName, own_dataset
from api.enjoy.routes.records import Shape, Writer, shape_of
from api.models.page import Page
from api.models.upload import UploadReport, UploadSummary
from api.paging import Cursor, Limit, bounded, page_of, read_before
from core.errors import InputError, NotFoundError
from db.datasets import NEWEST
from db.uploads import find_upload, list_uploads
from enjoy.uploading import MEDIA_TYPES, UploadedFile, file_at, receive_file

router = APIRouter(prefix="/v1", tags=["records"])

FileName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f/\\]+$",
        description="What the file is called",
        examples=["stations.csv"],
    ),
]
_UPLOADED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A file of at most 256 MiB",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES},
    }
}


@router.post("/datasets/{name}/uploads", status_code=HTTPStatus.CREATED, openapi_extra=_UPLOADED)
async def post_upload(
    request: Request,
    response: Response,
    context: InContext,
    caller: Writer,
    name: DatasetName,
    *,
    filename: FileName = "file",
    dry_run: Annotated[bool, Query(description="Only tell what would become of the rows")] = False,
    version: Shape = None,
    idempotency_key: IdempotencyKey = None,
) -> UploadReport:
    """Write the records of a CSV, GeoJSON or Parquet file; the answer is a report, which is kept.

    Rows that do not keep the contract are refused with row, field and reason; the others are stored. Of a file that
    cannot be read to its end nothing is.
    """
    now = context.clock.now()
    async with _spooled(request, filename) as file, publishing(context, caller) as connection:
        published = await own_dataset(connection, name, caller)
        number = shape_of(published, version)

        async def write() -> UploadReport:
            upload = await receive_file(
                connection, published, file, actor=caller.actor, now=now, version=number, is_dry_run=dry_run
            )
            return UploadReport.of(upload)

        once = asked_once(request, idempotency_key, file.sha256)
        report = await answered_once(connection, caller, once, UploadReport, write, response=response, now=now)
        if not caller.is_sandbox:
            return report
        await connection.rollback()
        return report.model_copy(update={"upload_id": None})


@router.get("/datasets/{name}/uploads")
async def get_uploads(
    request: Request,
    connection: Publishing,
    caller: Writer,
    name: DatasetName,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[UploadSummary]:
    """List files that were uploaded, the newest first, for their publisher."""
    published = await own_dataset(connection, name, caller)
    before = read_before(cursor, NEWEST)
    rows = await list_uploads(connection, published.dataset.dataset_id, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=UploadSummary.of, key=lambda row: [row.upload_id])


@router.get("/datasets/{name}/uploads/{upload_id}")
async def get_upload(
    connection: Publishing,
    caller: Writer,
    name: DatasetName,
    upload_id: Annotated[int, Path(ge=1, le=NEWEST, description="Its number", examples=[17])],
) -> UploadReport:
    """Tell what became of the rows of a file."""
    published = await own_dataset(connection, name, caller)
    upload = await find_upload(connection, published.dataset.dataset_id, upload_id)
    if upload is None:
        raise NotFoundError("upload_unknown", f"There is no upload {upload_id} of this dataset.", upload_id=upload_id)
    return UploadReport.of(upload)


@asynccontextmanager
async def _spooled(request: Request, name: str) -> AsyncIterator[UploadedFile]:
    """Keep the body of a request on disk for the time of a block."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise InputError("encoding_unsupported", "Send the file as it is, without Content-Encoding.")
    with TemporaryDirectory(prefix="somel-upload-") as folder:
        path = FilePath(folder) / "file"
        with path.open("wb") as file:
            async for piece in request.stream():
                await asyncio.to_thread(file.write, piece)
        media_type = request.headers.get("content-type", "")
        yield await asyncio.to_thread(file_at, path, name=name, media_type=media_type)
