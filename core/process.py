"""The one supervisor: runs a process until a signal; whatever goes wrong becomes a log line and an exit code."""

import asyncio
import atexit
import gc
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from pydantic import SecretStr

from core.errors import ConfigurationError, InvariantError, PlatformError
from core.logs import configure_logs
from core.memory import return_freed_memory
from core.settings import Settings, read_settings

_log = structlog.get_logger()


def run_process(name: str, work: Callable[[Settings], Coroutine[Any, Any, None]]) -> int:
    """Read the settings, set up the logs and `run_until_stopped`: for a process started without the command line.

    Parameters
    ----------
    name : str
        Name of the process, for its log.
    work : callable
        Makes the coroutine to run from the settings.
    """

    def start() -> Coroutine[Any, Any, None]:
        return_freed_memory()
        configure_logs()  # for what is wrong with the settings themselves
        settings = read_settings()
        configure_logs(settings)
        return work(settings)

    return run_until_stopped(name, start)


def run_until_stopped(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run `work` until it ends, or SIGINT or SIGTERM cancels it; return the exit code.

    Parameters
    ----------
    name : str
        Name of the process, for its log.
    work : callable
        Makes the coroutine to run.

    Returns
    -------
    int
        0 when it ended by itself or by a signal, else the exit code of the error.
    """
    atexit.register(gc.freeze)  # else the interpreter walks through all that compilers left, a second or more
    try:
        asyncio.run(_until_signal(work()))
    except PlatformError as error:
        _log.error("stopped", process=name, code=error.code, reason=error.message, **error.context)
        return error.exit_code
    except Exception:  # noqa: BLE001 - whatever it was, the operator gets a log line and a code
        _log.exception("failed", process=name)
        return InvariantError.exit_code
    return 0


def named(url: SecretStr | None, setting: str) -> str:
    """Return the URL of a server, for a process that was started without the command line.

    Raises
    ------
    ConfigurationError
        ``server_not_named`` when it is not set.
    """
    if not url:
        raise ConfigurationError(
            "server_not_named", f"Set {setting}, or use the `somel` command, which knows the embedded servers."
        )
    return url.get_secret_value()


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
