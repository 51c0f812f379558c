"""Identities of gateways, as the command line handles them: the database, the authority and the broker together."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK
from core.errors import ConfigurationError
from core.settings import Settings
from db import edge as store
from db.connection import Connection, Role, connect
from db.edge import EdgeEvent, EdgeGateway, IssuedCertificate
from edge.authority import CHAIN, Authority
from edge.enrolment import Enrolled, enrol, make_code, revoke
from somel.embedded.places import Places
from somel.servers import embedded_services, servers


def authority_folder(settings: Settings) -> Path:
    """Return where the issuing authority is kept."""
    return settings.edge_dir or Places.from_environment().state / "edge"


@dataclass(frozen=True, slots=True)
class Edge:
    """What the commands about gateways' identities act on."""

    settings: Settings
    database_url: str
    mqtt_url: str

    @classmethod
    def in_use(cls, settings: Settings) -> "Edge":
        """Return the servers in use, started where they are embedded."""
        used = servers(settings)
        return cls(settings, used.database_url, used.mqtt_url)

    async def connection(self) -> Connection:
        """Return a connection of the owner."""
        return await connect(self.database_url, Role.OWNER)

    async def quarantine(self, gateway: str, reason: str) -> None:
        """Keep a gateway out, and end its connection."""
        async with await self.connection() as connection:
            await store.quarantine(connection, gateway, reason=reason, at=WALL_CLOCK.now())
            await connection.commit()
            await self.publish_revoked(connection)
        await self.evict(gateway)

    async def release(self, gateway: str) -> bool:
        """Let a gateway in again; tell whether it was kept out."""
        async with await self.connection() as connection:
            was_kept_out = await store.release(connection, gateway)
            await connection.commit()
            await self.publish_revoked(connection)
        return was_kept_out

    async def quarantined(self) -> list[EdgeGateway]:
        """Return who is kept out."""
        async with await self.connection() as connection:
            return await store.quarantined(connection)

    async def make_code(self, gateway: str, hours: int) -> str:
        """Make a gateway's one-time code."""
        async with await self.connection() as connection:
            return await make_code(connection, gateway, now=WALL_CLOCK.now(), hours=hours)

    async def sign(self, gateway: str, code: str, request: str) -> Enrolled:
        """Enrol a gateway from here, as the API does for one that can reach it."""
        now = WALL_CLOCK.now()
        authority = Authority.open(authority_folder(self.settings), now)
        async with await self.connection() as connection:
            return await enrol(
                connection,
                authority,
                gateway_name=gateway,
                code=code,
                request=request,
                now=now,
                days=self.settings.certificate_days,
            )

    async def revoke(self, gateway: str, reason: str) -> int:
        """Revoke a gateway's certificates, keep it out and end its connection; return how many there were."""
        async with await self.connection() as connection:
            count = await revoke(connection, gateway, reason=reason, now=WALL_CLOCK.now())
            await connection.commit()
            await self.publish_revoked(connection)
        await self.evict(gateway)
        return count

    async def certificates(self, gateway: str | None) -> list[IssuedCertificate]:
        """Return certificates issued."""
        async with await self.connection() as connection:
            return await store.certificates(connection, gateway)

    async def events(self, gateway: str | None, limit: int) -> list[EdgeEvent]:
        """Return what was done and attempted, the newest first."""
        async with await self.connection() as connection:
            return await store.edge_events(connection, gateway, limit=limit)

    async def publish_revoked(self, connection: Connection) -> bool:
        """Write the revocation list where the embedded broker reads it, if it is guarded; tell whether it is."""
        folder, now = authority_folder(self.settings), WALL_CLOCK.now()
        if not (folder / CHAIN).exists():
            return False
        revoked = await self.revoked(connection, now)
        broker = embedded_services(self.settings).broker
        if not broker.guard.is_there or self.settings.mqtt_url:
            return False
        broker.guard.write_revoked(revoked)
        broker.read_guard_again()
        return True

    async def revoked(self, connection: Connection, now: datetime) -> bytes:
        """Return the revocation list as it has to be now, in PEM."""
        authority = Authority.open(authority_folder(self.settings), now)
        return authority.revocation_list(await store.kept_out(connection, at=now), now)

    async def evict(self, gateway: str) -> None:
        """End a gateway's connection, which outlives its certificate; without a guard it would only come back."""
        broker = embedded_services(self.settings).broker
        if self.settings.mqtt_url or not broker.guard.is_there:
            return
        from ingest.eviction import evict  # noqa: PLC0415 - kernels come with it, a second that other commands save

        await asyncio.sleep(REREAD_S)  # else it could be back before the broker has read the list
        await evict(BrokerAddress.parse(self.mqtt_url), gateway)


#: What Mosquitto takes at most to act on a signal. [s]
REREAD_S = 0.5


def read_text(path: Path) -> str:
    """Return the text of a file that an operator named.

    Raises
    ------
    ConfigurationError
        ``pki_file_unreadable``.
    """
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("pki_file_unreadable", f"{path} cannot be read: {error}.") from error
