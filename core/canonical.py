"""One spelling for each content, so that a hash over it says whether it is the same."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.slots import require_aware


def instant_text(instant: datetime) -> str:
    """Return a time in UTC, always to the microsecond.

    Raises
    ------
    InputError
        ``naive_time``.

    Examples
    --------
    >>> instant_text(datetime.fromisoformat("2026-01-15T13:00:00+01:00"))
    '2026-01-15T12:00:00.000000Z'
    """
    return require_aware(instant).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical_json(content: Mapping[str, Any]) -> str:
    r"""Return content as JSON of one spelling: names sorted, no spaces, ASCII alone.

    Parameters
    ----------
    content : mapping
        Of text, numbers, truth values, None, times, UUIDs, and lists and mappings of them.

    Raises
    ------
    ValueError
        A number is not finite.
    TypeError
        Something else is in it.

    Notes
    -----
    A number with a fraction is written as the shortest decimal that reads back as the same double.

    Examples
    --------
    >>> canonical_json({"b": [1.5, None], "a": "é"})
    '{"a":"\\u00e9","b":[1.5,null]}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_spelled)


def sha256_of(*parts: bytes) -> bytes:
    """Return the SHA-256 of parts, one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _spelled(value: object) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")
