"""Tourism passes: products, agreements with partners, sales, and what is settled."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, HttpUrl, StringConstraints

from api.models.dataset import Name, Text, Title
from api.models.fields import GivenInstant, Instant, Model
from db.tourism_products import Agreement, OpenVenue, Product
from db.tourism_sales import Payment, Sale, SaleKind
from enjoy.passes.tourism.claims import SIGNS_OF_CLAIM
from enjoy.passes.tourism.settling import Statement, amount_eur_cent

_HOUR_S = 3_600
EurCent = Annotated[int, Field(ge=0, le=10_000_000, description="[EUR 0.01]", examples=[3_500])]
Reference = Annotated[
    str,
    StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$"),
    Field(description="Of your order or receipt; no name of a person", examples=["ORDER-2026-118"]),
]
Claim = Annotated[
    str, Field(description=f"Code that opens a pass: {SIGNS_OF_CLAIM} letters and digits", examples=["7Q2KM-…"])
]


class ProductChange(Model):
    """Say what is changed of a product; what is left out stays."""

    title: Annotated[Title | None, Field(description="In French", examples=["City Pass 48 h"])] = None
    title_en: Annotated[str | None, Field(max_length=200, description="In English")] = None
    description: Annotated[Text | None, Field(description="In French")] = None
    description_en: Annotated[Text | None, Field(description="In English")] = None
    use_within_days: Annotated[int | None, Field(ge=1, le=1096, description="Has to begin within [days]")] = None
    price_eur_cent: EurCent | None = None
    sale_from: Annotated[GivenInstant | None, Field(description="Not sold before; null: no bound")] = None
    sale_until: Annotated[GivenInstant | None, Field(description="Not sold from then on; null: no bound")] = None
    is_on_sale: bool | None = None


class NewProduct(Model):
    """Declare a product; it opens nothing before partners agree."""

    name: Annotated[Name, Field(examples=["city-pass-48"])]
    service: Annotated[Name, Field(description="Your service of kind tourism", examples=["city-pass"])]
    title: Annotated[Title, Field(description="In French", examples=["City Pass 48 h"])]
    title_en: Annotated[str, Field(max_length=200, description="In English")] = ""
    description: Annotated[Text, Field(description="In French")] = ""
    description_en: Annotated[Text, Field(description="In English")] = ""
    duration_h: Annotated[int, Field(ge=1, le=8784, description="How long it lasts [h]", examples=[48])]
    starts_at_first_use: Annotated[
        bool, Field(description="Begins at the first admission; else at a time that is chosen when it is sold")
    ] = True
    max_entries_per_venue: Annotated[
        int | None, Field(ge=1, le=1000, description="At each place; null: any number. Transport is never counted")
    ] = 1
    use_within_days: Annotated[int, Field(ge=1, le=1096, description="Has to begin within [days]")] = 365
    price_eur_cent: EurCent
    sale_from: Annotated[GivenInstant | None, Field(description="Not sold before")] = None
    sale_until: Annotated[GivenInstant | None, Field(description="Not sold from then on")] = None
    is_on_sale: bool = True

    def facts(self) -> dict[str, Any]:
        """Return what is stored."""
        facts = self.model_dump(exclude={"service", "duration_h"})
        return facts | {"duration_s": self.duration_h * _HOUR_S}


class VenueOpened(Model):
    """Name where a product is taken."""

    venue: Annotated[str, Field(examples=["palais-des-beaux-arts"])]
    title: str
    kind: Literal["place", "transport"]
    organisation: Annotated[str, Field(description="Partner that keeps it")]
    insee_code: str | None


class ProductOf(Model):
    """Tell what is sold."""

    name: Annotated[str, Field(examples=["city-pass-48"])]
    service: Annotated[str, Field(examples=["city-pass"])]
    title: str
    title_en: str
    description: str
    description_en: str
    duration_h: Annotated[int, Field(description="[h]", examples=[48])]
    starts_at_first_use: bool
    max_entries_per_venue: int | None
    use_within_days: int
    price_eur_cent: EurCent
    sale_from: Instant | None
    sale_until: Instant | None
    is_on_sale: Annotated[bool, Field(description="Now")]
    still_codes: Annotated[bool, Field(description="Whether paper and wallets are taken, or phones' own keys alone")]
    venues: list[VenueOpened]

    @classmethod
    def of(cls, product: Product, venues: list[OpenVenue], *, is_on_sale: bool) -> Self:
        """Return what is told of a product."""
        facts = {name: getattr(product, name) for name in cls.model_fields if hasattr(product, name)}
        shown = [
            VenueOpened(
                venue=one.name,
                title=one.title,
                kind=one.kind,
                organisation=one.organisation,
                insee_code=one.insee_code,
            )
            for one in venues
            if one.product_id == product.product_id
        ]
        derived = {
            "duration_h": product.duration_s // _HOUR_S,
            "is_on_sale": is_on_sale,
            "still_codes": product.proof != "device",
            "venues": shown,
        }
        return cls.model_validate(facts | derived)


class Proposed(Model):
    """Propose a rate to a partner."""

    settlement_eur_cent: Annotated[EurCent, Field(description="Paid for each entry [EUR 0.01]", examples=[450])]


class AgreementOf(Model):
    """Tell what was proposed to a partner, and whether it accepted."""

    agreement_id: int
    product: str
    product_title: str
    venue: str
    venue_title: str
    venue_kind: Literal["place", "transport"]
    partner: str
    settlement_eur_cent: EurCent
    proposed_at: Instant
    accepted_at: Annotated[Instant | None, Field(description="null: not accepted yet, and opens nothing")]
    ended_at: Instant | None

    @classmethod
    def of(cls, agreement: Agreement) -> Self:
        """Return what is told of an agreement."""
        return cls.model_validate({name: getattr(agreement, name) for name in cls.model_fields})


class SellerOf(Model):
    """Tell who may sell."""

    organisation: str
    title: str
    admitted_at: Instant


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


class LineOf(Model):
    """Count entries of one product at one venue at one rate."""

    partner: str
    product: str
    venue: str
    month: Annotated[str, Field(description="In which the entries were", examples=["2026-11"])]
    is_correction: Annotated[bool, Field(description="Of an earlier month, told after that was closed")]
    settlement_eur_cent: EurCent
    entry_count: int
    offline_count: Annotated[int, Field(description="Of them, admitted by a reader without a connection")]
    flagged_count: Annotated[int, Field(description="Of them, those that should not have been admitted; paid as well")]
    amount_eur_cent: Annotated[int, Field(description="[EUR 0.01]")]


class StatementOf(Model):
    """Tell what a month comes to; of partners, each sees its own lines alone."""

    service: str
    month: Annotated[str, Field(examples=["2026-11"])]
    is_closed: Annotated[bool, Field(description="A closed month never changes")]
    closed_at: Instant | None
    content_sha256: Annotated[str | None, Field(description="Of the whole closed month and the one before it")]
    entry_count: int
    amount_eur_cent: Annotated[int, Field(description="[EUR 0.01]")]
    lines: list[LineOf]

    @classmethod
    def of(cls, statement: Statement) -> Self:
        """Return what is told of a statement."""
        lines = [
            LineOf(
                partner=line.partner,
                product=line.product,
                venue=line.venue,
                month=f"{line.month:%Y-%m}",
                is_correction=line.month != statement.month,
                settlement_eur_cent=line.settlement_eur_cent,
                entry_count=line.entry_count,
                offline_count=line.offline_count,
                flagged_count=line.flagged_count,
                amount_eur_cent=amount_eur_cent(line),
            )
            for line in statement.lines
        ]
        return cls(
            service=statement.service,
            month=f"{statement.month:%Y-%m}",
            is_closed=statement.closed_at is not None,
            closed_at=statement.closed_at,
            content_sha256=statement.content_sha256,
            entry_count=sum(line.entry_count for line in lines),
            amount_eur_cent=sum(line.amount_eur_cent for line in lines),
            lines=lines,
        )


class Closing(Model):
    """Close a month for good."""

    service: Annotated[Name, Field(examples=["city-pass"])]
    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-11"])]


class DeviceKey(Model):
    """Show the public key of a phone."""

    device_key: Annotated[
        str, Field(min_length=44, max_length=44, description="Ed25519 public key, 32 bytes in base64")
    ]


class PhoneCode(Model):
    """Tell the code of a phone, as the page of passes keeps it."""

    text: Annotated[str, Field(description="Text of the code", examples=["SMP1:…"])]
    token: Annotated[str, Field(description="The same signed message, base64")]
    expires_at: Instant
    service: str
    title: str


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
