"""Imports of files: a row for each, with counts that add up, and whose the points of delivery in it are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import one_integer
from db.statements import statements

_SQL: Final = statements("file_imports")


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What was imported, and by whom.

    Attributes
    ----------
    file_name : str
        Name of the file, points of delivery in it masked.
    file_sha256 : bytes
        Its digest, 32 bytes.
    file_bytes : int
        Its size. [bytes]
    layout : str
        What its columns and stamps were taken to mean.
    imported_by : str
        Account.
    """

    file_name: str
    file_sha256: bytes
    file_bytes: int
    layout: str
    imported_by: str


@dataclass(slots=True)
class ImportCounts:
    """Count lines; ``row_count = empty + received`` and ``received = stored + duplicate + revised + refused``."""

    row_count: int = 0
    empty: int = 0
    received: int = 0
    stored: int = 0
    duplicate: int = 0
    revised: int = 0
    refused: int = 0


async def begin_import(connection: Connection, file: ImportedFile) -> int:
    """Note that an import begins, and commit; return its key."""
    async with translated_errors():
        key = await one_integer(connection, _SQL["begin_import"], asdict(file))
        await connection.commit()
    return key or 0


async def count_import(connection: Connection, file_import_id: int, counts: ImportCounts, *, is_done: bool) -> None:
    """Write down how far an import has come, and commit."""
    async with translated_errors():
        parameters = {**asdict(counts), "file_import_id": file_import_id, "is_done": is_done}
        await connection.execute(_SQL["count_import"], parameters)
        await connection.commit()


async def usage_points_by_prm(connection: Connection, prm: Sequence[str]) -> dict[str, int]:
    """Return the usage points of the points of delivery that are registered; in the role `Role.PERSONAL`."""
    async with translated_errors():
        rows = await (await connection.execute(_SQL["usage_points_by_prm"], {"prm": list(prm)})).fetchall()
    return dict(rows)
