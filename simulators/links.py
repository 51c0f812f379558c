"""The connections of a whole fleet: one per gateway, and what each says over it."""

import asyncio
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import structlog
from numpy.typing import NDArray

from core.broker_address import BrokerAddress
from core.identifiers import Topic
from core.slots import SLOT_S
from simulators.counts import Counts
from simulators.fleet import Fleet
from simulators.last_will import LastWill
from simulators.loss import Loss
from simulators.messages import (
    CBOR,
    JSON,
    Block,
    encode_batch,
    encode_json,
    encode_live,
    energy_registers,
    flexibility_event,
    meta,
    power_register,
    state,
)
from simulators.session import GatewaySession

log = structlog.get_logger()

FIRMWARE_VERSION: Final = "1.0.0"
HARDWARE: Final = "somel-simulated"
_CONNECTING_AT_ONCE: Final = 256
_FIRST_WORD_S: float = 3.0
_PATIENCE_S: float = 30.0  # for the first connection; later ones are tried for ever


class FleetLinks:
    """Hold a session for each gateway of a fleet.

    Parameters
    ----------
    fleet : Fleet
        The fleet.
    broker : BrokerAddress
        Where to connect.
    counts : Counts
        What is counted.
    on_command : callable, optional
        Called with the gateway's index and a command's payload; None: commands are not subscribed to.
    on_online : callable, optional
        Called with the gateway's index after each connection.
    on_firmware : callable, optional
        Called with the gateway's index and the payload of an offer of firmware; None: they are not subscribed to.
    loss : Loss, optional
        Which messages get lost between gateways and broker; None: none.
    """

    def __init__(
        self,
        fleet: Fleet,
        broker: BrokerAddress,
        counts: Counts,
        *,
        on_command: Callable[[int, bytes], None] | None = None,
        on_online: Callable[[int], None] | None = None,
        on_firmware: Callable[[int, bytes], None] | None = None,
        loss: Loss | None = None,
    ) -> None:
        self.fleet, self.counts = fleet, counts
        self.firmware_version = [FIRMWARE_VERSION] * len(fleet.network.gateways)
        self._resources = _resources_by_gateway(fleet)
        self._sessions = [
            GatewaySession(
                gateway.name,
                broker,
                counts,
                will=LastWill(self._topic(index, "state"), encode_json(state("offline")), JSON) if on_online else None,
                stored_topic=self._topic(index, "stored"),
                command_topic=self._topic(index, "command") if on_command else None,
                on_command=partial(on_command, index) if on_command else None,
                on_online=partial(on_online, index) if on_online else None,
                on_topic={self._topic(index, "firmware"): partial(on_firmware, index)} if on_firmware else None,
                loss=loss,
            )
            for index, gateway in enumerate(fleet.network.gateways)
        ]

    async def __aenter__(self) -> Self:
        room = asyncio.Semaphore(_CONNECTING_AT_ONCE)

        async def connect(session: GatewaySession) -> None:
            async with room:
                await session.__aenter__()
                await session.connected(_PATIENCE_S)

        outcomes = await asyncio.gather(*map(connect, self._sessions), return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        if failures:
            await self._close()
            raise failures[0]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        await asyncio.gather(*(session.close() for session in self._sessions))  # one may take its time to connect

    def attached(self, gateway: int) -> frozenset[str]:
        """Return the names of a gateway's resources."""
        return frozenset(str(resource["resource"]) for resource in self._resources[gateway])

    async def drained(self) -> None:
        """Wait until everything is acknowledged and, where a platform speaks, stored."""
        for session in self._sessions:
            await session.drained()

    async def spoken_to(self) -> None:
        """Give the platform a moment to say its first word about what it has stored, if there is one."""
        if not any(await asyncio.gather(*(session.spoken_to(_FIRST_WORD_S) for session in self._sessions))):
            log.warning("nobody_stores", note="No platform says what it has stored: the broker alone has the messages.")

    async def batch(
        self, gateway: int, first_s: int, import_wh: NDArray[np.int32], export_wh: NDArray[np.int32]
    ) -> None:
        """Publish the interval values of a gateway's meters.

        Parameters
        ----------
        gateway : int
            Index of the gateway.
        first_s : int
            Start of the first slot, UTC epoch. [s]
        import_wh, export_wh : ndarray, shape (usage_point, slot), int32
            Values of the whole fleet. [Wh]
        """
        fleet = self.fleet
        blocks = [
            Block(
                fleet.meters[point],
                first_s,
                SLOT_S,
                energy_registers(import_wh[point], export_wh[point] if fleet.exports[point] else None),
            )
            for point in fleet.points_of(gateway)
        ]
        values = sum(len(column) for block in blocks for column in block.registers.values())
        sequence = self._next(gateway)
        await self._send(gateway, "batch", encode_batch(sequence, blocks), CBOR, values=values, sequence=sequence)

    async def snapshot(self, gateway: int, at_s: int, power_w: NDArray[np.float64]) -> None:
        """Publish the power of a gateway's meters at an instant.

        Parameters
        ----------
        gateway : int
            Index of the gateway.
        at_s : int
            Instant, UTC epoch. [s]
        power_w : ndarray, shape (usage_point,), float64
            Power of the whole fleet. [W]
        """
        points = self.fleet.points_of(gateway)
        meters = self.fleet.meters[points.start : points.stop]
        registers = power_register(power_w[points.start : points.stop])
        sequence = self._next(gateway)
        payload = encode_live(sequence, at_s, meters, registers)
        await self._send(gateway, "live", payload, CBOR, values=len(meters), sequence=sequence)

    async def announce(self, gateway: int, at_s: int, wanted: list[tuple[str, int, int, int, int]]) -> None:
        """Publish what resources need, as :func:`simulators.messages.flexibility_event` takes it."""
        sequence = self._next(gateway)
        await self._send_json(gateway, "event", flexibility_event(sequence, at_s, wanted), sequence=sequence)
        self.counts.events_published += len(wanted)

    async def answer(self, gateway: int, answer: dict[str, object]) -> None:
        """Publish the answer to a command."""
        sequence = self._next(gateway)
        await self._send_json(gateway, "answer", {"sequence": sequence, **answer}, sequence=sequence)

    async def report_update(self, gateway: int, told: dict[str, object]) -> None:
        """Publish what came of an offer of firmware."""
        sequence = self._next(gateway)
        await self._send_json(gateway, "update", {"sequence": sequence, **told}, sequence=sequence)

    async def introduce(self, gateway: int, at_s: int) -> None:
        """Publish, retained, what is attached to a gateway and that it is online."""
        points, name = self.fleet.points_of(gateway), self.fleet.network.gateways[gateway].name
        meters = self.fleet.meters[points.start : points.stop]
        described = meta(name, self.firmware_version[gateway], meters, self._resources[gateway], hardware=HARDWARE)
        await self._send_json(gateway, "meta", described, retain=True)
        await self._send_json(gateway, "state", state("online", at_s, self.firmware_version[gateway]), retain=True)

    async def leave(self, gateway: int, at_s: int) -> None:
        """Publish, retained, that a gateway goes offline on purpose."""
        await self._send_json(gateway, "state", state("offline", at_s, self.firmware_version[gateway]), retain=True)

    async def _send_json(
        self, gateway: int, kind: str, message: dict[str, object], *, retain: bool = False, sequence: int | None = None
    ) -> None:
        await self._send(gateway, kind, encode_json(message), JSON, retain=retain, sequence=sequence)

    async def _send(
        self,
        gateway: int,
        kind: str,
        payload: bytes,
        content_type: str,
        *,
        values: int = 0,
        retain: bool = False,
        sequence: int | None = None,
    ) -> None:
        topic = self._topic(gateway, kind)
        await self._sessions[gateway].publish(
            topic, payload, content_type, values=values, retain=retain, sequence=sequence
        )

    def _topic(self, gateway: int, kind: str) -> str:
        described = self.fleet.network.gateways[gateway]
        return str(Topic(described.shard, described.name, kind))

    def _next(self, gateway: int) -> int:
        self.fleet.sequence[gateway] += 1
        return int(self.fleet.sequence[gateway])


def _resources_by_gateway(fleet: Fleet) -> list[list[dict[str, Any]]]:
    """Return each gateway's resources as ``meta`` names them."""
    place = {gateway.name: index for index, gateway in enumerate(fleet.network.gateways)}
    resources: list[list[dict[str, Any]]] = [[] for _ in place]
    for device in fleet.network.end_devices:
        if device.rated_power_w is not None:
            described = {"resource": device.name, "kind": device.kind, "rated_power_w": device.rated_power_w}
            resources[place[device.gateway_name]].append(described)
    return resources
