"""Fairness: every request has a key that is good or none, and passes while its quota lasts; ASGI middleware."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.enjoy.buckets import WINDOW_S, Verdict
from api.enjoy.traffic import READERS, Traffic
from api.errors import answer_with_problem
from core.errors import PlatformError, UnauthenticatedError
from db.keys import ApiKey

#: Where the key of a request is kept in its scope.
_KEY: Final = "somel.enjoy_key"
#: What lies below is opened by secrets of its own, which are no keys.
_OTHER_SECRETS: Final = (*READERS, "/v1/orders/")
#: Of an IPv6 address, what one household or server has.
_HOUSEHOLD_BITS: Final = 64


class LimitRequests:
    """Refuse wrong keys and requests beyond a quota, say what is left of it, and count what was answered.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    traffic : Traffic
        What is known of others.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app, self._traffic = app, traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        key, refused = await self._key_of(scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        verdicts = self._traffic.judge(key, address_of(scope), scope["method"], path)
        spent = [verdict for verdict in verdicts if not verdict.is_allowed]
        error: Exception | None = _spent(spent) if spent else refused
        scope[_KEY] = key
        status, sent_bytes = int(HTTPStatus.INTERNAL_SERVER_ERROR), 0

        async def telling(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                if verdicts:
                    MutableHeaders(scope=message).update(headers_of(verdicts))
            else:
                sent_bytes += len(message.get("body", b""))
            await send(message)

        try:
            if error is None:
                await self._app(scope, receive, telling)
            else:
                answer = await answer_with_problem(Request(scope), error)
                await answer(scope, receive, telling)
        finally:
            api_key_id = 0 if key is None else key.api_key_id
            self._traffic.usage.add(datetime.now(UTC), api_key_id, scope, status, sent_bytes)

    async def _key_of(self, scope: Scope) -> tuple[ApiKey | None, PlatformError | None]:
        header = Headers(scope=scope).get("authorization")
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if header is None or path.startswith(_OTHER_SECRETS):
            return None, None
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            return None, UnauthenticatedError("token_malformed", "The Authorization header must be `Bearer <token>`.")
        try:
            found = await self._traffic.keyring.find(secret.strip())
        except PlatformError as error:
            return None, error
        if found is None:
            return None, UnauthenticatedError(
                "key_not_valid", "The key is not valid: it is unknown, expired or revoked."
            )
        return found, None


def key_in(scope: Scope) -> ApiKey | None:
    """Return the key that a request was sent with, which is good, or None."""
    found: ApiKey | None = scope[_KEY]
    return found


def address_of(scope: Scope) -> str:
    """Return whom a stranger's requests are counted for: an IPv4 address, or the network of an IPv6 one."""
    client = scope.get("client")
    try:
        found = ip_address(client[0] if client else "")
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(int(found) >> _HOUSEHOLD_BITS)
    return str(found)


def headers_of(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """Return the fields RateLimit and RateLimit-Policy [1]_, and when to come again where the quota is spent.

    References
    ----------
    .. [1] IETF, draft-ietf-httpapi-ratelimit-headers-10.
    """
    headers = {
        "RateLimit-Policy": ", ".join(f'"{one.policy.name}";q={one.policy.quota};w={WINDOW_S}' for one in verdicts),
        "RateLimit": ", ".join(f'"{one.policy.name}";r={one.remaining};t={one.full_in_s}' for one in verdicts),
    }
    waits = [one.again_in_s for one in verdicts if not one.is_allowed]
    return headers | ({"Retry-After": str(max(waits))} if waits else {})


def _spent(spent: Sequence[Verdict]) -> HTTPException:
    named = " and ".join(f"{one.policy.quota:,} requests a minute ({one.policy.name})" for one in spent)
    return HTTPException(HTTPStatus.TOO_MANY_REQUESTS, f"The quota is spent: {named}. See Retry-After.")
