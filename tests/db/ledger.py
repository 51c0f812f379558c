"""The obvious way to keep values and their revisions, row by row in dictionaries: an oracle for `write_batch`."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Key = tuple[int, int, datetime]


@dataclass
class Ledger:
    """Keep the latest content of each key, and what it replaced.

    Attributes
    ----------
    known : dict
        Key to (content, known_at).
    revisions : dict
        Key to a list of (content, known_at, replaced_at), in the order of replacement.
    """

    known: dict[Key, tuple[tuple[Any, ...], datetime]] = field(default_factory=dict)
    revisions: defaultdict[Key, list[tuple[tuple[Any, ...], datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def write(self, rows: list[tuple[Key, tuple[Any, ...]]], known_at: datetime) -> tuple[int, int, int]:
        """Store rows in their order; return how many were stored, duplicate and revised."""
        stored = duplicate = revised = 0
        for key, content in rows:
            if key not in self.known:
                self.known[key] = (content, known_at)
                stored += 1
                continue
            old, old_known_at = self.known[key]
            if repr(old) == repr(content):  # NaN is itself
                duplicate += 1
                continue
            replaced_at = max(old_known_at, known_at)
            self.revisions[key].append((old, old_known_at, replaced_at))
            self.known[key] = (content, replaced_at)
            revised += 1
        return stored, duplicate, revised
