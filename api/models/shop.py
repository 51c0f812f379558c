"""Shops: what merchants say of them, and what everybody sees."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, HttpUrl, StringConstraints

from api.models.account import Email
from api.models.fields import Instant, Model
from db.shops import ShopState

_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
Clock = Annotated[str, Field(pattern=_CLOCK, description="Local", examples=["08:30"])]
ShopName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{1,47}$",
        description="Permanent, part of addresses",
        examples=["le-fournil-de-wazemmes"],
    ),
]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=r"^[^\x00]*$")]
Category = Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$", examples=["bakery"])]
Language = Literal["fr", "en"]


class WeeklyOf(Model):
    """Say when it is open on some days of every week."""

    days: Annotated[
        list[Annotated[int, Field(ge=1, le=7)]],
        Field(min_length=1, max_length=7, description="1: Monday", examples=[[2, 3, 4, 5, 6]]),
    ]
    from_: Annotated[Clock, Field(alias="from")]
    until: Annotated[Clock, Field(description="Local; not after `from`: on the next day", examples=["19:00"])]

    model_config = ConfigDict(populate_by_name=True)


class ClosureOf(Model):
    """Say on which days it is closed, the last included."""

    from_: Annotated[date, Field(alias="from", examples=["2026-12-24"])]
    until: Annotated[date, Field(examples=["2026-12-26"])]
    reason: Annotated[str, Field(max_length=120, examples=["Noël"])] = ""

    model_config = ConfigDict(populate_by_name=True)


class ExceptionalOf(Model):
    """Say when it is open on one day, whatever its week is like."""

    on: Annotated[date, Field(examples=["2026-12-20"])]
    from_: Annotated[Clock, Field(alias="from")]
    until: Annotated[Clock, Field(examples=["13:00"])]

    model_config = ConfigDict(populate_by_name=True)


class HoursOf(Model):
    """Tell opening hours, in local time (Europe/Paris): closures win over exceptional days, and these over the week."""

    weekly: Annotated[list[WeeklyOf], Field(max_length=50, default_factory=list)]
    closures: Annotated[list[ClosureOf], Field(max_length=200, default_factory=list)]
    exceptional: Annotated[list[ExceptionalOf], Field(max_length=200, default_factory=list)]

    def content(self) -> dict[str, Any]:
        """Return them as they are stored."""
        return self.model_dump(mode="json", by_alias=True)


class CategoryOf(Model):
    """Tell what a shop may be."""

    code: Category
    title_fr: str
    title_en: str


class ShopWanted(Model):
    """Say anew what a merchant says of a shop."""

    title: Annotated[Line, Field(examples=["Le Fournil de Wazemmes"])]
    description: Words = ""
    address: Annotated[Line, Field(description="With postcode and town", examples=["12 rue Jules Guesde, 59000 Lille"])]
    longitude: Annotated[float, Field(ge=-180, le=180, examples=[3.0516])]
    latitude: Annotated[float, Field(ge=-90, le=90, examples=[50.6262])]
    categories: Annotated[list[Category], Field(min_length=1, max_length=5, examples=[["bakery"]])]
    hours: HoursOf
    language: Annotated[Language, Field(description="Of what the merchant is told")] = "fr"
    notify_email: Annotated[Email | None, Field(description="Where the merchant is told of orders")] = None


class NewShop(ShopWanted):
    """Apply for a shop."""

    name: ShopName
    siret: Annotated[
        str, Field(min_length=14, max_length=20, description="Of the establishment", examples=["732 829 320 00074"])
    ]
    insee_code: Annotated[
        str, Field(pattern=r"^[0-9][0-9AB][0-9]{3}$", description="Of the commune", examples=["59350"])
    ]


class OrderingOf(Model):
    """Tell how a shop takes orders."""

    accept_within_min: Annotated[int, Field(ge=1, le=10_080, description="Longest wait for an answer [min]")] = 60
    pay_within_min: Annotated[int, Field(ge=1, le=1_440, description="Longest wait for a payment [min]")] = 15
    lead_min: Annotated[int, Field(ge=0, le=43_200, description="From the last order to the slot [min]")] = 30
    grace_min: Annotated[int, Field(ge=0, le=10_080, description="Wait after the slot [min]")] = 30
    cancel_until: Annotated[Literal["accepted", "ready"], Field(description="Until when customers cancel")] = "accepted"
    slot_min: Annotated[
        int | None, Field(ge=5, le=1_440, description="Length of slots; null: made one by one [min]", examples=[30])
    ] = None
    slot_orders: Annotated[int | None, Field(ge=1, le=10_000, description="Orders a slot takes; null: any")] = None
    slot_eur_cent: Annotated[
        int | None, Field(ge=1, le=10**9, description="Worth of orders a slot takes; null: any [euro cents]")
    ] = None
    slot_ahead_days: Annotated[int, Field(ge=1, le=60, description="Slots are offered so far ahead [days]")] = 7


class ShopOf(Model):
    """Tell of a shop what everybody may know."""

    name: ShopName
    title: str
    description: str
    siret: str
    insee_code: str
    address: str
    longitude: float
    latitude: float
    categories: list[Category]
    hours: HoursOf
    payments: Annotated[list[Literal["at_shop", "handoff"]], Field(description="How orders can be paid")]
    cancel_until: Literal["accepted", "ready"]
    lead_min: int
    is_open: Annotated[bool, Field(description="Whether it is open at this moment")]


class OwnShopOf(ShopOf):
    """Tell of a shop what its merchant, and who lists it, know."""

    organisation: str
    state: ShopState
    state_reason: str
    state_at: Instant
    created_at: Instant
    language: Language
    notify_email: str | None
    ordering: OrderingOf
    provider_url: str | None
    provider_notify_url: str | None
    webhook_url: str | None


class Decision(Model):
    """List, refuse or suspend a shop."""

    state: Literal["listed", "refused", "suspended"]
    reason: Annotated[Words, Field(description="For the merchant; needed unless it is listed")] = ""


class ProviderWanted(Model):
    """Say at whose page a shop's customers pay."""

    url: Annotated[HttpUrl, Field(description="Page of the provider", examples=["https://pay.example.org/checkout"])]
    notify_url: Annotated[
        HttpUrl | None, Field(description="Where it is told of refunds", examples=["https://pay.example.org/refunds"])
    ] = None


class HookWanted(Model):
    """Say where a merchant's own system is told of orders."""

    url: Annotated[HttpUrl, Field(examples=["https://till.example.org/orders"])]


class SigningSecret(Model):
    """Show a secret, once."""

    secret: Annotated[str, Field(examples=["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])]


class ProductWanted(Model):
    """Say of a product what is to be known of it."""

    title: Annotated[Line, Field(examples=["Pain au levain"])]
    description: Words = ""
    unit: Annotated[Line, Field(description="What one is", examples=["piece"])] = "piece"
    price_eur_cent: Annotated[int, Field(ge=0, le=10_000_000, description="With VAT [euro cents]", examples=[450])]
    vat_ratio: Annotated[Literal[0, 0.021, 0.055, 0.1, 0.2], Field(description="Rate of VAT in it", examples=[0.055])]  # type: ignore[valid-type]
    is_offered: bool = True


class NewProduct(ProductWanted):
    """Add a product."""

    stock: Annotated[
        int | None, Field(ge=0, le=1_000_000, description="How many there are; null: not counted", examples=[20])
    ] = None


class OfferOf(Model):
    """Tell of a product what everybody may know."""

    product_id: int
    title: str
    description: str
    unit: str
    price_eur_cent: int
    vat_ratio: float
    stock: Annotated[int | None, Field(description="How many nobody has ordered yet; null: not counted")]


class ProductOf(OfferOf):
    """Tell of a product what its merchant knows."""

    is_offered: bool
    created_at: Instant


class StockWanted(Model):
    """Say how many there are, or how many came (`delivered`) or were lost."""

    counted: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    delivered: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    lost: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    is_uncounted: Annotated[bool, Field(description="Count it no more: any number can be ordered")] = False


class MovementOf(Model):
    """Say why a stock changed."""

    stock_movement_id: int
    at: Instant
    kind: Literal["counted", "delivered", "lost", "ordered", "given_back"]
    change: int
