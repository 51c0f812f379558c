"""The keys that passes are signed with: published before they sign, and until all that they signed expired."""

from datetime import datetime, timedelta
from typing import Final

from core.errors import InvariantError, NotFoundError
from core.signature import Signer, key_id, make_key, public_key_of, signer_of
from db import pass_keys as store
from db.audit import record
from db.connection import Connection
from db.pass_keys import NewSigningKey, SigningKey
from enjoy.passes.listing import list_anew
from enjoy.passes.secret import PassSecret

#: How long one key signs.
SIGNS_FOR: Final = timedelta(days=90)
#: How long readers have a key before it signs: longer than the oldest list that a service may let its readers have.
PUBLISHED_BEFORE: Final = timedelta(days=8)
#: How names of keys look in the audit log.
_SUBJECT: Final = "pass-key"


async def published_keys(connection: Connection, now: datetime) -> dict[bytes, str]:
    """Return the keys that readers believe now: public keys in base64 by identifier (8 bytes)."""
    return {bytes.fromhex(key.kid): key.public_key for key in await store.published_keys(connection, now)}


async def signer_now(connection: Connection, secret: PassSecret, now: datetime, *, holds_until: datetime) -> Signer:
    """Return what signs now; the first key is made where there is none.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    secret : PassSecret
        What keys are encrypted under.
    now : datetime
        Time.
    holds_until : datetime
        When what is signed expires: the key is published until then.

    Raises
    ------
    InputError
        ``key_unreadable`` when the key is under another secret.
    """
    key = await store.private_key_now(connection, now)
    if key is None:
        await store.hold_keys(connection)
        key = await store.private_key_now(connection, now)
    if key is None:  # while somebody else made it, or nobody did
        await _make(connection, secret, now, signs_from=now)
        key = await store.private_key_now(connection, now)
    if key is None:
        raise InvariantError("row_not_stored", "A key was stored and not returned.")
    await store.need_key_until(connection, key.kid, holds_until)
    return signer_of(key.private_key, secret.passphrase)


async def keep_keys(connection: Connection, secret: PassSecret, now: datetime) -> str | None:
    """Make the next key when it is time to publish it; return its identifier, or None where nothing is due."""
    await store.hold_keys(connection)
    usable = [key for key in await store.signing_keys(connection) if key.revoked_at is None and key.signs_until > now]
    last = max((key.signs_until for key in usable), default=now)
    if last > now + PUBLISHED_BEFORE:
        return None
    return await _make(connection, secret, now, signs_from=last)


async def rotate(connection: Connection, secret: PassSecret, now: datetime, *, is_at_once: bool = False) -> str:
    """Make a key that takes over from the others, as soon as readers have it or at once; return its identifier.

    Notes
    -----
    At once, readers that have no connection refuse what it signs until they learn of it.
    """
    await store.hold_keys(connection)
    signs_from = now if is_at_once else now + PUBLISHED_BEFORE
    kid = await _make(connection, secret, now, signs_from=signs_from)
    await store.end_signing(connection, signs_from, but=kid)
    return kid


async def revoke_key(connection: Connection, secret: PassSecret, kid: str, *, actor: str, now: datetime) -> int:
    """Believe nothing any more that a key signed, which leaked; return how many tokens are lost with it.

    Raises
    ------
    NotFoundError
        ``signing_key_unknown``.
    """
    await store.hold_keys(connection)
    if not await store.revoke_signing_key(connection, kid, now):
        raise NotFoundError("signing_key_unknown", f"There is no key {kid} that is not revoked.")
    if await store.private_key_now(connection, now) is None:
        await _make(connection, secret, now, signs_from=now)
    lost = await list_anew(connection, kid, now=now)
    subject, facts = f"{_SUBJECT}/{kid}", {"tokens": lost}
    await record(connection, at=now, actor=actor, action="pass_key.revoked", subject=subject, facts=facts)
    return lost


async def keys_known(connection: Connection) -> list[SigningKey]:
    """Return all keys, in the order in which they sign."""
    return await store.signing_keys(connection)


async def _make(connection: Connection, secret: PassSecret, now: datetime, *, signs_from: datetime) -> str:
    private_key = make_key(secret.passphrase)
    public_key = public_key_of(private_key, secret.passphrase)
    kid = key_id(public_key)
    new = NewSigningKey(kid, public_key, private_key, now, signs_from, signs_from + SIGNS_FOR)
    await store.insert_signing_key(connection, new)
    facts = {"signs_from": signs_from, "signs_until": new.signs_until}
    subject = f"{_SUBJECT}/{kid}"
    await record(connection, at=now, actor="process/enjoy", action="pass_key.made", subject=subject, facts=facts)
    return kid
