"""Files that were uploaded, and what became of their rows."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from db.connection import Connection
from db.datasets import NEWEST
from db.rows import all_rows, one_integer, stored
from db.statements import statements

_SQL: Final = statements("uploads")


@dataclass(frozen=True, slots=True)
class Upload:
    """Tell of a file; see the comments of ``catalogue.upload``. `upload_id` is None until it is stored."""

    upload_id: int | None
    name: str
    format: str
    size_bytes: int
    sha256: bytes
    is_dry_run: bool
    uploaded_at: datetime
    uploaded_by: str
    row_count: int
    inserted_count: int
    updated_count: int
    unchanged_count: int
    refused_count: int
    refusals: Any


async def insert_upload(connection: Connection, dataset_id: int, upload: Upload) -> Upload:
    """Store what became of a file and return it with its key."""
    facts = asdict(upload) | {"dataset_id": dataset_id, "refusals": json.dumps(upload.refusals)}
    key = await one_integer(connection, _SQL["insert_upload"], facts)
    return replace(upload, upload_id=stored(key))


async def list_uploads(
    connection: Connection, dataset_id: int, *, limit: int, before: int = NEWEST, only: int | None = None
) -> list[Upload]:
    """Return files of a dataset, the newest first."""
    asked = {"dataset_id": dataset_id, "limit": limit, "before": before, "only": only}
    return await all_rows(connection, Upload, _SQL["uploads_of"], asked)


async def find_upload(connection: Connection, dataset_id: int, upload_id: int) -> Upload | None:
    """Return a file of a dataset by its key, or None."""
    return next(iter(await list_uploads(connection, dataset_id, limit=1, only=upload_id)), None)
