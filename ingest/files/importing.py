"""Import one file: survey it, convert it chunk by chunk, write it in batches on the same way as messages."""

import getpass
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core.identifiers import PRM
from db.columns import IntervalColumns, ReadingColumns
from db.connection import Connection, Role, connect
from db.file_imports import ImportedFile, begin_import, count_import, usage_points_by_prm
from db.registry import DeviceEntry, load_registry
from db.rollup import roll_up_pending
from db.writing import Refusal, write_batch
from ingest.files.codes import IS_REFUSAL, MEANING
from ingest.files.convert import Converter
from ingest.files.report import Outcome, Remark, Report, masked
from ingest.files.rows import Chunk, Source, open_source
from ingest.files.survey import Survey, survey
from ingest.files.wishes import Wishes

_MEASURING: Final = frozenset({"meter", "sensor"})
_READ_BYTES: Final = 1 << 20

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class _Writing:
    """Write batches of one file on one connection."""

    connection: Connection
    file_import_id: int
    topic: str
    worker: str
    known_at: datetime
    outcome: Outcome

    async def write(self, intervals: IntervalColumns, readings: ReadingColumns, refused: dict[str, int]) -> None:
        """Write a chunk and its refusals in one transaction; count what became of it."""
        refusals = [
            Refusal(self.topic, None, code, MEANING[code], count, b"") for code, count in refused.items() if count
        ]
        written = await write_batch(
            self.connection,
            worker=self.worker,
            message_count=0,
            intervals=intervals,
            readings=readings,
            refusals=refusals,
            known_at=self.known_at,
        )
        counts = self.outcome.counts
        counts.stored += written.stored
        counts.duplicate += written.duplicate
        counts.revised += written.revised
        await count_import(self.connection, self.file_import_id, counts, is_done=False)


async def import_readings(
    path: Path,
    wishes: Wishes,
    *,
    database_url: str,
    now: datetime,
    report: Report,
    dry_run: bool = False,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Outcome:
    """Import the readings of a file; what is good is stored, whatever stands beside it.

    Parameters
    ----------
    path : Path
        CSV, also compressed with gzip, or Parquet.
    wishes : Wishes
        What is stated about it.
    database_url : str
        Where to store.
    now : datetime
        Time to judge past and future by, and at which the values become known.
    report : Report
        Is told about every line that is not plainly stored.
    dry_run : bool, default False
        Read and judge everything, write nothing.
    progress : callable
        Called with stage, bytes done and bytes in all.

    Raises
    ------
    InputError
        The whole file is refused; nothing is stored.
    ConfigurationError
        An option is needed.

    Notes
    -----
    Two passes. Memory is that of a chunk and four bytes for each interval of the span that a meter covers, whatever the
    number of lines. An import that was broken off is simply run again: what is stored already is a duplicate.
    """
    file = _prepare(path, wishes, now, progress)
    outcome = Outcome(masked(path.name), file.digest.hex(), file.understood, dry_run)
    async with await connect(database_url, Role.INGEST) as connection:
        registry = await load_registry(connection)
        await connection.rollback()
        devices = await _devices(list(file.found.names.numbers), registry.devices, database_url)
        outcome.meters = len(devices)
        converter = Converter(file.source.layout, file.found, wishes, registry, devices, now)
        writing = None if dry_run else await _begin(connection, file, outcome, now)
        for chunk in file.source.chunks(lambda done: progress("storing", done, file.size)):
            await _take(chunk, converter, writing, outcome, report)
        _remark_on_the_whole(converter, file.found, outcome, report)
        if writing is not None:
            await count_import(connection, writing.file_import_id, outcome.counts, is_done=True)
            progress("summing by place", 0, 0)
            await roll_up_pending(connection, now)
    return outcome


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was surveyed."""

    source: Source
    found: Survey
    understood: dict[str, object]
    digest: bytes
    size: int


def _prepare(path: Path, wishes: Wishes, now: datetime, progress: Progress) -> _File:
    source = open_source(path, wishes)
    layout, size = source.layout, path.stat().st_size
    found = survey(
        source, wishes, now_s=int(now.timestamp()), progress=lambda done: progress("reading the file", done, size)
    )
    understood: dict[str, object] = {
        "layout": layout.name,
        "stamps": layout.stamps.value,
        "zone": str(wishes.zone) if found.needs_zone and wishes.zone else "in the stamps",
        "date_order": found.order.value,
        "unit": layout.unit.value,
        "register": layout.register.name,
        "step_s": found.steps.common(),
        "decimal": found.decimal,
    }
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return _File(source, found, understood, digest, size)


async def _begin(connection: Connection, file: _File, outcome: Outcome, now: datetime) -> _Writing:
    account = getpass.getuser()
    text = ", ".join(f"{name} {said}" for name, said in file.understood.items())
    key = await begin_import(connection, ImportedFile(outcome.file_name, file.digest, file.size, text, account))
    topic = f"file/{key}/{outcome.file_name}"
    return _Writing(connection, key, topic, f"file import by {account}", now, outcome)


async def _take(chunk: Chunk, converter: Converter, writing: _Writing | None, outcome: Outcome, report: Report) -> None:
    converted = converter.convert(chunk)
    codes = report.lines(converted.line, converted.code)
    refused = {code: count for code, count in codes.items() if IS_REFUSAL[code]}
    counts, rows, empty = outcome.counts, len(chunk.line) + len(chunk.malformed), codes.get("value_missing", 0)
    counts.row_count += rows
    counts.empty += empty
    counts.received += rows - empty
    counts.refused += sum(refused.values())
    outcome.accepted = counts.received - counts.refused
    outcome.reach(converted.first_s, converted.last_s)
    if writing is not None and rows > empty:
        await writing.write(converted.intervals, converted.readings, refused)


async def _devices(
    names: list[str], registered: Mapping[str, DeviceEntry], database_url: str
) -> dict[str, DeviceEntry]:
    """Return the meters of a file that are known: by their name, or by the point of delivery that they measure."""
    measuring = {name: device for name, device in registered.items() if device.kind in _MEASURING}
    devices = {name: measuring[name] for name in names if name in measuring}
    numbers = [name for name in names if name not in devices and PRM.fullmatch(name)]
    if numbers:
        async with await connect(database_url, Role.PERSONAL) as connection:
            usage_points = await usage_points_by_prm(connection, numbers)
        at = {device.usage_point_id: device for device in measuring.values()}
        devices |= {prm: at[point] for prm, point in usage_points.items() if point in at}
    return devices


def _remark_on_the_whole(converter: Converter, found: Survey, outcome: Outcome, report: Report) -> None:
    names = list(found.names.numbers)
    outcome.doubled = converter.instants.doubled
    if found.steps.unsorted:
        report.say(Remark(0, "time_unsorted"), found.steps.unsorted)
    for meter, steps in found.steps.changing().items():
        said = ", ".join(str(step) for step in steps)
        report.say(Remark(0, "steps_mixed", f"{masked(names[meter])} has steps of {said} s"))
    for meter_name, start_s, missing in converter.gaps():
        outcome.gaps += 1
        outcome.missing_slots += missing
        start = datetime.fromtimestamp(start_s, UTC).isoformat()
        report.say(Remark(0, "gap", f"{masked(meter_name)} lacks {missing} intervals from {start} on"))
