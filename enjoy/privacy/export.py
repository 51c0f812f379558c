"""Export: everything that is stored of a usage point, as a ZIP of JSON lines, values also as CSV."""

import csv
import io
import json
import tempfile
import zipfile
from datetime import datetime
from typing import IO, Final
from uuid import UUID

from core.errors import NotFoundError
from db.audit import record
from db.connection import Connection
from db.consents import usage_point_ids
from db.person import PersonalTable, audit_of, personal_tables, records_of

#: What is larger goes to a file on disk meanwhile. [bytes]
_IN_MEMORY: Final = 8_000_000
#: Also as CSV, for people.
_CSV: Final = {"somel.interval_reading": ("start_at", "step_s", "register_id", "quality", "value")}
IDENTITY: Final = "personal.usage_point_identity"


async def export_person(
    connection: Connection, usage_point_key: UUID, *, now: datetime, with_identity: bool = False
) -> IO[bytes]:
    """Return a ZIP of what is stored of a usage point, open at its beginning; the caller closes it.

    Parameters
    ----------
    connection : Connection
        In a role that reads; of the owner where the identity is wanted.
    usage_point_key : UUID
        Pseudonym.
    now : datetime
        Time, for the manifest.
    with_identity : bool, default False
        Whether the number of the place of supply is in it: no role that reads values may read it.

    Raises
    ------
    NotFoundError
        ``usage_point_unknown``.
    """
    usage_point_id = (await usage_point_ids(connection, [usage_point_key])).get(usage_point_key)
    if usage_point_id is None:
        raise NotFoundError("usage_point_unknown", f"There is no usage point {usage_point_key}.")
    target: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    manifest: dict[str, object] = {"usage_point_key": str(usage_point_key), "exported_at": now.isoformat()}
    tables: dict[str, dict[str, object]] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in await personal_tables(connection):
            entry: dict[str, object] = {"what": table.reason, "on_erasure": table.on_erasure}
            if table.reached_by == "nothing":
                entry["not_exported"] = table.reason
            elif table.name == IDENTITY and not with_identity:
                entry["not_exported"] = "The API cannot read it; `somel privacy export` can."
            else:
                entry["rows"] = await _write_table(archive, connection, table, usage_point_id)
            tables[table.name] = entry
        entries = await audit_of(connection, usage_point_id, str(usage_point_key))
        archive.writestr("audit.jsonl", "".join(one.content + "\n" for one in entries))
        manifest |= {"tables": tables, "audit_entries": len(entries)}
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
    target.seek(0)
    return target


async def _write_table(
    archive: zipfile.ZipFile, connection: Connection, table: PersonalTable, usage_point_id: int
) -> int:
    """Write the rows of a table, and return how many."""
    columns = _CSV.get(table.name)
    count = 0
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", newline="", encoding="utf-8") as lines:
        with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as target:
            writer = csv.DictWriter(lines, columns, extrasaction="ignore") if columns else None
            if writer is not None:
                writer.writeheader()
            async for line in records_of(connection, table, usage_point_id):
                target.write(line.encode() + b"\n")
                if writer is not None:
                    writer.writerow(json.loads(line))
                count += 1
        if columns:
            lines.seek(0)
            with archive.open(f"{table.name}.csv", "w", force_zip64=True) as target:
                for text in iter(lambda: lines.read(io.DEFAULT_BUFFER_SIZE), ""):
                    target.write(text.encode())
    return count


async def record_export(connection: Connection, usage_point_key: UUID, *, actor: str, now: datetime) -> None:
    """Record in the audit log that everything of a usage point was exported."""
    subject = f"usage_point/{usage_point_key}"
    await record(connection, at=now, actor=actor, action="person.exported", subject=subject, facts={})
