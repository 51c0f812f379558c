"""A code of a sale opens a pass: it gets a holder without a name, and signed codes for a phone, a wallet or paper."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, TypeAlias
from uuid import UUID

from core.errors import ConflictError, ForbiddenError, GoneError, NotFoundError
from db import tourism_products
from db import tourism_sales as store
from db.connection import Connection
from db.holders import hold_holder
from db.pass_tokens import Whose
from db.tourism_products import OpenVenue, Product
from db.tourism_sales import ClaimedPass
from enjoy.passes.issuing import Issued, issue
from enjoy.passes.listing import set_statuses
from enjoy.passes.secret import PassSecret
from enjoy.passes.tourism.claims import hash_of_claim
from enjoy.passes.tourism.using import LILLE
from enjoy.reader.status import REVOKED

#: What holds a code that stands still, as its holder reads it among their media.
StillOn: TypeAlias = Literal["Apple Wallet", "Google Wallet", "Papier"]
_LONGEST_CLAIM: Final = 60
#: The right holds from a little before, for readers whose clock is behind.
_CLOCKS: Final = timedelta(minutes=10)


class State(StrEnum):
    """How it stands with a pass."""

    READY = "ready"
    EARLY = "early"
    BEGUN = "begun"
    OVER = "over"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    IN_ACCOUNT = "in_account"


_REFUSALS: Final = {
    State.EARLY: ConflictError("sold_pass_early", "The pass is shown from the time on that was chosen for it."),
    State.OVER: GoneError("sold_pass_over", "The pass is over."),
    State.LAPSED: GoneError("sold_pass_lapsed", "The pass was not begun in time."),
    State.CANCELLED: GoneError("sold_pass_cancelled", "The pass was taken back, or not paid in time."),
    State.UNPAID: ConflictError("sold_pass_unpaid", "The pass is not paid yet."),
    State.IN_ACCOUNT: ConflictError("sold_pass_taken", "The pass is in a card account: it is shown from there."),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Hold what a code of a sale opens, and how it stands with it."""

    claimed: ClaimedPass
    product: Product
    venues: list[OpenVenue]
    state: State


async def find(connection: Connection, claim: str, *, now: datetime) -> Found:
    """Return what a code opens, held until the transaction ends.

    Raises
    ------
    NotFoundError
        ``claim_unknown``.
    """
    claimed = None if len(claim) > _LONGEST_CLAIM else await store.claimed_pass(connection, hash_of_claim(claim))
    if claimed is None:
        raise NotFoundError("claim_unknown", "No pass has this code: compare it with what you were given.")
    product = (await tourism_products.products(connection, product_id=claimed.product_id))[0]
    venues = await tourism_products.open_venues(connection, product_id=product.product_id)
    return Found(claimed, product, venues, await _state(connection, claimed, now))


async def _state(connection: Connection, claimed: ClaimedPass, now: datetime) -> State:
    state = _sold_state(claimed) or _state_by_time(claimed, now)
    if state in (State.READY, State.BEGUN) and claimed.subject_id is not None:
        holder = await store.holder_of_pass(connection, claimed.subject_id)
        if holder is not None and not holder.is_of_pass_alone:
            return State.IN_ACCOUNT
    return state


def _sold_state(claimed: ClaimedPass) -> State | None:
    if claimed.cancelled_at is not None:
        return State.CANCELLED
    return State.UNPAID if claimed.payment in ("awaited", "failed") else None


def _state_by_time(claimed: ClaimedPass, now: datetime) -> State:
    is_over = claimed.ended_on is not None or now >= (claimed.ends_at or claimed.use_until)
    if claimed.is_started:
        return State.OVER if is_over else State.BEGUN
    if is_over:
        return State.LAPSED
    return State.EARLY if claimed.starts_at is not None and now < claimed.starts_at else State.READY


async def _opened(connection: Connection, found: Found, *, now: datetime) -> UUID:
    """Return who holds a pass, to its service; whoever opens it first makes them."""
    if found.state in _REFUSALS:
        refusal = _REFUSALS[found.state]
        raise type(refusal)(refusal.code, refusal.message)
    if found.claimed.subject_id is not None:
        return found.claimed.subject_id
    begins_at, ends_at = bounds(found, now)
    return await store.open_pass(
        connection,
        found.claimed,
        found.product.service_id,
        found.product.number,
        valid_from=begins_at,
        valid_until=ends_at,
        ends_at=None if found.claimed.starts_at is None else ends_at,
        on=now.astimezone(LILLE).date(),
    )


def bounds(found: Found, now: datetime) -> tuple[datetime, datetime]:
    """Return from when and until when a pass can be used at all, as far as is known today."""
    lasts = timedelta(seconds=found.product.duration_s)
    if found.claimed.started_at is not None and found.claimed.ends_at is not None:
        return min(found.claimed.started_at, now), found.claimed.ends_at
    if found.claimed.starts_at is not None:
        return found.claimed.starts_at, found.claimed.starts_at + lasts
    return now - _CLOCKS, found.claimed.use_until + lasts


async def still_code(
    connection: Connection, secret: PassSecret, found: Found, on: StillOn, *, address: str, now: datetime
) -> tuple[Issued, UUID]:
    """Make a code that stands still, for a wallet or paper; it takes the place of the one made for the same before.

    Returns
    -------
    tuple
        The code, and the medium that holds it.

    Raises
    ------
    ForbiddenError
        ``still_code_refused``: the service takes phones' own keys alone, since whoever has a picture has the code.
    GoneError, ConflictError
        ``sold_pass_over``, ``sold_pass_lapsed``, ``sold_pass_cancelled``, ``sold_pass_unpaid`` or ``sold_pass_taken``.
    """
    if not takes_still_codes(found.product):
        message = "The service takes passes on phones alone, whose key no picture copies."
        raise ForbiddenError("still_code_refused", message)
    subject_id = await _opened(connection, found, now=now)
    medium = await store.pass_medium(connection, subject_id, "paper", on)
    today = now.astimezone(LILLE).date()
    medium_id = (
        await store.insert_pass_medium(connection, subject_id, "paper", on, on=today)
        if medium is None
        else medium.medium_id
    )
    return await issue(connection, secret, subject_id, medium_id, None, address=address, now=now), medium_id


def takes_still_codes(product: Product) -> bool:
    """Tell whether a service takes codes that stand still."""
    return product.proof != "device"


async def phone_code(
    connection: Connection, secret: PassSecret, found: Found, device_key: bytes, *, address: str, now: datetime
) -> Issued:
    """Make the code of a phone, bound to its key; on another phone than before the one before ends.

    Raises
    ------
    InputError
        ``device_key_invalid``.
    GoneError, ConflictError
        As for `still_code`.
    """
    subject_id = await _opened(connection, found, now=now)
    today = now.astimezone(LILLE).date()
    medium = await store.pass_medium(connection, subject_id, "phone", "")
    if medium is not None and medium.device_key != device_key:
        await store.end_pass_medium(connection, medium.medium_id, on=today)
        # at once: one service alone knows it
        await set_statuses(connection, Whose(medium_id=medium.medium_id), REVOKED, now=now)
        medium = None
    medium_id = (
        await store.insert_pass_medium(connection, subject_id, "phone", "", on=today)
        if medium is None
        else medium.medium_id
    )
    return await issue(connection, secret, subject_id, medium_id, device_key, address=address, now=now)


async def take(connection: Connection, found: Found, holder_id: UUID, *, now: datetime) -> UUID:
    """Take a pass into a card account; return who its holder is to the service. Its link opens nothing from then on.

    Raises
    ------
    ConflictError
        ``pass_held_already``: a card has one pass of a service at a time.
    GoneError, ConflictError
        As for `still_code`.
    """
    subject_id = await _opened(connection, found, now=now)
    await hold_holder(connection, holder_id)
    if await store.passes_held(connection, holder_id, found.product.service_id):
        message = "Your card has a pass of this service that is not over: take this one when it is."
        raise ConflictError("pass_held_already", message)
    before = await store.holder_of_pass(connection, subject_id)
    await store.take_pass(connection, subject_id, holder_id)
    if before is not None:
        await store.leave_pass_holder(connection, before.holder_id, on=now.astimezone(LILLE).date())
    return subject_id
