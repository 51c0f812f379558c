"""Tokens made and signed: one for each medium and service."""

import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from core.errors import ConflictError, InputError, InvariantError, NotFoundError
from core.signature import PUBLIC_KEY_BYTES
from db import pass_tokens as store
from db.connection import Connection
from db.pass_tokens import Issuable, NewToken, RightNow
from db.status_list import list_head
from enjoy.passes.bounds import bound_after, bound_before
from enjoy.passes.listing import grow, put_off
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import signer_now
from enjoy.reader import cose
from enjoy.reader.presenting import plain_text
from enjoy.reader.status import BLOCKED
from enjoy.reader.tokens import MOST_RIGHTS, Right, Token, claims_of

#: A phone renews its tokens; what stands still in a code holds as long as the right, and no longer than this.
PHONE_LASTS: Final = timedelta(days=14)
STATIC_LASTS: Final = timedelta(days=393)
#: Path of the status list below the address of Enjoy.
STATUS_PATH: Final = "/v1/passes/status"
_DRAWS: Final = 20


@dataclass(frozen=True, slots=True)
class Issued:
    """Hold a token that was issued.

    Attributes
    ----------
    token_id : UUID
        Its number.
    token : bytes
        Signed message.
    text : str
        The same as the text of a code.
    expires_at : datetime
        Until when it holds.
    """

    token_id: UUID
    token: bytes
    text: str
    expires_at: datetime


async def issue(
    connection: Connection,
    secret: PassSecret,
    subject_id: UUID,
    medium_id: UUID,
    device_key: bytes | None,
    *,
    address: str,
    now: datetime,
) -> Issued:
    """Make the token of a holder for one service and one of their media; it takes the place of the one before.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    secret : PassSecret
        What signing keys are encrypted under.
    subject_id : UUID
        The holder as the service knows them.
    medium_id : UUID
        Phone or paper of the same holder.
    device_key : bytes or None
        Ed25519 public key of a phone, 32 bytes, made for this service alone; None: a code that stands still.
    address : str
        Address of Enjoy as readers reach it, to the end of its path.
    now : datetime
        Time.

    Raises
    ------
    NotFoundError
        ``pass_unknown`` when there is no such subject and medium of one holder.
    ConflictError
        ``pass_left``, ``pass_blocked``, ``medium_inactive`` or ``medium_without_code``.
    InputError
        ``device_key_invalid``.
    """
    issuable = await store.find_issuable(connection, subject_id, medium_id)
    if issuable is None:
        raise NotFoundError("pass_unknown", "There is no such pass for this medium.")
    _require_issuable(issuable, device_key)
    before = await store.tokens_before(connection, subject_id, medium_id, now)
    if any(one.status == BLOCKED for one in before):
        raise ConflictError("pass_blocked", "The pass is blocked until further notice.")
    rights = await store.rights_now(connection, subject_id, now)
    expires_at = _expiry(rights, device_key, now)
    signer = await signer_now(connection, secret, now, holds_until=expires_at)
    new = NewToken(uuid.uuid4(), subject_id, medium_id, 0, device_key, signer.key_id, now.date(), expires_at)
    token = Token(
        token_id=new.token_id,
        issuer=urlsplit(address).netloc,
        service=issuable.service,
        not_before=bound_before(now),
        expires_at=expires_at,
        status_index=await _stored(connection, new, now),
        status_uri=address.rstrip("/") + STATUS_PATH,
        device_key=device_key,
        rights=tuple(Right(one.number, min(one.valid_until, expires_at)) for one in rights[:MOST_RIGHTS]),
        kid=bytes.fromhex(signer.key_id),
    )
    await _replace(connection, before, now)
    message = cose.seal(signer, claims_of(token))
    return Issued(new.token_id, message, plain_text(message), expires_at)


def _require_issuable(issuable: Issuable, device_key: bytes | None) -> None:
    if issuable.has_left:
        raise ConflictError("pass_left", "The holder left this service.")
    if issuable.is_blocked:
        raise ConflictError("pass_blocked", "The pass is blocked until further notice.")
    if issuable.medium_status != "active":
        raise ConflictError("medium_inactive", "The medium is blocked or was revoked.")
    if issuable.medium_kind == "card":
        raise ConflictError("medium_without_code", "A transport card is known by its serial, and shows no code.")
    if device_key is not None and (issuable.medium_kind != "phone" or len(device_key) != PUBLIC_KEY_BYTES):
        raise InputError("device_key_invalid", "A key is a phone's, and an Ed25519 public key of 32 bytes.")


def _expiry(rights: list[RightNow], device_key: bytes | None, now: datetime) -> datetime:
    """Return when a token ends: at a bound that all share, and with the last of its rights."""
    bound = bound_after(now + (STATIC_LASTS if device_key is None else PHONE_LASTS))
    return min(bound, max((one.valid_until for one in rights), default=bound))


async def _stored(connection: Connection, token: NewToken, now: datetime) -> int:
    """Store a token at a random place of the status list, and return the place."""
    head = await list_head(connection)
    size = head.size
    for _ in range(_DRAWS):
        index = secrets.randbelow(size)
        if await store.insert_token(connection, _at(token, index)):
            return index
    await grow(connection, size, now=now)
    for _ in range(_DRAWS):
        index = size + secrets.randbelow(size)
        if await store.insert_token(connection, _at(token, index)):
            return index
    raise InvariantError("status_list_full", "No place of the status list is free.")


def _at(token: NewToken, index: int) -> NewToken:
    return replace(token, status_index=index)


async def _replace(connection: Connection, before: list[store.TokenBefore], now: datetime) -> None:
    """Revoke the tokens before: at once where there is a connection, elsewhere by night."""
    await store.replace_tokens(connection, [one.token_id for one in before])
    await put_off(connection, {one.status_index: one.is_bound for one in before}, now=now)
