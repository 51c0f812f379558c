"""A server of the API that starts, says so, and stops when its task is cancelled."""

import asyncio
import contextlib
import functools
import gc
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn

from api.app import create_app
from api.context import Context
from api.enjoy.passes.shortest_way import ReaderProtocol, ShortestWay
from api.enjoy.telling import telling
from api.webhooks.notifying import notifying
from core.errors import ConfigurationError
from core.settings import Settings

_log = structlog.get_logger()
_GRACE_S = 3


class Server(uvicorn.Server):
    """Serve until told to stop, and end open streams then.

    Parameters
    ----------
    config : uvicorn.Config
        What to serve and how.
    context : Context
        Of the application, for its streams.
    ready : callable, optional
        Called once requests are answered.
    """

    def __init__(self, config: uvicorn.Config, context: Context, ready: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._context = context
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        gc.freeze()  # what there is now stays: to walk through it again and again is a pause of every request
        if self.started and self._ready is not None:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would otherwise hold their connections open, then stop."""
        self._context.news.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process, which cancels `run`: a stop asked for is a success."""
        yield


async def run(settings: Settings, *, database_url: str, ready: Callable[[str], None] | None = None) -> None:
    """Serve, and tell OpenADR's subscribers and Enjoy's webhooks of changes, until the task is cancelled.

    Parameters
    ----------
    settings : Settings
        `api_host` and `api_port` say where; port 0 takes a free one.
    database_url : str
        Database of the platform.
    ready : callable, optional
        Called with the address of the page once requests are answered.

    Raises
    ------
    ConfigurationError
        ``address_in_use`` when the address cannot be listened on.
    """
    listening = _listen(settings.api_host, settings.api_port)
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    app = create_app(settings, database_url=database_url)
    enjoy = app.state.enjoy.state
    way = ShortestWay(enjoy.context, enjoy.doors, enjoy.gathering)
    config = uvicorn.Config(
        app,
        http=functools.partial(ReaderProtocol, way=way),  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        ws="none",
    )
    server = Server(config, app.state.context, None if ready is None else lambda: ready(address))
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="api")
    _log.info("api listens", address=address)
    try:
        async with notifying(settings, database_url=database_url), telling(settings, database_url=database_url):
            await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise
    finally:
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        message = (
            f"The API cannot listen on {host} port {port}: {error.strerror}. Set SOMEL_API_HOST or SOMEL_API_PORT."
        )
        raise ConfigurationError("address_in_use", message, host=host, port=port) from error
    # Connections inherit it. asyncio sets it too, but not where a socket's protocol number is left out, as it is here:
    # the end of an answer would wait for the caller's acknowledgement of its beginning, which comes 40 ms later.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
