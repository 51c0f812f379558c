"""The operator's part of the demo: everything is asked of the API, as a person would."""

import asyncio
import json
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from core.errors import InvariantError, NotFoundError, RetryableError

TIMEOUT_S = 30.0


class Operator:
    """Call the API with a token.

    Parameters
    ----------
    url : str
        Where the API is, without a slash at the end.
    token : str
        Bearer token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._token = token

    async def get(self, path: str) -> Any:
        """Return what a GET answers."""
        return await asyncio.to_thread(self._call, "GET", path, None)

    async def has(self, path: str) -> bool:
        """Tell whether there is something at a path (yet)."""
        try:
            await self.get(path)
        except NotFoundError:
            return False
        return True

    async def post(self, path: str, body: object = None) -> Any:
        """Return what a POST answers."""
        return await asyncio.to_thread(self._call, "POST", path, body)

    def _call(self, method: str, path: str, body: object) -> Any:
        request = Request(  # noqa: S310 - the URL is the demo's own loopback address
            self.url + quote(path, safe="/?&=:"),
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            problem = error.read().decode(errors="replace")
            if error.code == HTTPStatus.NOT_FOUND:
                raise NotFoundError("demo_nothing_there", f"{method} {path} answered: {problem}") from error
            raise InvariantError("demo_call_refused", f"{method} {path} answered {error.code}: {problem}") from error
        except OSError as error:  # urllib wraps a refused connection, but neither a late answer nor one cut short
            reason = error.reason if isinstance(error, URLError) else error
            raise RetryableError("demo_api_away", f"The API does not answer at {self.url}: {reason}.") from error
