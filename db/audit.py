"""The audit log: what was done, by whom, as a chain of hashes that shows when somebody changed it afterwards."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from core.canonical import canonical_json
from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("audit")

#: Version of the form of content and hash that is written now.
FORM: Final = 1
#: After every entry, in the order of `newest_entries`.
NEWEST: Final = 2**63 - 1
#: The hash before the first entry.
NO_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Say where the chain ends: number and hash of its last entry; 0 and zeros while there is none."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry; see the comments of ``audit_entry`` for its columns."""

    number: int
    form: int
    at: datetime
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    content: str
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """Choose entries: what is None does not matter.

    Attributes
    ----------
    actor, subject : str or None
        Exactly so.
    action : str or None
        Exactly so, or its noun alone.
    since, until : datetime or None
        Done in ``[since, until)``.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def record(
    connection: Connection, *, at: datetime, actor: str, action: str, subject: str, facts: Mapping[str, Any]
) -> None:
    """Record what is being done, in the transaction that does it: both are stored or neither.

    Parameters
    ----------
    connection : Connection
        In the role that ingests, that computes, or that owns.
    at : datetime
        Time by the platform's clock.
    actor : str
        Who does it: ``token/<name>``, ``ven/<name>``, ``process/<name>``, or ``operator`` for the command line.
    action : str
        What is done, as noun and verb in the past: ``event.approved``.
    subject : str
        To what: ``event/<id>``.
    facts : mapping
        What `core.canonical.canonical_json` takes. No secret, and nothing that names a person: entries stay for ever.

    Notes
    -----
    The entry joins the chain at the commit and is not seen before, not even by its own transaction.
    """
    said = {"form": FORM, "at": at, "actor": actor, "action": action, "subject": subject}
    content = canonical_json({**said, "facts": facts})
    async with translated_errors():
        await connection.execute(_SQL["record_entry"], {**said, "content": content})


async def audit_head(connection: Connection) -> AuditHead:
    """Return where the chain ends; kept elsewhere, it shows later that nothing before it was changed or cut off."""
    head = await one_row(connection, AuditHead, _SQL["audit_head"])
    return head or AuditHead(0, NO_HASH)


async def entries_after(connection: Connection, number: int, *, limit: int) -> list[AuditEntry]:
    """Return up to `limit` entries after the one of this number, in their order."""
    return await all_rows(connection, AuditEntry, _SQL["entries_after"], {"number": number, "limit": limit})


async def newest_entries(
    connection: Connection, wanted: WantedEntries, *, limit: int, before: int = NEWEST
) -> list[AuditEntry]:
    """Return up to `limit` entries, the newest first, before the one of this number."""
    values = {**asdict(wanted), "limit": limit, "before": before}
    return await all_rows(connection, AuditEntry, _SQL["newest_entries"], values)
