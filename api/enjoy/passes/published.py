"""What readers of passes need and anybody may have: the keys that passes are signed with, and which are revoked."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from api.context import InContext, context_of
from api.enjoy.features.answers import base_of, is_known, unchanged
from api.enjoy.operating import Passes
from core.signature import Signer
from enjoy.passes import jws
from enjoy.passes.issuing import STATUS_PATH
from enjoy.passes.published import LISTS_HOLD, PublishedList, SignedAnswer
from enjoy.passes.secret import secret_of
from enjoy.passes.signing import published_keys, signer_now
from enjoy.reader import cbor

router = APIRouter(prefix="/v1/passes", tags=["passes"])

JWK_SET: Final = "application/jwk-set+json"
COSE_KEY_SET: Final = "application/cose-key-set"
LIST_CWT: Final = "application/statuslist+cwt"
LIST_JWT: Final = "application/statuslist+jwt"
CHANGES: Final = 'application/cose; cose-type="cose-sign1"'
_HELD: Final = "public, max-age=60"
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_UNCHANGED: Final[dict[str, Any]] = {"description": "Nothing has changed since"}

Since = Annotated[int, Query(ge=0, le=2**53, description="Version of the list that the reader has")]


def enjoy_address(request: Request) -> str:
    """Return the address of Enjoy as readers and phones reach it; tokens name it."""
    return (context_of(request).settings.enjoy_url or base_of(request)).rstrip("/")


@router.get(
    "/keys",
    response_class=Response,
    responses={200: {"description": "The keys", "content": {JWK_SET: {}, COSE_KEY_SET: _BINARY}}, 304: _UNCHANGED},
)
async def get_keys(request: Request, context: InContext, connection: Passes) -> Response:
    """Return the public keys that passes are signed with, as a JWK set; as a COSE_KeySet where that is accepted.

    Several are good at a time. A key is published a week before it signs and until all that it signed has expired.
    """
    keys = await published_keys(connection, context.wall.now())
    wants_cose = _accepts(request, COSE_KEY_SET)
    content = cbor.encode(jws.cose_key_set(keys)) if wants_cose else json.dumps(jws.jwk_set(keys)).encode()
    tag = f'"{"c" if wants_cose else "j"}-{"-".join(kid.hex() for kid in keys)}"'
    return _answer(request, content, COSE_KEY_SET if wants_cose else JWK_SET, tag)


@router.get(
    "/status",
    response_class=Response,
    responses={200: {"description": "The list", "content": {LIST_CWT: _BINARY, LIST_JWT: {}}}, 304: _UNCHANGED},
)
async def get_status_list(request: Request, context: InContext, connection: Passes) -> Response:
    """Return which passes are revoked or blocked, as a Status List Token: a CWT, or a JWT where that is accepted."""
    now, uri = context.wall.now(), enjoy_address(request) + STATUS_PATH
    published = _published(request)
    current = await published.current(connection)
    signer = await _signer(request, connection)
    if _accepts(request, LIST_JWT):
        return _signed(request, published.list_jwt(current, signer, uri=uri, now=now), LIST_JWT)
    return _signed(request, published.list_cwt(current, signer, uri=uri, now=now), LIST_CWT)


@router.get(
    "/status/changes",
    response_class=Response,
    responses={200: {"description": "The changes", "content": {CHANGES: _BINARY}}, 304: _UNCHANGED},
)
async def get_status_changes(request: Request, context: InContext, connection: Passes, since: Since) -> Response:
    """Return what changed in the status list since a version, signed; also where nothing did.

    409: there is no such version yet; 410: changes that old are not kept, and the whole list has to be fetched.
    """
    uri = enjoy_address(request) + STATUS_PATH
    signer = await _signer(request, connection)
    signed = await _published(request).changes(connection, signer, since, uri=uri, now=context.wall.now())
    return _signed(request, signed, CHANGES)


async def _signer(request: Request, connection: Passes) -> Signer:
    context = context_of(request)
    now = context.wall.now()
    return await signer_now(connection, secret_of(context.settings), now, holds_until=now + LISTS_HOLD)


def _published(request: Request) -> PublishedList:
    published: PublishedList = request.app.state.published_list
    return published


def _accepts(request: Request, media_type: str) -> bool:
    return any(one.split(";")[0].strip() == media_type for one in request.headers.get("accept", "").split(","))


def _signed(request: Request, signed: SignedAnswer, media_type: str) -> Response:
    form = "j" if media_type == LIST_JWT else "c"
    return _answer(request, signed.content, media_type, f'"{form}-{signed.version}-{signed.issued_at.timestamp():.0f}"')


def _answer(request: Request, content: bytes, media_type: str, tag: str) -> Response:
    headers = {"ETag": tag, "Cache-Control": _HELD, "Vary": "Accept"}
    return unchanged(headers) if is_known(request, tag) else Response(content, media_type=media_type, headers=headers)
