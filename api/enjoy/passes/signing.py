"""What holders sign in by: made, checked and counted; no connection is held while a secret is hashed."""

from uuid import UUID

from pydantic import SecretStr

from api.context import Context
from api.enjoy.signing_in import slowly
from core.errors import UnauthenticatedError
from db import holders as store
from db.connection import borrow
from db.holders import SignIn, WayIn
from enjoy.passes.recovery import make_recovery_code, read_recovery_code
from enjoy.passphrases import NOBODY, check_passphrase, hash_passphrase, is_right


async def new_way_in(email: str | None, passphrase: SecretStr | None) -> tuple[WayIn, str | None]:
    """Return a way in, and the recovery code where it is one.

    Raises
    ------
    InputError
        ``passphrase_weak``.
    """
    if email is not None and passphrase is not None:
        secret = passphrase.get_secret_value()
        check_passphrase(secret, email)
        return WayIn(await slowly(lambda: hash_passphrase(secret)), email=email), None
    code = make_recovery_code()
    return WayIn(await slowly(lambda: hash_passphrase(code.secret)), handle=code.handle), code.text


async def checked_address(context: Context, email: str, passphrase: SecretStr) -> UUID:
    """Return who signs in by address and passphrase.

    Raises
    ------
    UnauthenticatedError
        ``card_sign_in_refused``.
    """
    async with borrow(context.passes) as connection:
        found = await store.find_sign_in(connection, now=context.wall.now(), email=email)
    return await _checked(context, found, passphrase.get_secret_value())


async def checked_code(context: Context, code: SecretStr) -> UUID:
    """Return who signs in by a recovery code.

    Raises
    ------
    InputError
        ``code_mistyped``.
    UnauthenticatedError
        ``card_sign_in_refused``.
    """
    read = read_recovery_code(code.get_secret_value())
    async with borrow(context.passes) as connection:
        found = await store.find_sign_in(connection, now=context.wall.now(), handle=read.handle)
    return await _checked(context, found, read.secret)


async def check_again(context: Context, holder: store.HolderRow, old: SecretStr) -> None:
    """Let holders show once more that it is them, before something that cannot be undone.

    Raises
    ------
    InputError
        ``code_mistyped``.
    UnauthenticatedError
        ``card_sign_in_refused``.
    """
    if holder.kind == "anonymous":
        found_id = await checked_code(context, old)
    else:
        async with borrow(context.passes) as connection:
            found = await store.find_sign_in(connection, now=context.wall.now(), holder_id=holder.holder_id)
        found_id = await _checked(context, found, old.get_secret_value())
    if found_id != holder.holder_id:
        raise _refused()


async def _checked(context: Context, found: SignIn | None, secret: str) -> UUID:
    """Return whose secret it is; wrong ones are counted, whatever becomes of the request."""
    kept = NOBODY if found is None or found.is_closed else found.passphrase
    right = await slowly(lambda: is_right(secret, kept))
    if found is None or found.is_closed:
        raise _refused()
    async with borrow(context.passes) as connection:
        await store.note_attempt(connection, found.holder_id, is_right=right, now=context.wall.now())
    if not right:
        raise _refused()
    return found.holder_id


def _refused() -> UnauthenticatedError:
    message = "That is not right, or too many wrong ones were tried: look again, and wait a little."
    return UnauthenticatedError("card_sign_in_refused", message)
