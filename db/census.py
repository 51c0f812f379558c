"""How much there is in the database: exact, and therefore slow; for summaries and tests, not for pages."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from db.connection import Connection
from db.statements import statements


@dataclass(frozen=True, slots=True)
class Census:
    """Count rows, and what ingest says it did.

    Attributes
    ----------
    interval_readings, readings : int
        Rows of the two hypertables.
    stored, duplicate, revised, refused : int
        Sums over all batches of ingest.
    rollups_pending : int
        Spans whose sums are not made yet.
    flexibility_statements : int
        What resources said they need.
    last_commit_at : datetime or None
        When ingest last committed (wall clock).
    """

    interval_readings: int
    readings: int
    stored: int
    duplicate: int
    revised: int
    refused: int
    rollups_pending: int
    flexibility_statements: int
    last_commit_at: datetime | None

    @property
    def rows(self) -> int:
        """Rows of both hypertables: values that are stored."""
        return self.interval_readings + self.readings


async def census(connection: Connection) -> Census:
    """Count everything."""
    async with connection.cursor(row_factory=class_row(Census)) as cursor:
        await cursor.execute(statements("census")["census"])
        rows = await cursor.fetchall()
    return rows[0]
