"""Where a server of a stranger may be: read from a URL, looked up once, so that what was checked is what is called."""

import asyncio
import socket
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from core.errors import PlatformError
from core.public_addresses import is_public

_PORTS: Final = {"https": 443, "http": 80}
HTTP_AND_HTTPS: Final = frozenset(_PORTS)


@dataclass(frozen=True, slots=True)
class Faults:
    """Make the errors that whoever calls tells: each has words and codes of its own.

    Attributes
    ----------
    unfit : callable
        Of why a URL cannot be used.
    not_public : callable
        The host is not at a public address.
    unreachable : callable
        Of why nothing came that can be used; it may pass.
    too_long : callable
        The answer has more bytes than so many.
    """

    unfit: Callable[[str], PlatformError]
    not_public: Callable[[], PlatformError]
    unreachable: Callable[[str], PlatformError]
    too_long: Callable[[int], PlatformError]


@dataclass(frozen=True, slots=True)
class Address:
    """A URL, read.

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

    def asking(self, query: str) -> "Address":
        """Return the same with one more parameter in its query."""
        joint = "&" if "?" in self.target else "?"
        return Address(self.host, self.port, f"{self.target}{joint}{query}", self.is_tls)


def read_address(url: str, faults: Faults, *, schemes: Collection[str]) -> Address:
    """Read a URL that a stranger gave.

    Parameters
    ----------
    url : str
        As it was given.
    faults : Faults
        What is told where it is `Faults.unfit`.
    schemes : collection of str
        Of http and https, those that may be.
    """
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise faults.unfit("it has characters that belong to no URL")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise faults.unfit("it cannot be read") from error
    if fault := _fault(parts, schemes):
        raise faults.unfit(fault)
    query = f"?{parts.query}" if parts.query else ""
    target = (parts.path or "/") + query
    return Address(parts.hostname or "", port or _PORTS[parts.scheme], target, parts.scheme == "https")


def _fault(parts: SplitResult, schemes: Collection[str]) -> str:
    begins = " or ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
    faults = (
        (parts.scheme not in schemes, f"it has to begin with {begins}"),
        (not parts.hostname, "it names no host"),
        (parts.port == 0, "nothing listens at its port"),
        (parts.username is not None or parts.password is not None, "it must not hold a user or a password"),
        (bool(parts.fragment), "it must not have a fragment"),
    )
    return next((text for applies, text in faults if applies), "")


async def resolve(
    address: Address, faults: Faults, *, may_be_private: bool = False, threads: Executor | None = None
) -> list[str]:
    """Return the IP addresses of a host.

    Parameters
    ----------
    address : Address
        Where to.
    faults : Faults
        What is told where any of them is not public, for who mixes them means no good, or the name not known now.
    may_be_private : bool
        Take addresses that are not public, too.
    threads : Executor, optional
        Where to wait for the answer, so that a name server that takes its time holds nobody else up.
    """
    wanted = (address.host, address.port, socket.AF_UNSPEC, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found = await asyncio.get_running_loop().run_in_executor(threads, socket.getaddrinfo, *wanted)
    except (OSError, UnicodeError) as error:
        raise faults.unreachable("its host is not known") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not may_be_private and not all(map(is_public, addresses)):
        raise faults.not_public()
    return addresses
