"""Uploads: the rows of a file checked and written a thousand at a time, in one transaction, with a report."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import Any, Final

from core.datasets import Contract
from core.errors import InputError
from db.connection import Connection, tried
from db.dataset_rows import Published
from db.records import Written
from db.uploads import Upload, insert_upload
from enjoy.files.columns import read_parquet
from enjoy.files.features import read_geojson
from enjoy.files.separated import read_csv
from enjoy.publishing import receive
from enjoy.records import Refusal

#: Rows that are written at once; between two such steps others have their turn.
_STEP_ROWS: Final = 1_000
#: Refusals that the report tells.
MOST_TOLD: Final = 1_000
_PARQUET_MAGIC: Final = b"PAR1"


class Format(StrEnum):
    """What a file is."""

    CSV = "csv"
    GEOJSON = "geojson"
    PARQUET = "parquet"


#: Formats by their media types.
MEDIA_TYPES: Final[Mapping[str, Format]] = {
    "text/csv": Format.CSV,
    "application/csv": Format.CSV,
    "application/geo+json": Format.GEOJSON,
    "application/json": Format.GEOJSON,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/x-parquet": Format.PARQUET,
}
_SUFFIXES: Final[Mapping[str, Format]] = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".geojson": Format.GEOJSON,
    ".json": Format.GEOJSON,
    ".parquet": Format.PARQUET,
    ".geoparquet": Format.PARQUET,
}
_READERS: Final[Mapping[Format, Callable[[Path, Contract], Iterator[object]]]] = {
    Format.CSV: read_csv,
    Format.GEOJSON: lambda path, _contract: read_geojson(path),
    Format.PARQUET: read_parquet,
}


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """Hold a file that was received, on disk.

    Attributes
    ----------
    path : Path
        Where it is now.
    name : str
        What its publisher calls it.
    format : Format
        What it is.
    size_bytes : int
        Its size. [bytes]
    sha256 : bytes
        Its fingerprint.
    """

    path: Path
    name: str
    format: Format
    size_bytes: int
    sha256: bytes


def file_at(path: Path, *, name: str | None = None, media_type: str = "") -> UploadedFile:
    """Look at a file: what it is by its media type, its name or its first bytes.

    Raises
    ------
    InputError
        ``format_unknown``, or ``file_unreadable`` where there is none.
    """
    called = name or path.name
    try:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").digest()
            file.seek(0)
            begins = file.read(64)
    except OSError as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error.strerror}.") from error
    known = MEDIA_TYPES.get(media_type.partition(";")[0].strip().lower()) or _SUFFIXES.get(Path(called).suffix.lower())
    if known is None and begins.startswith(_PARQUET_MAGIC):
        known = Format.PARQUET
    if known is None and begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        known = Format.GEOJSON
    if known is None:
        message = f"Say what the file is: {', '.join(MEDIA_TYPES)}."
        raise InputError("format_unknown", message, media_type=media_type[:100])
    return UploadedFile(path, called, known, path.stat().st_size, digest)


async def receive_file(
    connection: Connection,
    published: Published,
    file: UploadedFile,
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    is_dry_run: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> Upload:
    """Write the rows of a file that keep the contract, store why the others do not, and return the report.

    Parameters
    ----------
    connection : Connection
        In the role that publishes, acting for the publisher; committed by the caller.
    published : Published
        Dataset.
    file : UploadedFile
        What was received.
    actor : str
        Who, as the audit log names them.
    now : datetime
        When.
    version : int, optional
        Whose shape the rows have; the newest when left out.
    is_dry_run : bool, default False
        Tell what would become of the rows, and store nothing but the report.
    on_rows : callable, optional
        Is told how many rows are done.

    Raises
    ------
    InputError
        ``file_unreadable``, ``columns_invalid`` or ``crs_unsupported``: nothing of it is kept.
    """
    rows = _READERS[file.format](file.path, published.contract(version))
    row_count, total, refused_count, refusals = 0, Written(0, 0, 0), 0, list[Refusal]()
    async with tried(connection) if is_dry_run else nullcontext():
        while step := await asyncio.to_thread(lambda: list(islice(rows, _STEP_ROWS))):
            received = await receive(
                connection,
                published,
                step,
                source=f"upload/{file.name}",
                now=now,
                version=version,
                as_text=file.format is Format.CSV,
                first=row_count + 1,
            )
            row_count += len(step)
            total = total.and_(received.written)
            refused_count += len(received.refusals)
            refusals += received.refusals[: MOST_TOLD - len(refusals)]
            if on_rows is not None:
                on_rows(row_count)
    upload = Upload(
        upload_id=None,
        name=file.name,
        format=file.format,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        is_dry_run=is_dry_run,
        uploaded_at=now,
        uploaded_by=actor,
        row_count=row_count,
        inserted_count=total.inserted,
        updated_count=total.updated,
        unchanged_count=total.unchanged,
        refused_count=refused_count,
        refusals=[_told(one) for one in refusals],
    )
    return await insert_upload(connection, published.dataset.dataset_id, upload)


def _told(refusal: Refusal) -> dict[str, Any]:
    return {"row": refusal.row, "field": refusal.field, "code": refusal.code, "reason": refusal.reason}
