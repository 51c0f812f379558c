"""Bodies that are too large."""

import re
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer_with_problem

LARGEST_BODY: Final = 64 * 1024
_MIB: Final = 1024 * 1024
#: Reports of OpenADR clients hold the intervals of many resources; records come by the thousands, and files whole.
_LARGEST_AT: Final = (
    (re.compile(r"/openadr3/.*"), _MIB),
    (re.compile(r"/enjoy/v1/datasets/[^/]+/records"), 8 * _MIB),
    (re.compile(r"/enjoy/v1/reader/log"), 4 * _MIB),
    (re.compile(r"/enjoy/v1/datasets/[^/]+/uploads"), 256 * _MIB),
)


class LimitBodies:
    """Refuse bodies of more bytes than a path takes, mostly `LARGEST_BODY`, with a problem document; ASGI middleware.

    A body whose length is announced is refused before it is read, another one where it passes the limit.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = next((size for path, size in _LARGEST_AT if path.fullmatch(scope["path"])), LARGEST_BODY)
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > largest:
            answer = await answer_with_problem(Request(scope, receive), _too_large(largest))
            await answer(scope, receive, send)
            return
        read = 0

        async def counting() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > largest:
                raise _too_large(largest)
            return message

        await self._app(scope, counting, send)


def _too_large(largest: int) -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have {largest:,} bytes.")
