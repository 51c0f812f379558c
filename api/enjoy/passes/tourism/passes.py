"""A code opens a pass: how it stands with it, and a signed code for the phone that asks."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from api.context import Context, InContext
from api.enjoy.catalogue.asking import InAddresses
from api.enjoy.operating import Passes
from api.enjoy.passes.holding import Holding, HoldsCard, note_acting
from api.enjoy.passes.secret import offered_secret
from api.models.card_media import TokenMade
from api.models.tourism_sales import PassOf, PhoneShown
from enjoy.passes.tourism import opening
from enjoy.passes.tourism.opening import Found, takes_still_codes

router = APIRouter(prefix="/v1/tourism/passes", tags=["tourism"])

ClaimGiven = Annotated[
    str,
    Path(
        pattern=r"^[0-9A-Za-z -]{1,60}$", description="Code, however it is typed", examples=["7Q2KM-0ABCD-12345-VWXYZ"]
    ),
]
APPLE: Final = "apple"
GOOGLE: Final = "google"


@router.get("/{claim}")
async def get_pass(context: InContext, connection: Passes, claim: ClaimGiven) -> PassOf:
    """Tell how it stands with the pass that a code opens."""
    found = await opening.find(connection, claim, now=context.wall.now())
    offered = wallets_of(context, found)
    return PassOf(
        product=found.product.name,
        service=found.product.service,
        title=found.product.title,
        state=found.state.value,
        started_at=found.claimed.started_at,
        ends_at=found.claimed.ends_at,
        use_until=found.claimed.use_until,
        still_codes=takes_still_codes(found.product),
        apple=APPLE in offered,
        google=GOOGLE in offered,
    )


@router.post("/{claim}/tokens")
async def post_token(
    context: InContext, addresses: InAddresses, connection: Passes, claim: ClaimGiven, body: PhoneShown
) -> TokenMade:
    """Make the code of a phone, bound to its key; on another phone than before the one before ends."""
    now = context.wall.now()
    found = await opening.find(connection, claim, now=now)
    secret = offered_secret(context.settings)
    issued = await opening.phone_code(connection, secret, found, body.device_key, address=addresses.base, now=now)
    return TokenMade.of(issued, service=found.product.service, title=found.product.title)


@router.post("/{claim}/account", status_code=HTTPStatus.NO_CONTENT)
async def post_account(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, claim: ClaimGiven
) -> Response:
    """Take the pass into your card; from then on it goes with your card, and its code opens nothing."""
    now = context.wall.now()
    found = await opening.find(connection, claim, now=now)
    await opening.take(connection, found, holder.holder_id, now=now)
    await note_acting(connection, request, holder, "tourism pass", "taken into the card")
    return Response(status_code=HTTPStatus.NO_CONTENT)


def wallets_of(context: Context, found: Found) -> frozenset[str]:
    """Return which wallets are offered: those that the operator has a key for, where still codes are taken."""
    if not takes_still_codes(found.product):
        return frozenset()
    settings = context.settings
    given = {APPLE: settings.wallet_apple_certificate, GOOGLE: settings.wallet_google_account}
    return frozenset(name for name, path in given.items() if path is not None)
