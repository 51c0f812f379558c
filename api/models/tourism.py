"""Tourism passes: products, agreements with partners, and sellers."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from api.models.dataset import Name, Text, Title
from api.models.fields import EurCent, GivenInstant, Instant, Model
from db.tourism_products import Agreement, OpenVenue, Product

_HOUR_S = 3_600


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
