"""Stands between all clients and the broker, and cuts connections in the middle of a packet."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Final

_READ_BYTES: Final = 1 << 16
_LONGEST_LENGTH: Final = 4  # bytes of MQTT's remaining length
_CONTINUES: Final = 0x80


class Framing:
    """Follow one direction of a connection, to know where its packets end."""

    def __init__(self) -> None:
        self._left = 0  # of the packet that has begun [bytes]
        self._head = b""  # of one whose length is not known yet

    def inside(self, data: bytes, at: int) -> int | None:
        """Return a number of bytes of `data`, near `at`, after which a packet is cut in two; None when there is none.

        `data` is what comes next; nothing is noted.
        """
        ends = set(Framing._copy(self).follow(data))
        places = [place for place in range(1, len(data)) if place not in ends]
        return min(places, key=lambda place: abs(place - at)) if places else None

    def follow(self, data: bytes) -> list[int]:
        """Note what was passed on; return where in it packets end."""
        ends: list[int] = []
        offset = 0
        while offset < len(data):
            if self._left:
                step = min(self._left, len(data) - offset)
                self._left -= step
                offset += step
            else:
                self._head += data[offset : offset + 1]
                offset += 1
                self._measure()
            if not self._left and not self._head:
                ends.append(offset)
        return ends

    def _measure(self) -> None:
        length = self._head[1:]
        if length and (not length[-1] & _CONTINUES or len(length) == _LONGEST_LENGTH):
            self._left = sum((byte & ~_CONTINUES) << (7 * place) for place, byte in enumerate(length))
            self._head = b""

    def _copy(self) -> "Framing":
        copy = Framing()
        copy._left, copy._head = self._left, self._head
        return copy


class Proxy:
    """Pass connections on to a broker on the loopback.

    Parameters
    ----------
    broker_port : callable
        Returns where the broker listens.
    draw : Random
        Chooses the places of the cuts.
    """

    def __init__(self, broker_port: Callable[[], int], draw: random.Random) -> None:
        self._broker_port = broker_port
        self._draw = draw
        self._condemned: set[asyncio.StreamWriter] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.cuts = 0

    async def start(self) -> int:
        """Listen on a free port and return it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        """Cut every connection that is open, each in the middle of the next packet that comes over it."""
        self._condemned |= self._open

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):  # the end of everything is no error of this connection
            await self._carry(reader, writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._broker_port())
        except OSError:
            writer.transport.abort()
            return
        self._open.add(up_writer)
        both = [
            asyncio.ensure_future(self._pass_on(reader, up_writer, up_writer)),
            asyncio.ensure_future(self._pass_on(up_reader, writer, up_writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(up_writer)
            self._condemned.discard(up_writer)
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            writer.close()
            up_writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: asyncio.StreamWriter
    ) -> None:
        framing = Framing()
        while data := await reader.read(_READ_BYTES):
            place = framing.inside(data, self._draw.randrange(len(data))) if key in self._condemned else None
            writer.write(data[:place])
            await writer.drain()
            if place is not None:
                self.cuts += 1
                return
            framing.follow(data)
