"""A desk that issues tokens in a town with a pool and a library, and a reader that is told of them."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.signature import Signer, make_key
from db.connection import Connection, Role, connect
from enjoy.passes.issuing import Issued, issue
from enjoy.passes.listing import publish_due
from enjoy.passes.published import PublishedList
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import published_keys, signer_now
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Reason
from enjoy.reader.status import StatusList
from enjoy.reader.tokens import Token
from tests.enjoy.passes.town import NOON, Town, add_service
from tests.enjoy.reader.test_presenting import shown

SECRET = PassSecret(b"a secret of thirty-two characters")
ADDRESS = "https://data.lille.test/enjoy"
PHONE = Signer(make_key())
PHONE_KEY = base64.b64decode(PHONE.public_key)


@dataclass
class Desk:
    """Issue in a town, and read as a reader that fetches the list and its changes."""

    connection: Connection
    town: Town
    now: datetime = NOON
    published: PublishedList = field(default_factory=PublishedList)
    known: StatusList | None = None

    async def issue(self, subject: UUID, medium: UUID, device_key: bytes | None = None) -> Issued:
        return await issue(self.connection, SECRET, subject, medium, device_key, address=ADDRESS, now=self.now)

    async def read(self, issued: Issued) -> Presented | Reason:
        """Return what is read of a token, shown by the phone where it is a phone's."""
        keys = await published_keys(self.connection, self.now)
        seen = read_presented(issued.text, keys, self.now)
        return read_presented(shown(issued.token, self.now, PHONE), keys, self.now) if seen == "proof_missing" else seen

    async def token(self, issued: Issued) -> Token:
        seen = await self.read(issued)
        assert isinstance(seen, Presented)
        return seen.token

    async def told(self, issued: Issued) -> Reason | None:
        """Return what a reader without connection is told of a token, once it has what changed."""
        keys = await published_keys(self.connection, self.now)
        signer = await signer_now(self.connection, SECRET, self.now, holds_until=self.now + timedelta(days=7))
        to: dict[str, Any] = {"uri": ADDRESS, "now": self.now}
        if self.known is None:
            current = await self.published.current(self.connection)
            self.known = StatusList.read(self.published.list_cwt(current, signer, **to).content, keys, self.now)
        changed = await self.published.changes(self.connection, signer, self.known.version, **to)
        self.known = self.known.updated(changed.content, keys, self.now)
        return self.known.refusal(await self.token(issued))

    async def sleep(self) -> None:
        """Let a night pass."""
        self.now += timedelta(days=1)
        async with self.lend(Role.ENJOY_PASS) as connection:
            await publish_due(connection, now=self.now)

    @asynccontextmanager
    async def lend(self, role: Role) -> AsyncIterator[Connection]:
        """Lend the connection as the worker does to its jobs."""
        assert role is Role.ENJOY_PASS
        async with self.connection.transaction():
            yield self.connection


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Desk]:
    town = Town(url)
    add_service(town, "pool")
    add_service(town, "library", organisation="roubaix")
    async with await connect(url, Role.ENJOY_PASS, autocommit=True) as connection:
        yield Desk(connection, town)
