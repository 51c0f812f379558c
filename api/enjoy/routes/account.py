"""Accounts: signing up, in and out; a passphrase that changes; being forgotten."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import require_same_origin
from api.context import Context, InContext
from api.enjoy.catalogue.rendering import render, said_by
from api.enjoy.catalogue.words_account import SAID_BY_SCRIPT
from api.enjoy.cookies import drop_secret, set_secret
from api.enjoy.signing_in import (
    COOKIE,
    Accounts,
    Known,
    Person,
    actor_of,
    slowly,
)
from api.models.account import AccountOf, Confirmed, Credentials, MembershipOf, NewPassphrase, SessionOf
from core.errors import UnauthenticatedError
from db import accounts as store
from db.accounts import Account
from db.connection import Connection, borrow
from enjoy.accounts import change_member, scopes_of
from enjoy.passphrases import NOBODY, check_passphrase, hash_passphrase, is_right

router = APIRouter(tags=["accounts"])
page = APIRouter(include_in_schema=False)

_LASTS: Final = timedelta(days=14)


async def _told(connection: Connection, account_id: int, email: str) -> AccountOf:
    belonging = [
        MembershipOf(
            organisation=one.organisation,
            title=one.title,
            kind=one.kind,
            role=one.role,
            scopes=sorted(scopes_of(one)),
        )
        for one in await store.memberships(connection, account_id)
    ]
    return AccountOf(account_id=account_id, email=email, organisations=belonging)


async def _checked(context: Context, passphrase: str, *, email: str) -> Account:
    """Return the account when the passphrase is right; wrong ones are counted, whatever becomes of the request.

    No connection is held while a passphrase is hashed.
    """
    async with borrow(context.accounts) as connection:
        account = await store.find_account(connection, email)
    kept = NOBODY if account is None or account.is_closed else account.passphrase
    right = await slowly(lambda: is_right(passphrase, kept))
    if account is not None and not account.is_closed:
        async with borrow(context.accounts) as connection:
            await store.note_attempt(connection, account.account_id, is_right=right)
    if account is None or account.is_closed or not right:
        message = "Address and passphrase do not go together, or too many wrong ones were tried: wait a little."
        raise UnauthenticatedError("sign_in_refused", message)
    return account


@page.get("/account")
async def get_page(request: Request) -> HTMLResponse:
    """Give the page of accounts and keys."""
    return render(request, "account", said=said_by(request, SAID_BY_SCRIPT))


@router.post("/v1/account", status_code=HTTPStatus.CREATED)
async def sign_up(request: Request, response: Response, context: InContext, body: Credentials) -> AccountOf:
    """Sign up: an account, and an organisation of your own whose keys read what is open. You are signed in then."""
    require_same_origin(request)
    passphrase = body.passphrase.get_secret_value()
    check_passphrase(passphrase, body.email)
    kept = await slowly(lambda: hash_passphrase(passphrase))
    async with borrow(context.accounts) as connection:
        made = await store.insert_account(connection, body.email, kept)
        secret = await store.begin_session(connection, made, lasts=_LASTS)
        told = await _told(connection, made, body.email)
    set_secret(request, response, COOKIE, secret, lasts=_LASTS)
    return told


@router.get("/v1/account")
async def get_account(connection: Accounts, person: Person) -> AccountOf:
    """Tell who is signed in, and what they belong to."""
    return await _told(connection, person.account_id, person.email)


@router.put("/v1/account/passphrase", status_code=HTTPStatus.NO_CONTENT)
async def put_passphrase(context: InContext, person: Person, body: NewPassphrase) -> Response:
    """Change the passphrase; all browsers are signed out, this one too."""
    await _checked(context, body.old.get_secret_value(), email=person.email)
    passphrase = body.new.get_secret_value()
    check_passphrase(passphrase, person.email)
    kept = await slowly(lambda: hash_passphrase(passphrase))
    async with borrow(context.accounts) as connection:
        await store.change_passphrase(connection, person.account_id, kept)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/v1/account/erasure", status_code=HTTPStatus.NO_CONTENT)
async def post_erasure(context: InContext, person: Person, body: Confirmed) -> Response:
    """Be forgotten: address and passphrase are erased, keys of your own are revoked, you belong to nothing any more."""
    await _checked(context, body.passphrase.get_secret_value(), email=person.email)
    actor, now = actor_of(person), context.clock.now()
    async with borrow(context.accounts) as connection:
        for one in await store.memberships(connection, person.account_id):
            if one.kind != "developer":
                await change_member(connection, one, person.account_id, None, actor=actor, now=now)
        await store.erase_account(connection, person.account_id)
    context.traffic.keyring.forget()
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/v1/session")
async def get_session(found: Known) -> SessionOf:
    """Tell whether the browser is signed in."""
    return SessionOf(signed_in=found is not None, email=None if found is None else found.email)


@router.post("/v1/session")
async def sign_in(request: Request, response: Response, context: InContext, body: Credentials) -> SessionOf:
    """Sign in: a cookie holds the session from now on."""
    require_same_origin(request)
    account = await _checked(context, body.passphrase.get_secret_value(), email=body.email)
    async with borrow(context.accounts) as connection:
        secret = await store.begin_session(connection, account.account_id, lasts=_LASTS)
    set_secret(request, response, COOKIE, secret, lasts=_LASTS)
    return SessionOf(signed_in=True, email=account.email)


@router.delete("/v1/session")
async def sign_out(request: Request, response: Response, connection: Accounts) -> SessionOf:
    """Sign out: the session ends here and in the cookie."""
    require_same_origin(request)
    await store.end_session(connection, request.cookies.get(COOKIE, ""))
    drop_secret(request, response, COOKIE)
    return SessionOf(signed_in=False)
