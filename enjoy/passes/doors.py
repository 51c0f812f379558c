"""Readers at doors: their secrets, and what each needs to judge, kept for some seconds."""

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.clock import Clock
from core.errors import NotFoundError, PlatformError, UnauthenticatedError
from db import pass_readers as store
from db.audit import record
from db.connection import Connection, Pool, borrow
from db.pass_readers import Door, ReaderRow
from enjoy.passes.signing import published_keys
from enjoy.reader.reasons import Proof
from enjoy.reader.rules import Rule, read_rule

#: What every secret of a reader begins with, so that leaked ones are recognised.
PREFIX: Final = "somel_reader_"
_SECRET_BYTES: Final = 32
_LONGEST_SECRET: Final = 100
#: How long a change of rules, or that a reader was revoked, may take to be heard of. [s]
KEPT_S: Final = 2.0
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Judging:
    """Hold what a reader's presentations are judged by.

    Attributes
    ----------
    door : Door
        The reader, and where it stands.
    rules : tuple of Rule
        That hold now, in their order.
    least : Proof
        Least proof that the service takes.
    """

    door: Door
    rules: tuple[Rule, ...]

    @property
    def least(self) -> Proof:
        """Return the least proof that the service takes."""
        return Proof(self.door.proof)


class Doors:
    """Find readers by their secrets, and the keys that passes are signed with; asks the database every few seconds.

    Those that are asked for again and again are looked up anew before they would be forgotten, all of them in one
    transaction: no reader waits for it.

    Parameters
    ----------
    pool : Pool
        Connections that keep passes.
    wall : Clock
        What people go by.
    """

    def __init__(self, pool: Pool, wall: Clock) -> None:
        self._pool = pool
        self._wall = wall
        self._known: dict[bytes, tuple[Judging, float]] = {}
        self._keys: tuple[dict[bytes, str], float] = ({}, 0.0)
        self._asked: set[bytes] = set()
        self._renewed_s = 0.0
        self._renewing: asyncio.Task[None] | None = None

    async def find(self, secret: str) -> Judging:
        """Return what the reader that has a secret judges by; a revoked one is found as well.

        Raises
        ------
        UnauthenticatedError
            ``reader_unknown``.
        """
        known = self.known(secret)
        if known is not None:
            return known
        if len(secret) > _LONGEST_SECRET or not secret.startswith(PREFIX):
            raise _unknown()
        digest, now_s = hash_of(secret), time.monotonic()
        async with borrow(self._pool) as connection:
            found = await _judgings(connection, [digest])
        if not found:
            raise _unknown()
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[digest] = (found[digest], now_s + KEPT_S)
        return found[digest]

    def known(self, secret: str) -> Judging | None:
        """Return what a reader judges by if that was looked up lately; has it looked up anew before it is too old."""
        digest, now_s = hash_of(secret), time.monotonic()
        known = self._known.get(digest)
        if known is None or now_s >= known[1]:
            return None
        self._asked.add(digest)
        if now_s >= self._renewed_s + KEPT_S / 2 and (self._renewing is None or self._renewing.done()):
            self._renewed_s = now_s
            self._renewing = asyncio.create_task(self._renew(), name="readers known")
        return known[0]

    async def keys(self) -> dict[bytes, str]:
        """Return the keys that passes may be signed with."""
        known = self.keys_known()
        if known is not None:
            return known
        now_s = time.monotonic()
        async with borrow(self._pool) as connection:
            self._keys = (await published_keys(connection, self._wall.now()), now_s + KEPT_S)
        return self._keys[0]

    def keys_known(self) -> dict[bytes, str] | None:
        """Return the keys if they were looked up lately."""
        return self._keys[0] if time.monotonic() < self._keys[1] else None

    def forget(self) -> None:
        """Ask for every reader anew."""
        self._known = {}

    async def _renew(self) -> None:
        asked, self._asked = self._asked, set()
        known, until_s = self._known, time.monotonic() + KEPT_S
        # Where the database does not answer, what is known grows old, and who asks then is told why.
        with contextlib.suppress(PlatformError):
            async with borrow(self._pool) as connection:
                found = await _judgings(connection, asked)
                self._keys = (await published_keys(connection, self._wall.now()), until_s)
            for digest in asked:  # in the same dictionary: if all was forgotten meanwhile, so is this
                known.pop(digest, None)
            known |= {digest: (judging, until_s) for digest, judging in found.items()}


async def _judgings(connection: Connection, digests: Collection[bytes]) -> dict[bytes, Judging]:
    doors = await store.find_readers(connection, list(digests))
    rules = {service: await rules_now(connection, service) for service in {door.service_id for door in doors}}
    return {door.secret_sha256: Judging(door, rules[door.service_id]) for door in doors}


async def rules_now(connection: Connection, service_id: int, *, with_ended: bool = False) -> tuple[Rule, ...]:
    """Return the rules of a service, in their order."""
    rows = await store.rules_of(connection, service_id, with_ended=with_ended)
    return tuple(read_rule(row.content, row.rule_id) for row in rows)


def require_good(door: Door) -> None:
    """Refuse a reader that was revoked.

    Raises
    ------
    UnauthenticatedError
        ``reader_revoked``.
    """
    if door.revoked_at is not None:
        raise UnauthenticatedError("reader_revoked", "The reader was revoked.")


async def make_reader(
    connection: Connection, organisation_id: int, service: str, venue: str, title: str, *, actor: str, now: datetime
) -> tuple[ReaderRow, str]:
    """Make a reader and return it with its secret, which is not kept.

    Raises
    ------
    NotFoundError
        ``venue_unknown``.
    """
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    made = await store.insert_reader(
        connection, organisation_id, service, venue, title, secret_sha256=hash_of(secret), now=now
    )
    if made is None:
        raise NotFoundError("venue_unknown", "There is no such venue of yours.")
    told = {"service": service, "venue": venue}
    await record(connection, at=now, actor=actor, action="reader.made", subject=f"reader/{made}", facts=told)
    return await own_reader(connection, organisation_id, made), secret


async def own_reader(connection: Connection, organisation_id: int, reader_id: int) -> ReaderRow:
    """Return a reader of an organisation.

    Raises
    ------
    NotFoundError
        ``reader_not_own``.
    """
    found = await store.readers(connection, organisation_id, reader_id=reader_id)
    if not found:
        raise NotFoundError("reader_not_own", "There is no such reader of yours.", reader_id=reader_id)
    return found[0]


async def end_reader(
    connection: Connection, organisation_id: int, reader_id: int, *, actor: str, now: datetime
) -> None:
    """Revoke a reader for good; what it did offline before may still be told.

    Raises
    ------
    NotFoundError
        ``reader_not_own``.
    """
    await own_reader(connection, organisation_id, reader_id)
    await store.revoke_reader(connection, reader_id, now=now)
    await record(connection, at=now, actor=actor, action="reader.revoked", subject=f"reader/{reader_id}", facts={})


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret: it is random and long, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()


def _unknown() -> UnauthenticatedError:
    return UnauthenticatedError("reader_unknown", "There is no reader with this secret.")
