"""Tourism passes: sales, how they are paid, and the passes that were sold."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, HttpUrl, StringConstraints

from api.models.card_media import DeviceKey
from api.models.dataset import Name
from api.models.fields import EurCent, GivenInstant, Instant, Model
from db.tourism_sales import Payment, Sale, SaleKind
from enjoy.passes.tourism.claims import SIGNS_OF_CLAIM

Reference = Annotated[
    str,
    StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$"),
    Field(description="Of your order or receipt; no name of a person", examples=["ORDER-2026-118"]),
]
Claim = Annotated[
    str, Field(description=f"Code that opens a pass: {SIGNS_OF_CLAIM} letters and digits", examples=["7Q2KM-…"])
]


class SaleWanted(Model):
    """Sell passes."""

    product: Annotated[Name, Field(examples=["city-pass-48"])]
    pass_count: Annotated[int, Field(ge=1, le=10_000, examples=[2])] = 1
    kind: Annotated[SaleKind, Field(description="link: sold now; voucher: printed in stock, and sold from there")] = (
        "link"
    )
    reference: Reference = ""
    payment: Annotated[
        Literal["seller", "handoff"],
        Field(description="seller: paid to you; handoff: at the page of the office's provider, and usable once paid"),
    ] = "seller"
    starts_at: Annotated[
        GivenInstant | None, Field(description="When they begin, where the product does not at its first use")
    ] = None


class SaleOf(Model):
    """Tell of a sale; who bought is not known."""

    sale_id: UUID
    product: str
    seller: str
    kind: SaleKind
    pass_count: int
    price_eur_cent: Annotated[EurCent, Field(description="Of each, on that day [EUR 0.01]")]
    total_eur_cent: Annotated[int, Field(description="Of all that were not taken back [EUR 0.01]")]
    reference: str
    payment: Annotated[
        Payment,
        Field(
            description="seller: paid to the seller, who owes it; by a provider: awaited, paid, or failed: not in time"
        ),
    ]
    payment_due_at: Annotated[Instant | None, Field(description="Paid by the provider by then, or taken back")]
    refund_eur_cent: Annotated[int, Field(description="What the provider gives back of what was paid [EUR 0.01]")]
    starts_at: Instant | None
    use_until: Annotated[Instant, Field(description="They have to begin before")]
    sold_at: Instant
    opened_count: int
    started_count: int
    cancelled_count: int

    @classmethod
    def of(cls, sale: Sale) -> Self:
        """Return what is told of a sale."""
        facts = {name: getattr(sale, name) for name in cls.model_fields if hasattr(sale, name)}
        total = (sale.pass_count - sale.cancelled_count) * sale.price_eur_cent
        refund = sale.cancelled_count * sale.price_eur_cent if sale.payment_reference is not None else 0
        return cls.model_validate(facts | {"total_eur_cent": total, "refund_eur_cent": refund})


class ClaimOf(Model):
    """Tell the code of one pass, which is told this once."""

    number: Annotated[int, Field(description="Place in the sale, from 1")]
    claim: Claim
    address: Annotated[str, Field(description="Page that the code opens")]


class NewSale(SaleOf):
    """Tell of a sale that was made, with the codes that open its passes."""

    passes: list[ClaimOf]


class PayingWanted(Model):
    """Say where the browser goes when it has paid."""

    return_url: Annotated[
        HttpUrl | None,
        Field(
            description="Your page, which is given `result=`; null: ours", examples=["https://hotel.example.org/paid"]
        ),
    ] = None


class Cancelled(Model):
    """Take passes of a sale back."""

    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=10_000)]] | None,
        Field(max_length=10_000, description="Places in the sale; null: all that were never used"),
    ] = None


class PhoneShown(Model):
    """Show the public key of a phone."""

    device_key: DeviceKey


class PassOf(Model):
    """Tell how it stands with a pass that a code opens."""

    product: str
    service: str
    title: str
    state: Annotated[
        Literal["ready", "early", "begun", "over", "lapsed", "cancelled", "unpaid", "in_account"],
        Field(description="ready and begun ones can be used"),
    ]
    started_at: Instant | None
    ends_at: Instant | None
    use_until: Annotated[Instant, Field(description="It has to begin before")]
    still_codes: bool
    apple: Annotated[bool, Field(description="Whether Apple Wallet is offered")]
    google: Annotated[bool, Field(description="Whether Google Wallet is offered")]
