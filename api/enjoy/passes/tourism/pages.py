"""The page that a code opens: what the pass is for, and ways to carry it: on the phone, in a wallet, on paper."""

import json
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.context import InContext, context_of
from api.enjoy.catalogue.asking import InAddresses, addresses_of
from api.enjoy.catalogue.rendering import render, said_by
from api.enjoy.catalogue.words_tourism import TOURISM_SAID
from api.enjoy.catalogue.writing import language_of
from api.enjoy.operating import Passes
from api.enjoy.passes.secret import offered_secret
from api.enjoy.passes.tourism.passes import APPLE, GOOGLE, ClaimGiven, wallets_of
from api.enjoy.passes.tourism.sales import page_of_claim
from core.errors import NotFoundError
from db.connection import Connection
from db.tourism_products import open_venues, products
from enjoy.passes.codes import code_of
from enjoy.passes.tourism import opening
from enjoy.passes.tourism.opening import Found, State, StillOn
from enjoy.passes.tourism.selling import is_on_sale
from enjoy.passes.tourism.using import LILLE
from enjoy.passes.wallets.apple import MEDIA_TYPE, apple_signer, pkpass, require_valid
from enjoy.passes.wallets.google import google_account, save_link
from enjoy.passes.wallets.shown import Shown

router = APIRouter(prefix="/tourism", include_in_schema=False)

_HOUR_S: Final = 3_600
_CAN_BE_SHOWN: Final = (State.READY, State.BEGUN)
ClaimTyped = Annotated[str, Query(max_length=60)]


@router.get("")
async def get_products_page(request: Request, context: InContext, connection: Passes) -> Response:
    """Show the passes that are sold, and a field for the code of one."""
    now, venues = context.wall.now(), await open_venues(connection)
    sold = [one for one in await products(connection) if is_on_sale(one, now)]
    return render(request, "tourism", products=sold, venues=venues, price=_price(language_of(request)))


@router.get("/passes")
async def get_typed(addresses: InAddresses, claim: ClaimTyped = "") -> Response:
    """Go to the page of the pass whose code was typed."""
    typed = "".join(sign for sign in claim.upper() if sign.isascii() and sign.isalnum())
    return RedirectResponse(page_of_claim(addresses.base, typed) if typed else f"{addresses.base}/tourism", 303)


@router.get("/passes/{claim}")
async def get_pass_page(request: Request, context: InContext, connection: Passes, claim: ClaimGiven) -> Response:
    """Show what a pass opens and how long, and how it can be carried."""
    found = await opening.find(connection, claim, now=context.wall.now())
    return _page(request, found, claim)


@router.post("/passes/{claim}/paper")
async def post_paper(request: Request, context: InContext, connection: Passes, claim: ClaimGiven) -> Response:
    """Show a code to print; one that was printed before ends."""
    found = await opening.find(connection, claim, now=context.wall.now())
    _, shown = await _made(request, connection, found, claim, "Papier")
    return _page(request, found, claim, code=code_of(shown.code, error="M").svg())


@router.get("/passes/{claim}/apple.pkpass")
async def get_apple(request: Request, context: InContext, connection: Passes, claim: ClaimGiven) -> Response:
    """Give the pass as Apple Wallet takes it; the one that was given before ends."""
    now = context.wall.now()
    found = await opening.find(connection, claim, now=now)
    signer = apple_signer(context.settings)
    if signer is None:
        raise _not_offered("Apple Wallet")
    require_valid(signer, now)
    _, shown = await _made(request, connection, found, claim, "Apple Wallet")
    headers = {"Content-Disposition": f'attachment; filename="{found.product.name}.pkpass"'}
    return Response(pkpass(shown, signer), media_type=MEDIA_TYPE, headers=headers)


@router.get("/passes/{claim}/google")
async def get_google(request: Request, context: InContext, connection: Passes, claim: ClaimGiven) -> Response:
    """Go to Google Wallet with the pass; the one that was given before ends."""
    now = context.wall.now()
    found = await opening.find(connection, claim, now=now)
    account = google_account(context.settings)
    if account is None:
        raise _not_offered("Google Wallet")
    serial, shown = await _made(request, connection, found, claim, "Google Wallet")
    # Google keeps what it has of an object that it knows: each code is another one.
    return RedirectResponse(save_link(shown, account, serial=serial, product=found.product.name, now=now), 303)


def _not_offered(wallet: str) -> NotFoundError:
    return NotFoundError("wallet_not_offered", f"{wallet} is not offered here: its operator has set no key for it.")


async def _made(request: Request, connection: Connection, found: Found, claim: str, on: StillOn) -> tuple[str, Shown]:
    """Make a code for a wallet or paper; return its own number, and what is shown with it."""
    context, base = context_of(request), addresses_of(request).base
    now, product = context.wall.now(), found.product
    secret = offered_secret(context.settings)
    issued, medium_id = await opening.still_code(connection, secret, found, on, address=base, now=now)
    begins_at, ends_at = opening.bounds(found, now)
    shown = Shown(
        serial=medium_id.hex,
        code=issued.text,
        issuer=product.organisation_title,
        title_fr=product.title,
        title_en=product.title_en,
        lead_fr=product.description,
        lead_en=product.description_en,
        duration_h=product.duration_s // _HOUR_S,
        starts_at_first_use=product.starts_at_first_use,
        begins_at=begins_at,
        expires_at=min(issued.expires_at, ends_at),
        use_until=found.claimed.use_until,
        venues=tuple(one.title for one in found.venues),
        entries=product.max_entries_per_venue,
        address=page_of_claim(base, claim),
    )
    return issued.token_id.hex, shown


def _page(request: Request, found: Found, claim: str, *, code: str | None = None) -> Response:
    language = language_of(request)
    offered = wallets_of(context_of(request), found)
    said = said_by(request, TOURISM_SAID)
    return render(
        request,
        "tourism_pass",
        found=found,
        claim=claim,
        can_be_shown=found.state in _CAN_BE_SHOWN,
        still_codes=opening.takes_still_codes(found.product),
        has_apple=APPLE in offered,
        has_google=GOOGLE in offered,
        code=code,
        said=json.dumps(said),
        local=_local(language),
        price=_price(language),
    )


def _local(language: str) -> object:
    """Return what writes a time as it is on the wall in Lille."""
    form = "%d/%m/%Y à %H:%M" if language == "fr" else "%d %b %Y, %H:%M"

    def local(at: datetime) -> str:
        return at.astimezone(LILLE).strftime(form)

    return local


def _price(language: str) -> object:
    """Return what writes an amount in cents."""

    def price(cents: int) -> str:
        amount = f"{cents // 100}.{cents % 100:02}"
        return f"{amount.replace('.', ',')} €" if language == "fr" else f"€{amount}"

    return price
