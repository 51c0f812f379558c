"""The status list as it is published: kept in the memory of a process, and signed in its forms."""

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from core.errors import ConflictError, GoneError
from core.signature import Signer
from db.connection import Connection
from db.status_list import ListChanges, list_changes, list_whole
from enjoy.passes import jws
from enjoy.reader import cose, status, status_changes
from enjoy.reader.status import BITS, BLOCKED, LIST_TYP, REVOKED, VALID, digest_of, set_status
from enjoy.reader.status_changes import CHANGES_TYP, Changes

#: How long a signed list holds; readers refuse far older ones by themselves.
LISTS_HOLD: Final = timedelta(days=7)
#: How long a list may be kept before asking again [s].
TTL_S: Final = 300
#: What was signed is sent again for so long.
_KEPT: Final = timedelta(seconds=60)
_MOST_KEPT: Final = 128
JWT_TYP: Final = "statuslist+jwt"


@dataclass(frozen=True, slots=True)
class PackedList:
    """Hold the list at a version."""

    version: int
    size: int
    packed: bytes
    revoked_keys: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """Hold what was signed, and of which version and time it is."""

    content: bytes
    version: int
    issued_at: datetime


@dataclass(slots=True)
class PublishedList:
    """Keep the list of one process up to date, and what was signed of it."""

    _known: PackedList | None = None
    _signed: dict[tuple[str, str, int], SignedAnswer] = field(default_factory=dict)

    async def current(self, connection: Connection) -> PackedList:
        """Return the list as it is in the database: what changed is read, the whole at first."""
        known = self._known
        if known is not None:
            changes = await list_changes(connection, known.version)
            if changes.kept_from <= known.version <= changes.version:
                return self._keep(known if changes.version == known.version else _after(known, changes))
        whole = await list_whole(connection)
        packed = bytearray(whole.size * BITS // 8)
        for index in whole.revoked:
            set_status(packed, index, REVOKED)
        for index in whole.blocked:
            set_status(packed, index, BLOCKED)
        return self._keep(PackedList(whole.version, whole.size, bytes(packed), _kids(whole.revoked_kids)))

    def list_cwt(self, current: PackedList, signer: Signer, *, uri: str, now: datetime) -> SignedAnswer:
        """Return the list as a Status List Token in CWT form."""
        return self._kept("cwt", uri, current, now, lambda: cose.seal(signer, _claims(current, uri, now), typ=LIST_TYP))

    def list_jwt(self, current: PackedList, signer: Signer, *, uri: str, now: datetime) -> SignedAnswer:
        """Return the list as a Status List Token in JWT form."""
        return self._kept("jwt", uri, current, now, lambda: _jwt(current, signer, uri, now))

    async def changes(
        self, connection: Connection, signer: Signer, since: int, *, uri: str, now: datetime
    ) -> SignedAnswer:
        """Return what changed since a version, signed; that nothing did is worth knowing too.

        Raises
        ------
        ConflictError
            ``status_version_unknown`` when there is no such version yet.
        GoneError
            ``status_changes_gone`` when they are no longer kept: the whole list has to be fetched.
        """
        current = await self.current(connection)
        changed = await list_changes(connection, since)
        if changed.version != current.version:  # committed between the two
            current = await self.current(connection)
            changed = await list_changes(connection, since)
        if since > changed.version:
            raise ConflictError("status_version_unknown", "There is no such version yet.", version=changed.version)
        if since < changed.kept_from:
            raise GoneError("status_changes_gone", "Changes that old are not kept: fetch the whole list.")
        said = Changes(
            uri=uri,
            issued_at=now,
            since=since,
            version=current.version,
            size=current.size,
            digest=digest_of(current.packed, current.revoked_keys),
            indices=(tuple(changed.valid), tuple(changed.revoked), tuple(changed.blocked)),
            revoked_keys=current.revoked_keys,
        )
        claims = status_changes.claims_of(said)
        return self._kept(f"since {since}", uri, current, now, lambda: cose.seal(signer, claims, typ=CHANGES_TYP))

    def _keep(self, current: PackedList) -> PackedList:
        if self._known is None or current.version > self._known.version:
            self._known = current
            self._signed.clear()
        return current

    def _kept(self, form: str, uri: str, current: PackedList, now: datetime, sign: Callable[[], bytes]) -> SignedAnswer:
        key = (form, uri, current.version)
        known = self._signed.get(key)
        if known is not None and timedelta(0) <= now - known.issued_at < _KEPT:
            return known
        if len(self._signed) >= _MOST_KEPT:
            self._signed.clear()
        self._signed[key] = SignedAnswer(sign(), current.version, now)
        return self._signed[key]


def _after(known: PackedList, changes: ListChanges) -> PackedList:
    packed = bytearray(known.packed)
    packed.extend(bytes(changes.size * BITS // 8 - len(packed)))
    for value, indices in ((VALID, changes.valid), (REVOKED, changes.revoked), (BLOCKED, changes.blocked)):
        for index in indices:
            set_status(packed, index, value)
    return PackedList(changes.version, changes.size, bytes(packed), _kids(changes.revoked_kids))


def _kids(names: list[str]) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(name) for name in names)


def _claims(current: PackedList, uri: str, now: datetime) -> dict[int, object]:
    return {
        status.SUB: uri,
        status.IAT: int(now.timestamp()),
        status.EXP: int((now + LISTS_HOLD).timestamp()),
        status.TTL: TTL_S,
        status.STATUS_LIST: {"bits": BITS, "lst": zlib.compress(current.packed, 9)},
        status.VERSION: current.version,
        status.REVOKED_KEYS: sorted(current.revoked_keys),
    }


def _jwt(current: PackedList, signer: Signer, uri: str, now: datetime) -> bytes:
    listed = base64.urlsafe_b64encode(zlib.compress(current.packed, 9)).rstrip(b"=").decode()
    claims = {
        "sub": uri,
        "iat": int(now.timestamp()),
        "exp": int((now + LISTS_HOLD).timestamp()),
        "ttl": TTL_S,
        "status_list": {"bits": BITS, "lst": listed},
        "version": current.version,
    }
    return jws.sign(signer, claims, typ=JWT_TYP)
