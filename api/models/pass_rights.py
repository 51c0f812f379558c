"""What a desk says that it saw, and what a holder has from it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from fastapi import Body
from pydantic import Field, StringConstraints

from api.models.fields import Instant, Model
from api.models.pass_services import InseeCode, WordsOf
from db.pass_rights import Attestation, EvidenceKind, RightOf
from enjoy.passes.conditions import read_condition, words_of
from enjoy.passes.desks import DOCUMENTS
from enjoy.passes.rights import ends_soon, midnight_of, today_of

_SECRET: Final = "desk_" + "A" * 43
Until = Annotated[
    date | None, Field(description="Last day on which it counts; null: for a year", examples=["2027-11-24"])
]


class DeskCode(Model):
    """Show a code for a desk."""

    code: Annotated[str, Field(description="To be shown or read out at a desk, once", examples=["K7QW-3MZP"])]
    expires_at: Instant


class CodeShown(Model):
    """Hand over the code that a holder shows."""

    code: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9 -]{8,20}$"),
        Field(description="As typed: small letters and spaces do not matter", examples=["K7QW-3MZP"]),
    ]


class HeldOf(Model):
    """Tell a desk whether there is evidence of a kind, and nothing of what it says."""

    kind: EvidenceKind
    holds: bool
    ends_soon: Annotated[bool, Field(description="Whether it is time to show it anew")]


class AtDesk(Model):
    """Tell what is there already."""

    evidence: list[HeldOf]


class DeskSession(AtDesk):
    """Give a desk some minutes with a holder."""

    session: Annotated[str, Field(description="Of the header Desk-Session", examples=[_SECRET])]
    expires_at: Instant


class ResidenceSeen(Model):
    """Say that a document shows where the holder lives."""

    kind: Literal["residence"]
    document: Annotated[
        Literal[tuple(DOCUMENTS["residence"])],  # type: ignore[valid-type]
        Field(examples=["utility_bill"]),
    ]
    insee_code: InseeCode
    valid_until: Until = None


class BirthSeen(Model):
    """Say that a document shows when the holder was born."""

    kind: Literal["birth"]
    document: Annotated[
        Literal[tuple(DOCUMENTS["birth"])],  # type: ignore[valid-type]
        Field(examples=["identity_card"]),
    ]
    born_on: Annotated[date, Field(examples=["2015-02-17"])]


class SocialTariffSeen(Model):
    """Say that a document shows in which band the family quotient lies."""

    kind: Literal["social_tariff"]
    document: Annotated[
        Literal[tuple(DOCUMENTS["social_tariff"])],  # type: ignore[valid-type]
        Field(examples=["family_allowance_notice"]),
    ]
    quotient_below_eur: Annotated[
        int, Field(ge=1, le=100_000, description="Upper bound of the band, never the quotient itself [EUR]")
    ]
    valid_until: Until = None


#: What a desk saw; no copy and no number of a document is ever taken.
SomethingSeen = Annotated[
    ResidenceSeen | BirthSeen | SocialTariffSeen,
    Body(
        discriminator="kind",
        examples=[{"kind": "residence", "document": "utility_bill", "insee_code": "59350"}],
    ),
]


class AttestationOf(Model):
    """Tell a holder what a desk saw."""

    attestation_id: Annotated[str, Field(description="To withdraw it by")]
    kind: EvidenceKind
    insee_code: str | None
    commune: str | None
    born_on: date | None
    quotient_below_eur: int | None
    document: str
    valid_until: Annotated[date | None, Field(description="Last day on which it counts as shown; null: for ever")]
    attested_on: date
    organisation: str
    organisation_title: str
    expires_soon: Annotated[bool, Field(description="Whether it is time to show it anew at a desk")]

    @classmethod
    def of(cls, row: Attestation, now: datetime) -> Self:
        """Return it as it is told."""
        soon = row.valid_until is not None and ends_soon(midnight_of(row.valid_until), now)
        told = {**asdict(row), "attestation_id": str(row.attestation_id), "expires_soon": soon}
        return cls.model_validate({name: told[name] for name in cls.model_fields})


class RightHeld(Model):
    """Tell a holder of a right at a service that they use."""

    service: str
    service_title: str
    title: str
    condition: Annotated[WordsOf, Field(description="Who has it: somebody who …")]
    holds: bool
    until: Annotated[date | None, Field(description="First day without it; null: it does not hold")]
    expires_soon: Annotated[bool, Field(description="Whether to do something about it, at a desk")]

    @classmethod
    def of(cls, row: RightOf, communes: Mapping[str, str], now: datetime) -> Self:
        """Return it as it is told; what was bought ends when it ends, and no desk helps."""
        words = words_of(read_condition(row.condition), communes)
        until = row.valid_until if row.valid_until is not None and row.valid_until > now else None
        return cls(
            service=row.service,
            service_title=row.service_title,
            title=row.title,
            condition=WordsOf.model_validate(words),
            holds=until is not None and row.valid_from is not None and row.valid_from <= now,
            until=None if until is None else today_of(until),
            expires_soon=row.service_kind == "public" and until is not None and ends_soon(until, now),
        )


class RightsOf(Model):
    """Tell a holder what they have, and what it follows from."""

    rights: list[RightHeld]
    attestations: list[AttestationOf]
