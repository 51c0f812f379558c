"""Answers of any length: sent as they are made, ended at once when nobody reads them, and never ended as if whole."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

import structlog
from fastapi import Response
from starlette.types import Receive, Scope, Send

from core.errors import PlatformError, RetryableError

Blocks = AsyncGenerator[bytes, None]

#: A reader that takes nothing for so long has gone; until then it holds a connection to the database. [s]
PATIENCE_S: Final = 60.0
#: The quickest: networks wait for the processor otherwise.
_LEVEL: Final = 1
_GZIP: Final = 16 + zlib.MAX_WBITS

_log = structlog.get_logger()


class Download(Response):
    """Send blocks while they are made.

    Parameters
    ----------
    blocks : async generator of bytes
        Closed when the reader has gone. An error in it breaks the transfer off: the answer has no end, and the server
        closes the connection, which every client tells from an answer that is whole.
    headers : mapping
        Of the answer.
    media_type : str
        What it is.
    patience_s : float
        How long a reader may take nothing.
    """

    def __init__(
        self, blocks: Blocks, *, headers: Mapping[str, str], media_type: str, patience_s: float = PATIENCE_S
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["Content-Length"]
        self._blocks = blocks
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or as much as there is and the reader waits for."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        except PlatformError as error:  # its status is sent already: it can no longer be told as a problem
            _log.warning("download broken off", path=scope.get("path"), code=error.code, said=error.message)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._blocks) as blocks:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for block in blocks:
                await self._pass(send, block)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pass(self, send: Send, block: bytes) -> None:
        sending = asyncio.ensure_future(send({"type": "http.response.body", "body": block, "more_body": True}))
        try:
            await asyncio.wait_for(sending, self._patience_s)
        except TimeoutError as error:
            message = f"The reader took nothing for {self._patience_s:.0f} s."
            raise RetryableError("reader_gone", message) from error


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def begun(blocks: Blocks) -> Blocks:
    """Make the first block now, so that an error in it is still told as a problem document; return all of them."""
    first = await anext(blocks, b"")

    async def whole() -> Blocks:
        async with aclosing(blocks):
            yield first
            async for block in blocks:
                yield block

    return whole()


def takes_gzip(accepted: str) -> bool:
    """Tell whether an ``Accept-Encoding`` takes gzip."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


async def gzipped(blocks: Blocks) -> Blocks:
    """Compress blocks one by one, each in a thread beside those who wait."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    async with aclosing(blocks):
        async for block in blocks:
            packed = await asyncio.to_thread(packer.compress, block)
            if packed:
                yield packed
    yield packer.flush()
