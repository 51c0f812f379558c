"""A short way for the route that is asked most: past packing, mounts and routers, which take longer than to judge."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.enjoy.passes.validations import post_validation
from api.errors import answer_with_problem

_ADDRESS: Final = "/enjoy/v1/reader/validations"


class ShortWay:
    """Answer presentations; whatever else is asked goes on; ASGI middleware.

    Parameters
    ----------
    app : ASGIApp
        What answers the rest.
    enjoy : ASGIApp
        Application whose state the route needs.
    """

    def __init__(self, app: ASGIApp, enjoy: ASGIApp) -> None:
        self._app, self._enjoy = app, enjoy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http" or scope["path"] != _ADDRESS or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request({**scope, "app": self._enjoy}, receive)
        try:
            answer = await post_validation(request)
        except Exception as error:  # noqa: BLE001 - as the application does with whatever goes wrong
            answer = await answer_with_problem(request, error)
        scope["route"] = _Route

        async def for_others(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = "*"
            await send(message)

        await answer(scope, receive, for_others)


class _Route:
    """The template of the route, for metrics."""

    path = _ADDRESS
