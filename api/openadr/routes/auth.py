"""Tokens for clients (RFC 6749, client credentials), and where they are had."""

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote

from fastapi import Request

from api.context import InContext, Writing
from api.openadr.access import TOKEN_PATH
from api.openadr.models.auth import AuthServer, TokenAnswer
from api.openadr.models.problem import OpenadrProblem
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from core.errors import InputError, UnauthenticatedError
from db.openadr_clients import client_with_secret, create_token

router = router_of("Auth", prefix="/auth")
_SERVER_PATH: Final = "/server"
_GRANT: Final = "client_credentials"
_LONGEST: Final = 4_096
_FORM: Final = {
    "type": "object",
    "required": ["grant_type", "client_id", "client_secret"],
    "properties": {
        "grant_type": {"type": "string", "enum": [_GRANT]},
        "client_id": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
        "client_secret": {"type": "string", "minLength": 1, "maxLength": _LONGEST},
        "scope": {"type": "string", "maxLength": _LONGEST},
    },
}
_BODY: Final = {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}}}


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_id: str
    secret: str
    scope: str


@router.get(
    _SERVER_PATH,
    operation_id="getAuthServerInfo",
    response_model=AuthServer,
    responses={500: {"model": OpenadrProblem, "description": HTTPStatus.INTERNAL_SERVER_ERROR.phrase}},
)
async def show_server(request: Request, context: InContext) -> AuthServer:
    """Tell where tokens are had."""
    own = context.settings.openadr_url or str(request.url.replace(query="")).removesuffix(f"/auth{_SERVER_PATH}")
    return AuthServer(token_url=own.rstrip("/") + TOKEN_PATH)


@router.post("/token", operation_id="fetchToken", response_model=TokenAnswer, responses=refusals(), openapi_extra=_BODY)
async def fetch_token(request: Request, context: InContext, connection: Writing) -> TokenAnswer:
    """Give a client a short-lived token for what it asks for and may do."""
    asked = _read(request, dict(parse_qsl(_text(await request.body()), keep_blank_values=True)))
    client = await client_with_secret(connection, asked.client_id, asked.secret)
    if client is None:
        raise UnauthenticatedError("client_not_valid", "Client and secret do not fit, or the client was revoked.")
    wanted = asked.scope.split()
    scopes = [scope for scope in client.scopes if not wanted or scope in wanted]
    if not scopes:
        raise InputError("scope_not_granted", "The client has none of the scopes that it asks for.")
    life_s = context.settings.openadr_token_s
    token = await create_token(connection, client.client_id, scopes, life_s=life_s)
    return TokenAnswer(access_token=token, expires_in=life_s, scope=" ".join(scopes))


def _read(request: Request, form: dict[str, str]) -> _Credentials:
    """Return what a client shows, in the form or by HTTP Basic."""
    if form.get("grant_type") != _GRANT:
        raise InputError("grant_type_unknown", f"`grant_type` must be {_GRANT}.", field="grant_type")
    given = form.get("client_id", ""), form.get("client_secret", "")
    header = request.headers.get("authorization", "")
    if header.lower().startswith("basic ") and not given[1]:
        given = _basic(header)
    shown = _Credentials(*given, form.get("scope", ""))
    for name, text in (("client_id", shown.client_id), ("client_secret", shown.secret)):
        if not 1 <= len(text) <= _LONGEST or "\x00" in text:
            raise InputError("credentials_missing", f"`{name}` must have 1 to {_LONGEST:,} characters.", field=name)
    return shown


def _basic(header: str) -> tuple[str, str]:
    try:
        pair = base64.b64decode(header.partition(" ")[2], validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InputError("credentials_missing", "The Authorization header is not HTTP Basic.") from error
    client_id, _, secret = pair.partition(":")
    return unquote(client_id), unquote(secret)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InputError("form_unreadable", "The form is not UTF-8.") from error
