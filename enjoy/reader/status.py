"""Which tokens are revoked or blocked: a signed list, kept up to date by signed changes.

The list is a Status List Token in CWT form (IETF draft-ietf-oauth-status-list): two bits for each token. It has a
version, and changes lead from one version to another (`enjoy.reader.status_changes`). A list that came to a version on
another way than the issuer, was set back, or left a version out, is found by the hash that comes with the changes.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from core.errors import InputError
from enjoy.reader import cbor, cose
from enjoy.reader.reasons import Reason
from enjoy.reader.status_changes import CHANGES_TYP, MOST_CHANGES_BYTES, Changes, changes_of
from enjoy.reader.tokens import MOST_INDEX, Token

Keys: TypeAlias = Mapping[bytes, str]

LIST_TYP: Final = "application/statuslist+cwt"
BITS: Final = 2
_PER_BYTE: Final = 8 // BITS
VALID, REVOKED, BLOCKED = 0, 1, 2
_REASONS: Final = {REVOKED: Reason.REVOKED, BLOCKED: Reason.BLOCKED}
#: Claims; those below -65536 are ours: version of the list, keys that are no longer believed.
SUB, EXP, IAT, TTL, STATUS_LIST, VERSION, REVOKED_KEYS = 2, 4, 6, 65534, 65533, -65538, -65539
_CLAIMS: Final = frozenset({SUB, EXP, IAT, TTL, STATUS_LIST, VERSION, REVOKED_KEYS})
_LIST_KEYS: Final = frozenset({"bits", "lst"})
MOST_BYTES: Final = (MOST_INDEX + 1) // _PER_BYTE
_MOST: Final = 2**53
_LAST_SECOND: Final = 253_402_300_799
#: How far the clocks of issuer and reader may differ.
_LEEWAY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class StatusList:
    """Hold the list as it was at a version.

    Attributes
    ----------
    version : int
        Grows with every change.
    issued_at : datetime
        When the issuer last said that this is how things stand.
    uri : str
        Address of the list.
    packed : bytes
        Two bits a token, the first in the lowest bits of the first byte.
    revoked_keys : frozenset of bytes
        Identifiers of keys that leaked: no token of theirs is good.
    """

    version: int
    issued_at: datetime
    uri: str
    packed: bytes
    revoked_keys: frozenset[bytes] = frozenset()

    @staticmethod
    def read(message: bytes, keys: Keys, now: datetime) -> "StatusList":
        """Return the list that a signed message holds.

        Raises
        ------
        InputError
            ``status_unreadable``, ``status_not_believed`` or ``status_expired``.
        """
        claims = _unsealed(message, keys, LIST_TYP, most=MOST_BYTES)
        if not (cbor.is_map(claims, _CLAIMS) and _is_list(claims)):
            raise _unreadable("it lacks claims, or has them in another form")
        issued_at = datetime.fromtimestamp(claims[IAT], UTC)
        if issued_at > now + _LEEWAY or datetime.fromtimestamp(claims[EXP], UTC) <= now:
            raise InputError("status_expired", "The status list is not one of today: is the clock right?")
        packed = _inflated(claims[STATUS_LIST]["lst"])
        return StatusList(claims[VERSION], issued_at, claims[SUB], packed, frozenset(claims[REVOKED_KEYS]))

    @property
    def size(self) -> int:
        """Return how many tokens there is room for."""
        return len(self.packed) * _PER_BYTE

    @property
    def digest(self) -> bytes:
        """Return the hash that says whether two lists are the same."""
        return digest_of(self.packed, self.revoked_keys)

    def age(self, now: datetime) -> timedelta:
        """Return for how long nothing was heard of the issuer."""
        return now - self.issued_at

    def status_of(self, index: int) -> int | None:
        """Return 0 valid, 1 revoked or 2 blocked; None for a token that the list knows nothing of yet."""
        if not 0 <= index < self.size:
            return None
        return self.packed[index // _PER_BYTE] >> (index % _PER_BYTE * BITS) & 0b11

    def refusal(self, token: Token) -> Reason | None:
        """Return why a token is refused, or None where the list says nothing against it.

        Notes
        -----
        A token that this list has no place for yet is refused. The address of the list is not compared with that in the
        token: who believes a key believes its one list, by whichever name of the server it came.
        """
        if token.kid in self.revoked_keys:
            return Reason.KEY_UNKNOWN
        status = self.status_of(token.status_index)
        if status is None:
            return Reason.LIST_STALE
        return None if status == VALID else _REASONS.get(status, Reason.REVOKED)

    def replaced(self, message: bytes, keys: Keys, now: datetime) -> "StatusList":
        """Return a whole list that takes the place of this one.

        Raises
        ------
        InputError
            As `read`; ``status_rolled_back`` when it is older; ``status_forked`` when it is another one.
        """
        other = StatusList.read(message, keys, now)
        self._require_later(other.version)
        if other.version == self.version and other.digest != self.digest:
            raise _forked()
        return replace(other, issued_at=max(other.issued_at, self.issued_at))

    def updated(self, message: bytes, keys: Keys, now: datetime) -> "StatusList":
        """Return the list after signed changes.

        Raises
        ------
        InputError
            ``status_unreadable``, ``status_not_believed``, ``status_expired``; ``status_gap`` when they do not begin at
            this version; ``status_rolled_back`` when they are older; ``status_forked`` when they lead somewhere else.
        """
        changes = changes_of(_unsealed(message, keys, CHANGES_TYP, most=MOST_CHANGES_BYTES))
        if changes is None:
            raise _unreadable("the changes lack claims, or have them in another form")
        if changes.issued_at > now + _LEEWAY:
            raise InputError("status_expired", "The status list is not one of today: is the clock right?")
        self._require_later(changes.version)
        if changes.since != self.version:
            raise InputError("status_gap", "The changes begin at another version.", version=self.version)
        if changes.size < self.size:
            raise _forked()
        after = replace(
            self,
            version=changes.version,
            issued_at=max(changes.issued_at, self.issued_at),  # of two servers one may have signed a little before
            packed=_applied(self.packed, changes),
            revoked_keys=changes.revoked_keys,
        )
        if after.digest != changes.digest:
            raise _forked()
        return after

    def _require_later(self, version: int) -> None:
        if version < self.version:
            raise InputError("status_rolled_back", "The status list is older than the one that is known.")


def digest_of(packed: bytes, revoked_keys: frozenset[bytes]) -> bytes:
    """Return the hash of a list: SHA-256 over the SHA-256 of its bits and the keys that are not believed, in order."""
    return hashlib.sha256(hashlib.sha256(packed).digest() + b"".join(sorted(revoked_keys))).digest()


def set_status(packed: bytearray, index: int, status: int) -> None:
    """Write the status of one token."""
    at, shift = index // _PER_BYTE, index % _PER_BYTE * BITS
    packed[at] = packed[at] & ~(0b11 << shift) | status << shift


def _applied(packed: bytes, changes: Changes) -> bytes:
    grown = bytearray(packed)
    grown.extend(bytes(changes.size // _PER_BYTE - len(packed)))
    for status, indices in enumerate(changes.indices):
        for index in indices:
            set_status(grown, index, status)
    return bytes(grown)


def _unsealed(message: bytes, keys: Keys, typ: str, *, most: int) -> dict[int, Any]:
    sealed = cose.unseal(message, keys, most=most, typ=typ)
    if sealed is Reason.UNREADABLE:
        raise _unreadable("it is no signed message of this kind")
    if isinstance(sealed, Reason):
        raise InputError("status_not_believed", "The status list is signed by a key that is not known.", reason=sealed)
    return sealed.claims


def _is_list(claims: Mapping[int, Any]) -> bool:
    listed, revoked = claims[STATUS_LIST], claims[REVOKED_KEYS]
    return (
        type(claims[SUB]) is str
        and all(cbor.is_number(claims[key], most=_LAST_SECOND) for key in (EXP, IAT))
        and all(cbor.is_number(claims[key], most=_MOST) for key in (TTL, VERSION))
        and cbor.is_map(listed, _LIST_KEYS)
        and listed["bits"] == BITS
        and type(listed["lst"]) is bytes
        and type(revoked) is list
        and all(type(kid) is bytes for kid in revoked)
    )


def _inflated(content: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        packed = inflating.decompress(content, MOST_BYTES)
    except zlib.error as error:
        raise _unreadable("its bits are not compressed as they should be") from error
    if not inflating.eof or inflating.unused_data or not packed:
        raise _unreadable("its bits are too many, or cut off")
    return packed


def _unreadable(why: str) -> InputError:
    return InputError("status_unreadable", f"The status list cannot be read: {why}.")


def _forked() -> InputError:
    return InputError("status_forked", "This is another status list than the one that is known.")
