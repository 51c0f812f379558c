"""Import texts and files into a small territory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.files.importing import import_readings
from ingest.files.report import Outcome, Report
from ingest.files.wishes import Wishes
from tests.ingest.registered import Territory, register

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PRM = "01234567890123"
_IDENTITY = "INSERT INTO personal.usage_point_identity (usage_point_id, prm) VALUES (%s, %s)"


@dataclass(frozen=True)
class Loaded:
    """What an import said."""

    outcome: Outcome
    report: Report

    @property
    def codes(self) -> dict[str, int]:
        return dict(self.report.codes)

    @property
    def became(self) -> tuple[int, int, int, int]:
        """Stored, duplicate, revised and refused."""
        counts = self.outcome.counts
        assert counts.received == counts.stored + counts.duplicate + counts.revised + counts.refused
        assert counts.row_count == counts.received + counts.empty
        return counts.stored, counts.duplicate, counts.revised, counts.refused


def load(territory: Territory, path: Path, wishes: Wishes, *, now: datetime = NOW, dry_run: bool = False) -> Loaded:
    """Import a file."""
    report = Report()
    work = import_readings(path, wishes, database_url=territory.url, now=now, report=report, dry_run=dry_run)
    return Loaded(asyncio.run(work), report)


@contextmanager
def village(url: str) -> Iterator[Territory]:
    """Register three meters; the first one's point of delivery is `PRM`."""
    with register(url) as territory:
        territory.add_gateway("gw-0001", 1, ["m-000001", "m-000002", "m-000003"])
        territory.rows(_IDENTITY, [territory.usage_point_ids["m-000001"], PRM])
        yield territory


def stored(territory: Territory, meter: str = "m-000001") -> list[tuple[int, int, float]]:
    """Return start (UTC epoch), step and value of everything stored of a meter."""
    return territory.rows(
        "SELECT extract(epoch FROM start_at)::bigint, step_s, value::float8 FROM interval_reading "
        "WHERE usage_point_id = %s ORDER BY start_at",
        [territory.usage_point_ids[meter]],
    )


def epoch(text: str) -> int:
    """Return the UTC epoch of an ISO stamp."""
    return int(datetime.fromisoformat(text).timestamp())
