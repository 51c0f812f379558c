"""Refusals of parts of messages, added up per message and code."""

from core.errors import InputError
from ingest.decode.columns import MessageRefusal


def quoted(text: str) -> str:
    """Return what a sender wrote, at most 40 characters, in printable ASCII: it ends in a database and in logs."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")  # noqa: PLR2004 - the two stand side by side


class Faults:
    """Gather refusals while messages are decoded."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str], int] = {}
        self._reasons: dict[tuple[int, str], str] = {}

    def add(self, message: int, code: str, count: int, reason: str) -> None:
        """Refuse `count` values of a message; the first reason for a code stands for all of them; 0 is passed over."""
        if count:
            key = message, code
            self._counts[key] = self._counts.get(key, 0) + count
            self._reasons.setdefault(key, reason)

    def refuse(self, message: int, error: InputError) -> None:
        """Refuse a whole message, which counts as one value."""
        self.add(message, error.code, 1, error.message)

    def refusals(self) -> list[MessageRefusal]:
        """Return all refusals, ordered by message."""
        return [
            MessageRefusal(message, code, self._reasons[message, code], count)
            for (message, code), count in sorted(self._counts.items(), key=lambda item: item[0][0])
        ]
