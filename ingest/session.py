"""A persistent MQTT 5 session: kept connected, through lost connections and broker restarts."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final

import mqtt5
import structlog

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK, Clock
from core.errors import RetryableError
from ingest.arrangement import Subscription
from ingest.backoff import BackOff
from ingest.connection import Connection
from ingest.outage import Outage
from ingest.parcel import Parcel
from ingest.wire import PACKET_BYTES, Reply

_log = structlog.get_logger()

_KEEP_ALIVE_S: Final = 30
_CONNECT_WITHIN_S: Final = 10.0
#: A connection that is lost sooner does not shorten the wait before the next. [s]
_STEADY_S: Final = 5.0
#: How long the broker keeps a session, and queues for it, while no worker is connected. [s]
SESSION_EXPIRY_S: Final = 7 * 86_400


class Session:
    """Keep one subscription's session connected and hand over what it receives.

    Parameters
    ----------
    address : BrokerAddress
        Where the broker is.
    subscription : Subscription
        Name of the session and what it receives.
    receive_maximum : int
        Messages the broker may send before the first is acknowledged.
    receive : callable
        Is given the messages of each read, in their order; it must not block.
    outage : Outage
        Is told when the broker is away.
    clock : Clock
        Stamps what is received.
    """

    def __init__(
        self,
        address: BrokerAddress,
        subscription: Subscription,
        *,
        receive_maximum: int,
        receive: Callable[[Parcel], None],
        outage: Outage,
        clock: Clock = WALL_CLOCK,
    ) -> None:
        self.subscription = subscription
        self.is_subscribed = asyncio.Event()
        self._address = address
        self._tls = address.tls()
        self._receive_maximum = receive_maximum
        self._receive = receive
        self._outage = outage
        self._clock = clock
        self._connection: Connection | None = None
        self._paused = False
        self._log = _log.bind(session=subscription.client_id)

    async def run(self) -> None:
        """Connect, and connect again, until cancelled.

        Raises
        ------
        ConfigurationError
            When the broker will never let us in as we are.
        """
        back_off, loop = BackOff(), asyncio.get_running_loop()
        while True:
            try:
                connection, subscribing = await self._connect()
                since_s = loop.time()
                reason = f"Connection lost: {await self._stay(connection, subscribing)}."
                if loop.time() - since_s >= _STEADY_S:
                    back_off.reset()
            except (RetryableError, OSError, TimeoutError) as error:
                reason = why(error)
            finally:
                self._leave()
            wait_s = back_off.next_s()
            self._outage.notice(self.subscription.client_id, reason)
            self._log.debug("broker_lost", reason=reason, retry_in_s=round(wait_s, 2))
            await asyncio.sleep(wait_s)

    async def publish(
        self, topic: str, payload: bytes, *, content_type: str, expiry_s: int, reply: Reply | None = None
    ) -> int:
        """Publish at QoS 1 and return the broker's reason code.

        Raises
        ------
        RetryableError
            ``broker_unavailable``.
        """
        if self._connection is None:
            raise RetryableError("broker_unavailable", "The broker cannot be reached now.")
        return await self._connection.publish(topic, payload, content_type=content_type, expiry_s=expiry_s, reply=reply)

    def tell(self, words: Sequence[tuple[str, bytes]], *, content_type: str) -> None:
        """Publish topics with their payloads at QoS 0; nothing while there is no connection."""
        if self._connection is not None:
            self._connection.send_all(words, content_type=content_type)

    def pause(self, *, paused: bool) -> None:
        """Stop reading, or go on; holds for later connections too, once they are open."""
        self._paused = paused
        if self._connection is not None and self.is_subscribed.is_set():  # else the broker's answers would not be read
            self._connection.pause(paused=paused)

    async def _connect(self) -> tuple[Connection, asyncio.Task[None]]:
        """Return a connection that receives, and its subscription, which may still be waiting for its answer.

        A session that the broker kept is subscribed already, and what waited in it comes before that answer: then
        nothing is read beyond the limit while we wait for it.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_WITHIN_S):
            transport, connection = await loop.create_connection(
                lambda: Connection(self._take), self._address.host, self._address.port, ssl=self._tls
            )
            self._connection = connection
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = await connection.open(self._connect_packet())
            subscribing = asyncio.create_task(self._subscribe(connection))
            subscribing.add_done_callback(lambda task: task.cancelled() or task.exception())  # `_stay` tells of it
            if not answer.session_present:
                await subscribing
            await self._greet(connection)
        connection.pause(paused=self._paused)
        self.is_subscribed.set()
        self._outage.end(self.subscription.client_id)
        self._log.info("broker_connected", session_present=answer.session_present)
        return connection, subscribing

    async def _subscribe(self, connection: Connection) -> None:
        await connection.subscribe(self.subscription.topic_filter)

    async def _greet(self, connection: Connection) -> None:
        """Do what else belongs to a new connection; nothing for a persistent session."""

    def _connect_packet(self, **more: Any) -> mqtt5.ConnectPacket:
        password = self._address.password
        persistent = {"clean_start": False, "session_expiry_interval": SESSION_EXPIRY_S}
        return mqtt5.ConnectPacket(
            self.subscription.client_id,
            username=self._address.username,
            password=None if password is None else password.encode(),
            keep_alive=_KEEP_ALIVE_S,
            receive_max=self._receive_maximum,
            max_packet_size=PACKET_BYTES,
            **(persistent | more),
        )

    async def _stay(self, connection: Connection, subscribing: asyncio.Task[None]) -> str:
        loop = asyncio.get_running_loop()
        news: set[asyncio.Future[Any]] = {connection.lost, subscribing}
        while not connection.lost.done():
            await asyncio.wait(news, timeout=_KEEP_ALIVE_S / 2, return_when=asyncio.FIRST_COMPLETED)
            if subscribing in news and subscribing.done() and not connection.lost.done():
                subscribing.result()  # the broker may have refused it
                news.discard(subscribing)
                continue
            if not connection.is_paused and loop.time() - connection.last_read_s > 1.5 * _KEEP_ALIVE_S:
                connection.close("the broker is silent")
            elif not connection.lost.done():
                connection.ping()
        return connection.lost.result()

    def _leave(self) -> None:
        self.is_subscribed.clear()
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None

    def _take(self, parcel: Parcel) -> None:
        parcel.stamp(int(self._clock.now().timestamp()))
        mine = self.subscription.claims(parcel)
        if not mine.all():
            parcel.only(~mine).acknowledge()
            parcel = parcel.only(mine)
        if len(parcel):
            self._receive(parcel)


def why(error: Exception) -> str:
    """Return in an operator's words why the broker was not reached."""
    if isinstance(error, RetryableError):
        return error.message
    if isinstance(error, ConnectionRefusedError):
        return "Nobody listens there."
    if isinstance(error, socket.gaierror):
        return "The name of its host is not known."
    if isinstance(error, TimeoutError):
        return f"No answer within {_CONNECT_WITHIN_S:.0f} s."
    return str(error) or type(error).__name__
