"""The session of a Sparkplug host application: clean, with its state as birth and as last will."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import mqtt5
import msgspec
import numpy as np
import numpy.typing as npt
import structlog

from core.broker_address import BrokerAddress
from core.errors import RetryableError
from ingest.arrangement import Subscription
from ingest.connection import Connection
from ingest.decode.sparkplug_metrics import BOOLEAN
from ingest.decode.sparkplug_wire import write_payload
from ingest.outage import Outage
from ingest.parcel import Parcel
from ingest.session import Session
from ingest.sparkplug.topics import NAMESPACE, command_topic, state_topic

_log = structlog.get_logger()

CLIENT_ID: Final = "ingest-sparkplug"
_JSON: Final = "application/json"
_REBIRTH: Final = "Node Control/Rebirth"


def host_subscription(group: str) -> Subscription:
    """Return what a host application receives: what edge nodes of its group publish, not what is asked of them."""
    root = f"{NAMESPACE}/{group}/".encode()
    commands = (root + b"NCMD/", root + b"DCMD/")

    def are_said(messages: Parcel) -> npt.NDArray[np.bool_]:
        said = [topic.startswith(root) and not topic.startswith(commands) for topic in messages.topics()]
        return np.array(said, np.bool_)

    return Subscription(CLIENT_ID, f"{root.decode()}#", are_said)


class HostSession(Session):
    """Keep a host application's session.

    Sparkplug wants it clean (specification 3.0, chapter 5): what edge nodes publish while it is away is not kept for
    it. It says in a retained message that it is online, and leaves a will that says offline, both with the time of
    the connection; should anybody say offline in its name meanwhile, it says online again at once.

    Parameters
    ----------
    group : str
        Group of the edge nodes.
    host : str
        Its own name.
    address, receive_maximum, receive, outage
        As of `Session`.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        group: str,
        host: str,
        receive_maximum: int,
        receive: Callable[[Parcel], None],
        outage: Outage,
    ) -> None:
        super().__init__(
            address, host_subscription(group), receive_maximum=receive_maximum, receive=receive, outage=outage
        )
        self._group = group
        self._state_topic = state_topic(host)
        self._since_ms = 0
        self._births: set[asyncio.Task[None]] = set()

    def ask_for_rebirth(self, node: str) -> None:
        """Ask an edge node to be born again; nothing while the broker is away."""
        if self._connection is not None:
            payload = write_payload(_now_ms(), name=_REBIRTH, datatype=BOOLEAN, boolean=True)
            self._connection.send(command_topic(self._group, node), payload)
            _log.info("rebirth_requested", node=node)

    def _connect_packet(self, **more: Any) -> mqtt5.ConnectPacket:
        self._since_ms = _now_ms()
        will = mqtt5.Will(
            self._state_topic,
            payload=_state(self._since_ms, online=False),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            retain=True,
            content_type=_JSON,
        )
        return super()._connect_packet(clean_start=True, session_expiry_interval=0, will=will, **more)

    async def _greet(self, connection: Connection) -> None:
        await connection.subscribe(self._state_topic, own=True)
        await self._be_born(connection, self._since_ms)

    async def _be_born(self, connection: Connection, at_ms: int) -> None:
        payload = _state(at_ms, online=True)
        await connection.publish(self._state_topic, payload, content_type=_JSON, expiry_s=None, retain=True)

    async def _insist(self, connection: Connection) -> None:
        try:
            await self._be_born(connection, _now_ms())
        except RetryableError as error:
            _log.debug("state_not_published", reason=error.message)  # the next connection publishes it anew

    def _take(self, parcel: Parcel) -> None:
        states = [message.payload for message in parcel if message.topic == self._state_topic]
        if self._connection and self.is_subscribed.is_set() and not all(map(_says_online, states)):
            _log.warning("state_contradicted", topic=self._state_topic)
            birth = asyncio.get_running_loop().create_task(self._insist(self._connection))
            self._births.add(birth)
            birth.add_done_callback(self._births.discard)
        super()._take(parcel)

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.disconnect(with_will=True)
        super()._leave()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _state(at_ms: int, *, online: bool) -> bytes:
    return msgspec.json.encode({"online": online, "timestamp": at_ms})


def _says_online(payload: bytes) -> bool:
    try:
        state = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return isinstance(state, dict) and state.get("online") is True
