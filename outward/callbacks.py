"""The door to subscribers' servers: a callback proves that it wants to be called before it is, then it is posted to."""

import asyncio
import hmac
import re
import secrets
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http import HTTPStatus
from typing import Final

from core.errors import InputError, RetryableError
from outward.addresses import Address, resolve
from outward.callback_addresses import FAULTS, read_callback, unreachable
from outward.exchange import Answer, Asked, Headers, exchange
from outward.signing import authorization

#: For one exchange as a whole, as OpenADR 3.1 advises (10 to 30 s). [s]
TIMEOUT_S: Final = 10.0
#: Of an answer to an echo no more is looked at. [bytes]
MOST_BYTES: Final = 4_096
_ECHO_BYTES: Final = 24
#: Names that are looked up at the same time.
_LOOK_UPS: Final = 24
#: What may stand in a header (RFC 9110).
_SENDABLE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")


class Callbacks:
    """Call subscribers' servers.

    Parameters
    ----------
    is_development : bool, default False
        Take plain HTTP and private addresses too, which lets subscribers reach into our own network.
    timeout_s : float, default 10
        For one exchange as a whole. [s]
    tls : SSLContext, optional
        Whom to believe; whom the system believes, by default.
    """

    def __init__(
        self, *, is_development: bool = False, timeout_s: float = TIMEOUT_S, tls: ssl.SSLContext | None = None
    ) -> None:
        self._is_development, self._timeout_s = is_development, timeout_s
        self._tls = tls or ssl.create_default_context()
        self._threads = ThreadPoolExecutor(_LOOK_UPS, "look-up")

    async def check(self, url: str, bearer_token: str | None = None) -> None:
        """Ask a callback to repeat a random word, which shows that it is there and wants to be called.

        Parameters
        ----------
        url : str
            Of the callback, as the subscriber gave it.
        bearer_token : str, optional
            What the callback knows us by.

        Raises
        ------
        InputError
            ``callback_unfit``, ``callback_not_public`` or ``callback_unproven``: the subscription must not exist.
        """
        if bearer_token is not None and not _SENDABLE.fullmatch(bearer_token):
            raise InputError("callback_unfit", "The callback's bearer token cannot stand in a header.")
        word = secrets.token_urlsafe(_ECHO_BYTES)
        try:
            answer = await self._ask(url, Asked("GET", authorization(bearer_token), most_bytes=MOST_BYTES), echo=word)
        except RetryableError as error:
            raise InputError("callback_unproven", error.message) from error
        if answer.status != HTTPStatus.OK:
            raise InputError(
                "callback_unproven", f"The callback answered the echo check with {answer.status}, not 200."
            )
        if not any(hmac.compare_digest(found, word.encode()) for found in _words(answer.body, len(word))):
            raise InputError("callback_unproven", "The callback did not repeat the value of `echo` in its answer.")

    async def check_address(self, url: str) -> None:
        """Look whether a callback is where it may be, without a call.

        Raises
        ------
        InputError
            ``callback_unfit``, ``callback_not_public``, or ``callback_unproven`` where its host is not known.
        """
        callback = read_callback(url, is_development=self._is_development)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._resolved(callback)
        except (RetryableError, TimeoutError) as error:
            raise InputError("callback_unproven", "The callback's host is not known.") from error

    async def post(self, url: str, headers: Headers, body: bytes, *, content_type: str = "application/json") -> int:
        """Post JSON to a callback and return the status of its answer.

        Raises
        ------
        InputError
            ``callback_unfit`` or ``callback_not_public``: it is no longer where it may be.
        RetryableError
            ``callback_unreachable``.
        """
        typed = [("Content-Type", content_type), *headers]
        return (await self._ask(url, Asked("POST", typed, body))).status

    async def _ask(self, url: str, asked: Asked, *, echo: str = "") -> Answer:
        callback = read_callback(url, is_development=self._is_development)
        if echo:
            callback = callback.asking(f"echo={echo}")
        try:
            async with asyncio.timeout(self._timeout_s):
                addresses = await self._resolved(callback)
                return await exchange(
                    callback, addresses, asked, FAULTS, tls=self._tls, may_be_private=self._is_development
                )
        except TimeoutError as error:
            raise unreachable(f"nothing came within {self._timeout_s:g} s") from error

    async def _resolved(self, callback: Address) -> list[str]:
        return await resolve(callback, FAULTS, may_be_private=self._is_development, threads=self._threads)


def _words(body: bytes, length: int) -> Sequence[bytes]:
    """Return the words of an answer that are as long as what was asked for: text, or a string in JSON."""
    return [word for word in re.findall(rb"[A-Za-z0-9_-]+", body) if len(word) == length]


@cache
def callbacks(*, is_development: bool) -> Callbacks:
    """Return the door of this process; whom the system believes is read once."""
    return Callbacks(is_development=is_development)


async def check_callback(url: str, bearer_token: str | None = None, *, is_development: bool = False) -> None:
    """Check a callback before its subscription is stored; errors are those of `Callbacks.check`."""
    await callbacks(is_development=is_development).check(url, bearer_token)
