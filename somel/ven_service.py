"""Certificates of OpenADR's VENs, as the command line handles them: the database, their authority and the broker."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from core.clock import WALL_CLOCK
from db.connection import Connection
from db.openadr_certificates import VenCertificate, certificates
from edge.authority import Authority, ven_authority
from edge.vens import SignedVen, revoke_ven, revoked_vens, sign_ven
from somel.edge_service import REREAD_S, Edge, authority_folder
from somel.servers import embedded_services


@dataclass(frozen=True, slots=True)
class VenDoor:
    """What the commands about VENs' certificates act on."""

    edge: Edge

    def authority(self, now: datetime) -> Authority:
        """Return the authority of VENs."""
        return ven_authority(authority_folder(self.edge.settings), now)

    async def sign(self, ven_name: str, request: str) -> SignedVen:
        """Sign a VEN's request."""
        now = WALL_CLOCK.now()
        authority, days = self.authority(now), self.edge.settings.certificate_days
        async with await self.edge.connection() as connection:
            return await sign_ven(connection, authority, ven_name=ven_name, request=request, now=now, days=days)

    async def revoke(self, ven_name: str) -> int:
        """Revoke a VEN's certificates and end its connection; return how many there were."""
        now = WALL_CLOCK.now()
        async with await self.edge.connection() as connection:
            revoked = await revoke_ven(connection, ven_name=ven_name, now=now)
            await connection.commit()
            guarded = await self._publish_revoked(connection, now)
        if guarded:
            await asyncio.sleep(REREAD_S)
            for ven_id in sorted({ven.ven_id for ven in revoked}):
                await self.edge.evict(ven_id)
        return len(revoked)

    async def certificates(self) -> list[VenCertificate]:
        """Return certificates issued to VENs."""
        async with await self.edge.connection() as connection:
            return await certificates(connection)

    async def revoked(self) -> bytes:
        """Return the revocation list of VENs as it has to be now, in PEM."""
        now = WALL_CLOCK.now()
        async with await self.edge.connection() as connection:
            return await revoked_vens(connection, self.authority(now), now)

    async def _publish_revoked(self, connection: Connection, now: datetime) -> bool:
        """Write the list where the embedded broker reads it, if it has a door for VENs; tell whether it has."""
        broker = embedded_services(self.edge.settings).broker
        if self.edge.settings.mqtt_url or not broker.guard.is_there or broker.guard.ven_port is None:
            return False
        broker.guard.write_revoked_vens(await revoked_vens(connection, self.authority(now), now))
        broker.read_guard_again()
        return True
