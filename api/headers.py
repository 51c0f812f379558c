"""Headers that tell browsers to be strict."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STRICT: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: The API explorer (swagger-ui) writes style attributes into its page.
_EXPLORER: Final = _STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
EXPLORER_PATH: Final = "/docs"
#: The page of passes works without a net, and for that alone there is a worker.
PHONE_PATH: Final = "/enjoy/pass"
#: The page that reads codes looks through a camera and decodes with WebAssembly that comes from here.
READER_PATH: Final = "/enjoy/desk/reader"
_POLICIES: Final = {
    EXPLORER_PATH: _EXPLORER,
    PHONE_PATH: _STRICT.replace("worker-src 'none'", "worker-src 'self'"),
    READER_PATH: _STRICT.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"),
}
_WITH_CAMERA: Final = "camera=(self), geolocation=(), microphone=()"
#: What lies below is opened by tokens.
_BY_TOKEN: Final = (
    "/v1/",
    "/openadr3/",
    *(f"/enjoy/v1/{noun}" for noun in ("account", "invitations", "keys", "members", "session", "usage", "webhooks")),
    *(f"/enjoy/v1/{noun}" for noun in ("card", "desk", "reader", "readers", "services")),
    *(
        f"/enjoy/v1/tourism/{noun}"
        for noun in ("agreements", "passes", "payment", "products", "sales", "services", "settlements")
    ),
    "/enjoy/tourism/passes/",
    *(f"/enjoy/v1/{noun}" for noun in ("listings", "merchant", "orders")),
)

#: What lies below is for programs of others, in browsers as well.
_FOR_OTHERS: Final = "/enjoy/"

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class StrictHeaders:
    """Add security headers to every answer; an ASGI middleware.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                given = strict_headers(scope["path"])
                kept = given.pop("Cache-Control")
                headers.update(given)
                headers.setdefault("Cache-Control", kept)
            await send(message)

        await self._app(scope, receive, adding)


def strict_headers(path: str) -> dict[str, str]:
    """Return what an answer at a path has to say; of caching, unless it says something itself."""
    headers = dict(_ALWAYS)
    if path.startswith(_FOR_OTHERS):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    headers["Content-Security-Policy"] = _POLICIES.get(path, _STRICT)
    if path == READER_PATH:
        headers["Permissions-Policy"] = _WITH_CAMERA
    # What a token opens must not be found in a cache later; the page's own files may be asked about again.
    headers["Cache-Control"] = "no-store" if path.startswith(_BY_TOKEN) else "no-cache"
    return headers
