"""One look at a source: conditional, few redirects, each of them as carefully as the first."""

import asyncio
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

from core.errors import InputError, RetryableError
from outward.addresses import HTTP_AND_HTTPS, Address, Faults, read_address, resolve
from outward.exchange import Answer, Asked, Headers, exchange

#: Of an answer no more is read. [bytes]
MOST_BYTES: Final = 32 * 1024 * 1024
#: Remembered of all answers together, so that what has not changed need not be sent again. [bytes]
_MOST_REMEMBERED: Final = 64 * 1024 * 1024
_WITHIN_S: Final = 20.0
_MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WANTED: Final = (("Accept", "application/json, */*;q=0.5"), ("Accept-Encoding", "identity"))
_VALIDATORS: Final = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """Hold what a source says, and whether it says something else than when it was last asked."""

    body: bytes
    is_new: bool


def _unfit(why: str) -> InputError:
    return InputError("source_unfit", f"The source cannot be used: {why}.")


def _unreachable(why: str) -> RetryableError:
    return RetryableError("source_unreachable", f"The source did not answer: {why[:200]}.")


def _too_long(most_bytes: int) -> RetryableError:
    return RetryableError("source_answer", f"The source's answer has more than {most_bytes:,} bytes.")


_FAULTS: Final = Faults(_unfit, lambda: _unfit("its host is not at a public address"), _unreachable, _too_long)


def read_url(url: str) -> Address:
    """Read the address of a source.

    Raises
    ------
    InputError
        ``source_unfit``.
    """
    return read_address(url, _FAULTS, schemes=HTTP_AND_HTTPS)


class Fetcher:
    """Ask sources, and remember what they said for as long as it is the same.

    Parameters
    ----------
    is_development : bool, default False
        Whether sources may be at addresses that are not public.
    """

    def __init__(self, *, is_development: bool = False) -> None:
        self._is_development = is_development
        self._tls = ssl.create_default_context()
        self._remembered: OrderedDict[str, tuple[dict[str, str], bytes]] = OrderedDict()

    async def fetch(self, url: str) -> Fetched:
        """Return what a source says now.

        Raises
        ------
        InputError
            ``source_unfit``: the URL, or one that it redirects to, cannot be used.
        RetryableError
            ``source_unreachable`` or ``source_answer``.
        """
        known = self._remembered.get(url)
        conditions = [] if known is None else list(known[0].items())
        try:
            async with asyncio.timeout(_WITHIN_S):
                answer = await self._followed(url, (*_WANTED, *conditions))
        except TimeoutError as error:
            raise _unreachable(f"no answer within {_WITHIN_S:.0f} s") from error
        if answer.status == HTTPStatus.NOT_MODIFIED and known is not None:
            self._remembered.move_to_end(url)
            return Fetched(known[1], is_new=False)
        if answer.status != HTTPStatus.OK:
            raise RetryableError("source_answer", f"The source answered {answer.status}.", status=answer.status)
        self._remember(url, answer)
        return Fetched(answer.body, is_new=known is None or known[1] != answer.body)

    def forget(self, url: str) -> None:
        """Forget what a source said: it could not be stored."""
        self._remembered.pop(url, None)

    def _remember(self, url: str, answer: Answer) -> None:
        conditions = {asks: answer.headers[told] for told, asks in _VALIDATORS.items() if told in answer.headers}
        self._remembered[url] = (conditions, answer.body)
        self._remembered.move_to_end(url)
        while sum(len(body) for _, body in self._remembered.values()) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _followed(self, url: str, headers: Headers) -> Answer:
        asked = Asked("GET", headers, most_bytes=MOST_BYTES, is_cut=False)
        for _ in range(_MOST_REDIRECTS + 1):
            address = read_url(url)
            addresses = await resolve(address, _FAULTS, may_be_private=self._is_development)
            answer = await exchange(
                address, addresses, asked, _FAULTS, tls=self._tls, may_be_private=self._is_development
            )
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = urljoin(url, answer.headers["location"])
        raise RetryableError("source_answer", "The source redirects too often.")
