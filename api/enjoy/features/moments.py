"""The parameter ``datetime``: an instant or a span, perhaps with an open end."""

from datetime import UTC, date, datetime, time
from typing import Final

from core.errors import InputError
from db.features import Interval

_OPEN: Final = frozenset({"", ".."})
_DAY: Final = 10
_EXPECTED: Final = "It is an instant as in RFC 3339, or two joined by a slash; .. is an open end."


def read_interval(text: str) -> Interval:
    """Return the span that a text means, both ends included; an instant is one of no length, a day all of it.

    Raises
    ------
    InputError
        ``datetime_invalid``.
    """
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 1 and parts[0] in _OPEN):  # noqa: PLR2004 - two ends
        raise _invalid()
    start = None if parts[0] in _OPEN else _instant(parts[0], time.min)
    end = None if parts[-1] in _OPEN else _instant(parts[-1], time.max)
    if start is not None and end is not None and start > end:
        raise _invalid("A span begins before it ends.")
    return Interval(start, end)


def _instant(text: str, of_day: time) -> datetime:
    try:
        if len(text) == _DAY:
            return datetime.combine(date.fromisoformat(text), of_day, tzinfo=UTC)
        instant = datetime.fromisoformat(text.upper())
        if instant.tzinfo is None:
            raise _invalid("An instant says its zone: Z, or +01:00.")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _invalid() from None


def _invalid(
    message: str = "It is an instant as in RFC 3339, or two joined by a slash; .. is an open end.",
) -> InputError:
    return InputError("datetime_invalid", message, field="datetime")
