"""What a reader did, in a file that survives being killed: an answer is given once its entry is on disk."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from core.errors import ConfigurationError
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rules import Admission

FILE: Final = "reader.sqlite"
_BUSY_S: Final = 10.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
    place INTEGER PRIMARY KEY AUTOINCREMENT, nonce TEXT NOT NULL UNIQUE, at REAL NOT NULL, holder BLOB, token_id TEXT,
    step INTEGER, proof TEXT, venue TEXT NOT NULL, reason TEXT NOT NULL, rule_id INTEGER, price_class TEXT,
    is_told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS entry_holder ON entry (holder) WHERE reason = 'admitted';
CREATE INDEX IF NOT EXISTS entry_untold ON entry (place) WHERE is_told = 0;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one scan.

    Attributes
    ----------
    nonce : UUID
        Its number.
    at : datetime
        When, by the clock of the reader.
    holder : bytes or None
        What uses are counted by: the key of a phone, else the token.
    token_id : UUID or None
        Token that was shown.
    step : int or None
        Half minute that the phone signed.
    proof : Proof or None
        How it was shown.
    venue : str
        Where.
    reason : Reason
        What came of it.
    rule_id, price_class : int or None, str or None
        Of an admission.
    """

    nonce: UUID
    at: datetime
    holder: bytes | None
    token_id: UUID | None
    step: int | None
    proof: Proof | None
    venue: str
    reason: Reason
    rule_id: int | None
    price_class: str | None


class Journal:
    """Keep entries and facts of one reader in a folder.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Raises
    ------
    ConfigurationError
        ``reader_folder_unusable``.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / FILE).touch(mode=0o600)
            self._file = sqlite3.connect(folder / FILE, timeout=_BUSY_S, isolation_level=None)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
            self._file.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ConfigurationError("reader_folder_unusable", f"{folder} cannot be used: {error}.") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Keep other processes from deciding until the block ends; what it wrote is on disk then."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    def fact(self, name: str) -> bytes | None:
        """Return what is kept under a name."""
        row = self._file.execute("SELECT content FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def keep(self, name: str, content: bytes) -> None:
        """Keep something under a name."""
        self._file.execute("INSERT OR REPLACE INTO fact (name, content) VALUES (?, ?)", (name, content))

    def append(self, entry: Entry) -> None:
        """Note a scan."""
        self._file.execute(
            "INSERT INTO entry (nonce, at, holder, token_id, step, proof, venue, reason, rule_id, price_class)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(entry.nonce),
                entry.at.timestamp(),
                entry.holder,
                None if entry.token_id is None else str(entry.token_id),
                entry.step,
                entry.proof,
                entry.venue,
                entry.reason,
                entry.rule_id,
                entry.price_class,
            ),
        )

    def admissions(self, holder: bytes) -> list[Admission]:
        """Return how somebody was admitted here before."""
        rows = self._file.execute(
            "SELECT rule_id, venue, at FROM entry WHERE holder = ? AND reason = 'admitted'", (holder,)
        )
        return [Admission(rule_id, venue, _time(at)) for rule_id, venue, at in rows]

    def is_taken(self, holder: bytes, step: int) -> bool:
        """Tell whether a half minute of a phone was admitted here before."""
        row = self._file.execute(
            "SELECT 1 FROM entry WHERE holder = ? AND step = ? AND reason = 'admitted'", (holder, step)
        ).fetchone()
        return row is not None

    def last_at(self, since_place: int) -> datetime | None:
        """Return the latest time at which the clock was believed, of scans after a place."""
        (at,) = self._file.execute(
            "SELECT max(at) FROM entry WHERE place > ? AND reason NOT IN ('clock_wrong', 'list_stale')", (since_place,)
        ).fetchone()
        return None if at is None else _time(at)

    def last_place(self) -> int:
        """Return the place of the last scan, 0 where there was none."""
        (place,) = self._file.execute("SELECT coalesce(max(place), 0) FROM entry").fetchone()
        return int(place)

    def untold(self, most: int) -> list[Entry]:
        """Return scans that the server was not told of, in their order."""
        return self._entries("WHERE is_told = 0 ORDER BY place LIMIT ?", most)

    def last(self, most: int) -> list[Entry]:
        """Return the last scans, the newest first."""
        return self._entries("ORDER BY place DESC LIMIT ?", most)

    def told(self, nonces: Iterable[UUID]) -> None:
        """Note that the server has these."""
        self._file.executemany("UPDATE entry SET is_told = 1 WHERE nonce = ?", [(str(nonce),) for nonce in nonces])

    def forget(self, before: datetime) -> int:
        """Delete scans before a time that the server has, and return how many."""
        cut = self._file.execute("DELETE FROM entry WHERE is_told = 1 AND at < ?", (before.timestamp(),))
        return cut.rowcount

    def count_untold(self) -> int:
        """Return how many scans the server was not told of."""
        (count,) = self._file.execute("SELECT count(*) FROM entry WHERE is_told = 0").fetchone()
        return int(count)

    def _entries(self, which: str, most: int) -> list[Entry]:
        rows = self._file.execute(
            "SELECT nonce, at, holder, token_id, step, proof, venue, reason, rule_id, price_class FROM entry "  # noqa: S608 - ours
            + which,
            (most,),
        )
        return [
            Entry(
                UUID(nonce),
                _time(at),
                holder,
                None if token_id is None else UUID(token_id),
                step,
                None if proof is None else Proof(proof),
                venue,
                Reason(reason),
                rule_id,
                price_class,
            )
            for nonce, at, holder, token_id, step, proof, venue, reason, rule_id, price_class in rows
        ]


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
