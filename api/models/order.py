"""Slots and orders: what customers ask for, and what they and merchants are told."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.models.account import Email
from api.models.fields import GivenInstant, Instant, Model
from api.models.shop import Language, Words
from db.orders import State

_LARGEST_KEY = 2**31 - 1
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 .()-]{6,24}$"),
    Field(description="Where the shop may call", examples=["+33 6 12 34 56 78"]),
]


class SlotFacts(Model):
    """Say what a slot takes."""

    capacity_orders: Annotated[int | None, Field(ge=0, le=10_000, description="Orders; null: any number")] = None
    capacity_eur_cent: Annotated[
        int | None, Field(ge=0, le=10**9, description="What they are worth together; null: any [euro cents]")
    ] = None


class NewSlot(SlotFacts):
    """Add a slot by itself."""

    starts_at: GivenInstant
    ends_at: GivenInstant


class SlotWanted(SlotFacts):
    """Say anew what a slot takes; what is ordered stays."""

    is_open: bool = True


class OpenSlotOf(Model):
    """Tell of a slot what everybody may know."""

    slot_id: int
    starts_at: Instant
    ends_at: Instant
    is_open: Annotated[bool, Field(description="Whether an order may have a place at this moment")]


class SlotOf(Model):
    """Tell of a slot what its merchant knows."""

    slot_id: int
    starts_at: Instant
    ends_at: Instant
    capacity_orders: int | None
    capacity_eur_cent: int | None
    order_count: int
    held_eur_cent: int
    is_single: Annotated[bool, Field(description="Whether it was made by itself, and not from the opening hours")]
    closed_by: Annotated[Literal["hours", "merchant"] | None, Field(description="Takes no more orders; null: open")]


class LineWanted(Model):
    """Ask for pieces of a product."""

    product_id: Annotated[int, Field(ge=1, le=_LARGEST_KEY, examples=[1])]
    quantity: Annotated[int, Field(ge=1, le=1_000, examples=[2])]


class NewOrder(Model):
    """Order; no name is needed, and how to reach you is forgotten 14 days after the end."""

    lines: Annotated[list[LineWanted], Field(min_length=1, max_length=50)]
    slot_id: Annotated[int, Field(ge=1, le=_LARGEST_KEY, examples=[1])]
    payment: Literal["at_shop", "handoff"] = "at_shop"
    email: Annotated[Email | None, Field(description="Where you are told; nobody else sees it")] = None
    phone: Phone | None = None
    note: Annotated[Words, Field(max_length=500, description="For the shop")] = ""
    language: Language = "fr"


class LineOf(Model):
    """Tell what was ordered."""

    product_id: int
    title: str
    unit: str
    quantity: int
    price_eur_cent: Annotated[int, Field(description="Of one, with VAT [euro cents]")]
    vat_ratio: float


class TransitionOf(Model):
    """Tell what an order became, and who made it so."""

    to_state: State
    at: Instant
    actor: Annotated[Literal["customer", "merchant", "process"], Field(examples=["merchant"])]
    reason: Annotated[
        str, Field(description="Words of the other side, or unpaid, not_accepted, not_ready, not_collected")
    ]


class OrderOf(Model):
    """Tell of an order."""

    order: Annotated[UUID, Field(description="Part of its address")]
    reference: Annotated[str, Field(description="What people call it", examples=["1F0B52C7"])]
    shop: Annotated[str, Field(examples=["le-fournil-de-wazemmes"])]
    state: State
    state_at: Instant
    created_at: Instant
    due_at: Annotated[
        Instant | None,
        Field(description="By then a draft is paid, or an order accepted, or it expires"),
    ]
    slot_id: int
    starts_at: Annotated[Instant, Field(description="From when it is collected")]
    ends_at: Instant
    collect_by: Annotated[Instant, Field(description="After this nobody waits for it")]
    amount_eur_cent: int
    payment: Literal["at_shop", "handoff"]
    payment_state: Literal["due", "paid", "refund_due"]
    note: str
    lines: list[LineOf]
    history: Annotated[list[TransitionOf], Field(default_factory=list)]


class CustomerOrderOf(OrderOf):
    """Tell an order to who ordered."""

    pickup_code: Annotated[str, Field(description="Show it at the shop; nobody else knows it", examples=["7K4F9QXA"])]
    pickup_text: Annotated[
        str, Field(description="The same, as a QR code holds it", examples=["SOMEL-ORDER:1f0b52c7...:7K4F9QXA"])
    ]
    can_cancel: bool
    email: str | None
    phone: str | None
    shop_title: str
    shop_address: str


class NewOrderOf(CustomerOrderOf):
    """Tell of a new order, and the secret that opens it, once."""

    secret: Annotated[str, Field(description="Send it as `Authorization: Bearer`; it opens /v1/orders/{order}")]


class MerchantOrderOf(OrderOf):
    """Tell an order to the merchant."""

    phone: Annotated[str | None, Field(description="Where the customer can be called, while they wait")]


class Reason(Model):
    """Say why."""

    reason: Annotated[Words, Field(min_length=1, max_length=300, description="The customer reads it")]


class PickupCode(Model):
    """Show a pickup code, typed or scanned."""

    code: Annotated[str, Field(min_length=4, max_length=120, examples=["7K4F 9QXA"])]


class PaymentLink(Model):
    """Tell where an order is paid."""

    url: Annotated[
        str, Field(description="Send the browser there", examples=["https://pay.example.org/?request=ey..."])
    ]


class PaymentResult(Model):
    """Bring what the provider said of a payment."""

    result: Annotated[str, Field(min_length=20, max_length=4_000, description="Signed by the provider")]


class FigureOf(Model):
    """Count a day's orders."""

    day: date
    state: State
    order_count: int
    amount_eur_cent: int


class MessageOf(Model):
    """Tell what became of a message; not what it says, nor to whom."""

    outbox_id: int
    message_id: UUID
    order_id: UUID | None
    kind: Literal["email", "webhook", "provider"]
    subject: str
    status: Literal["pending", "sent", "dead"]
    made_at: Instant
    attempt_count: int
    answer: str
    ended_at: Instant | None
