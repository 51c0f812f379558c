"""What a request for history asks for: which buckets, of what, for whom, and after which one."""

from datetime import datetime
from functools import partial
from typing import Final

from api.paging import cursor_invalid, parsed, read_cursor, write_cursor
from core.buckets import Aggregate, read_every
from core.errors import InputError
from db.bucketed import Bucket, Gathering
from db.features import Selection
from db.views import Value, View, read_value

MOST_BUCKETS: Final = 100_000
MOST_AGGREGATES: Final = 50
_NOBODY: Final = "none"


def gathering_of(
    view: View, selection: Selection, *, since: datetime, until: datetime, every: str, aggregate: str, by: str | None
) -> Gathering:
    """Return what is to be gathered.

    Raises
    ------
    InputError
        ``duration_invalid``, ``span_invalid``, ``aggregate_invalid`` or ``group_invalid``.
    """
    width = read_every(every)
    if since >= until:
        raise InputError("span_invalid", "A span begins before it ends.", field="to")
    if (until - since).total_seconds() / width.about_s > MOST_BUCKETS:
        raise InputError("span_invalid", f"The span has more than {MOST_BUCKETS:,} buckets.", field="every")
    return Gathering(width, since, until, _by(view, by), _aggregates(view, aggregate), selection)


def _by(view: View, text: str | None) -> tuple[str, ...]:
    if text is None:
        return view.key
    names = () if text == _NOBODY else tuple(dict.fromkeys(text.split(",")))
    unknown = [name for name in names if name not in view.key]
    if unknown:
        message = f"It is {_NOBODY}, or fields of the key: {', '.join(view.key)}."
        raise InputError("group_invalid", message, field="group_by")
    return names


def _aggregates(view: View, text: str) -> tuple[tuple[str, Aggregate], ...]:
    pairs = tuple(dict.fromkeys(_pair(view, part) for part in text.split(",")))
    if len(pairs) > MOST_AGGREGATES:
        raise _invalid(f"There are at most {MOST_AGGREGATES}.")
    return pairs


def _pair(view: View, text: str) -> tuple[str, Aggregate]:
    name, _, word = text.strip().partition(":")
    field = view.field(name)
    if field is None or name in view.identity:
        raise _invalid(f"There is no field {name[:100]!r} beside the key and the time.")
    if word not in set(Aggregate):
        raise _invalid(f"Of a field can be had: {', '.join(Aggregate)}; such as {name}:{Aggregate.LAST}.")
    kind = Aggregate(word)
    if not kind.takes(field.type):
        raise _invalid(f"There is no {kind} of {name}, which is {field.type}.")
    return name, kind


def _invalid(message: str) -> InputError:
    return InputError("aggregate_invalid", message, field="aggregate")


def key_after(bucket: Bucket) -> str:
    """Return the cursor of what comes after a bucket."""
    return write_cursor([bucket.start_at.isoformat(), *map(_text, bucket.key)])


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else repr(value) if isinstance(value, float) else str(value)


def read_after(view: View, wanted: Gathering, cursor: str) -> tuple[datetime, tuple[Value, ...]]:
    """Return start and key of the bucket that a cursor comes after.

    Raises
    ------
    InputError
        ``cursor_invalid``.
    """
    start, *key = read_cursor(cursor, 1 + len(wanted.by))
    start_at = parsed(start, datetime.fromisoformat)
    if start_at.tzinfo is None:
        raise cursor_invalid()
    kinds = map(view.type_of, wanted.by)
    values = tuple(parsed(part, partial(read_value, kind)) for kind, part in zip(kinds, key, strict=True))
    return start_at, values
