"""Tourism passes: what a month comes to for each partner."""

from typing import Annotated, Self

from pydantic import Field

from api.models.dataset import Name
from api.models.fields import EurCent, Instant, Model
from enjoy.passes.tourism.settling import Statement, amount_eur_cent


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
