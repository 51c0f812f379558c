"""Where a callback may be: a public address over HTTPS, looked up once, so that what was checked is what is called."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from core.errors import InputError, RetryableError
from core.public_addresses import is_public

_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback's URL, read.

    Attributes
    ----------
    host : str
        Name or address, as certificates have it.
    port : int
        TCP port.
    target : str
        Path and query, as they stand in a request.
    is_tls : bool
        Whether it is HTTPS.
    """

    host: str
    port: int
    target: str
    is_tls: bool

    @property
    def authority(self) -> str:
        """Host, and port where it is not the usual one, as the header ``Host`` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.is_tls else "http"] else f"{host}:{self.port}"

    def asking(self, query: str) -> "Callback":
        """Return the same with one more parameter in its query."""
        joint = "&" if "?" in self.target else "?"
        return Callback(self.host, self.port, f"{self.target}{joint}{query}", self.is_tls)


def read_callback(url: str, *, is_development: bool = False) -> Callback:
    """Read the URL of a callback.

    Parameters
    ----------
    url : str
        As the subscriber gave it.
    is_development : bool
        Take plain HTTP too.

    Raises
    ------
    InputError
        ``callback_unfit``.
    """
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise _unfit("it has characters that belong to no URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _unfit("it cannot be read") from error
    fault = _fault(parts, {"https", "http"} if is_development else {"https"})
    if fault:
        raise _unfit(fault)
    query = f"?{parts.query}" if parts.query else ""
    return Callback(
        parts.hostname or "", port or _PORTS[parts.scheme], (parts.path or "/") + query, parts.scheme == "https"
    )


def _fault(parts: SplitResult, schemes: Iterable[str]) -> str:
    faults = (
        (parts.scheme not in schemes, "it has to begin with https://"),
        (not parts.hostname, "it names no host"),
        (parts.username is not None or parts.password is not None, "it must not hold a user or a password"),
        (bool(parts.fragment), "it must not have a fragment"),
    )
    return next((text for applies, text in faults if applies), "")


async def resolve(callback: Callback, *, is_development: bool = False, threads: Executor | None = None) -> list[str]:
    """Return the addresses of a callback's host.

    Parameters
    ----------
    callback : Callback
        Where to.
    is_development : bool
        Take addresses that are not public, too.
    threads : Executor, optional
        Where to wait for the answer, so that a name server that takes its time holds nobody else up.

    Raises
    ------
    InputError
        ``callback_not_public`` when any of the addresses is not: who mixes them means no good.
    RetryableError
        ``callback_unreachable`` when the name is not known now.
    """
    wanted = (callback.host, callback.port, socket.AF_UNSPEC, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found = await asyncio.get_running_loop().run_in_executor(threads, socket.getaddrinfo, *wanted)
    except (OSError, UnicodeError) as error:
        raise RetryableError("callback_unreachable", "The callback's host is not known.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not is_development and not all(map(is_public, addresses)):
        raise InputError("callback_not_public", "The callback's host is not at a public address.")
    return addresses


def _unfit(why: str) -> InputError:
    return InputError("callback_unfit", f"The callback's URL cannot be used: {why}.")
