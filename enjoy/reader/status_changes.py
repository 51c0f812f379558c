"""Changes of the status list from one version to another, as a signed message: small, for readers on thin lines.

For each status the indices that have it now stand in their order, as gaps in base 128 (LEB128): of ten thousand tokens
in a million most take one byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from enjoy.reader import cbor
from enjoy.reader.tokens import MOST_INDEX

CHANGES_TYP: Final = "application/vnd.somel.status-changes+cwt"
MOST_CHANGES_BYTES: Final = 2**22
#: Claims: version that they lead to, keys not believed, version that they begin at, places in the list afterwards, hash
#: of the list afterwards, and the gaps of what is now valid, revoked and blocked.
SUB, IAT, VERSION, REVOKED_KEYS, SINCE, SIZE, DIGEST, GAPS = 2, 6, -65538, -65539, -65540, -65541, -65542, -65543
_CLAIMS: Final = frozenset({SUB, IAT, VERSION, REVOKED_KEYS, SINCE, SIZE, DIGEST, GAPS})
_STATUSES: Final = 3
_MOST: Final = 2**53
_LAST_SECOND: Final = 253_402_300_799
_MORE: Final = 0x80


@dataclass(frozen=True, slots=True)
class Changes:
    """Hold changes.

    Attributes
    ----------
    uri : str
        Which list.
    issued_at : datetime
        When the issuer said so.
    since, version : int
        Version that they begin at, and that they lead to; the same where nothing changed.
    size : int
        Places in the list afterwards.
    digest : bytes
        Hash of the list afterwards, as `enjoy.reader.status.digest_of` has it.
    indices : tuple of three tuples of int
        What is now valid, revoked and blocked; each in growing order.
    revoked_keys : frozenset of bytes
        All keys that are no longer believed.
    """

    uri: str
    issued_at: datetime
    since: int
    version: int
    size: int
    digest: bytes
    indices: tuple[tuple[int, ...], ...]
    revoked_keys: frozenset[bytes]


def claims_of(changes: Changes) -> dict[int, object]:
    """Return changes as claims."""
    return {
        SUB: changes.uri,
        IAT: int(changes.issued_at.timestamp()),
        VERSION: changes.version,
        REVOKED_KEYS: sorted(changes.revoked_keys),
        SINCE: changes.since,
        SIZE: changes.size,
        DIGEST: changes.digest,
        GAPS: [gaps_of(indices) for indices in changes.indices],
    }


def changes_of(claims: Mapping[int, Any]) -> Changes | None:
    """Return the changes that claims are, or None where one is missing, too many, or of another type."""
    if not (cbor.is_map(claims, _CLAIMS) and _is_plain(claims)):
        return None
    indices = [indices_of(gaps, size=claims[SIZE]) for gaps in claims[GAPS]]
    known = tuple(one for one in indices if one is not None)
    if len(known) != _STATUSES:
        return None
    return Changes(
        uri=claims[SUB],
        issued_at=datetime.fromtimestamp(claims[IAT], UTC),
        since=claims[SINCE],
        version=claims[VERSION],
        size=claims[SIZE],
        digest=claims[DIGEST],
        indices=known,
        revoked_keys=frozenset(claims[REVOKED_KEYS]),
    )


def gaps_of(indices: Iterable[int]) -> bytes:
    """Return growing numbers as gaps.

    Examples
    --------
    >>> gaps_of([0, 1, 300]).hex()
    '0000aa02'
    """
    written, expected = bytearray(), 0
    for index in indices:
        gap = index - expected
        while gap >= _MORE:
            written.append(gap % _MORE + _MORE)
            gap //= _MORE
        written.append(gap)
        expected = index + 1
    return bytes(written)


def indices_of(gaps: bytes, *, size: int) -> tuple[int, ...] | None:
    """Return the numbers that gaps stand for, or None where they are cut off, too large, or longer than need be.

    Examples
    --------
    >>> indices_of(bytes.fromhex("0000aa02"), size=301)
    (0, 1, 300)
    >>> indices_of(bytes.fromhex("0000aa02"), size=300) is None
    True
    """
    found, expected, gap, place = [], 0, 0, 1
    for byte in gaps:
        gap += byte % _MORE * place
        if gap >= size:
            return None
        if byte >= _MORE:
            place *= _MORE
            continue
        index = expected + gap
        if index >= size or (byte == 0 and place > 1):
            return None
        found.append(index)
        expected, gap, place = index + 1, 0, 1
    return tuple(found) if place == 1 else None


def _is_plain(claims: Mapping[int, Any]) -> bool:
    revoked, gaps = claims[REVOKED_KEYS], claims[GAPS]
    return (
        type(claims[SUB]) is str
        and cbor.is_number(claims[IAT], most=_LAST_SECOND)
        and all(cbor.is_number(claims[key], most=_MOST) for key in (VERSION, SINCE))
        and cbor.is_number(claims[SIZE], most=MOST_INDEX + 1)
        and type(claims[DIGEST]) is bytes
        and _are_bytes(revoked)
        and _are_bytes(gaps)
    )


def _are_bytes(content: object) -> bool:
    return type(content) is list and all(type(one) is bytes for one in content)
