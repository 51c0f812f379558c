"""Whether the audit log is as it was written: each entry's hash, each link, no gap, and no end that was cut off."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core.canonical import canonical_json, instant_text, sha256_of
from core.errors import InputError
from db.audit import FORM, NO_HASH, AuditEntry, AuditHead, audit_head, entries_after
from db.connection import Connection, translated_errors

_BLOCK: Final = 5_000
_HASH_CHARACTERS: Final = 64

Anchors = Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """Say what is wrong first.

    Attributes
    ----------
    number : int
        The entry at which it shows.
    kind : str
        entry_missing, link_broken, content_altered, form_unknown, end_missing, head_differs or anchor_differs.
    message : str
        One sentence.
    """

    number: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say how the chain was found.

    Attributes
    ----------
    verified : int
        Entries from the first on that are as they were written.
    head : AuditHead
        The last of them.
    fault : Fault or None
        What is wrong with the next.
    """

    verified: int
    head: AuditHead
    fault: Fault | None


def read_anchor(text: str) -> tuple[int, bytes]:
    """Return number and hash of an entry, written ``N:HASH``.

    Raises
    ------
    InputError
        ``anchor_not_readable``.
    """
    number, _, digest = text.partition(":")
    try:
        anchor = int(number), bytes.fromhex(digest)
    except ValueError:
        anchor = 0, b""
    if anchor[0] < 1 or len(digest) != _HASH_CHARACTERS:
        message = f"{text!r} is not number:hash, as `somel audit head` prints it."
        raise InputError("anchor_not_readable", message, anchor=text)
    return anchor


def hash_of_entry(entry: AuditEntry, previous: AuditHead) -> bytes:
    """Return the hash that an entry must have after the one before it."""
    numbers = previous.number + 1, _microseconds(entry)
    return sha256_of(previous.hash, *(one.to_bytes(8, "big", signed=True) for one in numbers), entry.content.encode())


async def verify_chain(
    connection: Connection, *, anchors: Anchors | None = None, report: Callable[[int, int], None] | None = None
) -> Verdict:
    """Recompute the chain from its first entry to its end, in constant memory, and stop at what is wrong first.

    Parameters
    ----------
    connection : Connection
        A role that reads, outside a transaction; the whole is read as it stands at one moment.
    anchors : mapping of int to bytes, optional
        Hashes of entries by number, kept elsewhere. Who can change every table can also write a new chain; an
        anchor shows that.
    report : callable, optional
        Told how many entries were verified, of how many.
    """
    async with translated_errors(), connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        end = await audit_head(connection)
        known = AuditHead(0, NO_HASH)
        while entries := await entries_after(connection, known.number, limit=_BLOCK):
            for entry in entries:
                fault = _fault_of(entry, known) or _strays(AuditHead(entry.number, entry.hash), anchors or {})
                if fault is not None:
                    return Verdict(known.number, known, fault)
                known = AuditHead(entry.number, entry.hash)
            if report is not None:
                report(known.number, end.number)
    return Verdict(known.number, known, _fault_at_end(known, end, anchors or {}))


def _fault_of(entry: AuditEntry, previous: AuditHead) -> Fault | None:
    number = previous.number + 1
    if entry.number != number:
        return Fault(number, "entry_missing", f"Entry {number} is missing; entry {entry.number} follows.")
    if entry.previous_hash != previous.hash:
        return Fault(number, "link_broken", f"Entry {number} does not follow the entry before it as it is now.")
    if entry.form != FORM:
        return Fault(number, "form_unknown", f"Entry {number} has form {entry.form}; this version knows {FORM}.")
    if hash_of_entry(entry, previous) != entry.hash or not _says_the_same(entry):
        return Fault(number, "content_altered", f"Entry {number} is not what its hash was made of.")
    return None


def _says_the_same(entry: AuditEntry) -> bool:
    """Tell whether content is canonical and the columns for searching repeat it."""
    try:
        content = json.loads(entry.content)
        if not isinstance(content, dict) or canonical_json(content) != entry.content:
            return False
    except ValueError:
        return False
    at = instant_text(entry.at)
    columns = {"form": entry.form, "at": at, "actor": entry.actor, "action": entry.action, "subject": entry.subject}
    return {name: content.get(name) for name in columns} == columns


def _strays(entry: AuditHead, anchors: Anchors) -> Fault | None:
    if anchors.get(entry.number, entry.hash) == entry.hash:
        return None
    message = f"Entry {entry.number} has another hash than its anchor: the chain up to it was written anew."
    return Fault(entry.number, "anchor_differs", message)


def _fault_at_end(known: AuditHead, end: AuditHead, anchors: Anchors) -> Fault | None:
    last = max([end.number, *anchors])
    if known.number < last:
        message = f"The chain ends with entry {known.number}, and had {last} entries: its end was cut off."
        return Fault(known.number + 1, "end_missing", message)
    if known != end:
        message = f"The head says entry {end.number} and another hash than the chain ends with."
        return Fault(known.number, "head_differs", message)
    return None


def _microseconds(entry: AuditEntry) -> int:
    whole_s = int(entry.recorded_at.replace(microsecond=0).timestamp())
    return whole_s * 1_000_000 + entry.recorded_at.microsecond
