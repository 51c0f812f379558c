"""Instants as texts."""

from datetime import UTC, datetime


def instant_text(at: datetime) -> str:
    """Return an instant as RFC 3339 has it, in UTC.

    Examples
    --------
    >>> instant_text(datetime.fromisoformat("2026-01-15T18:30:00+01:00"))
    '2026-01-15T17:30:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
