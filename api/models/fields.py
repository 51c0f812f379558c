"""Field types that many models share."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _within_reason(instant: datetime) -> datetime:
    if not EARLIEST <= instant < LATEST:
        raise ValueError(f"must lie between {EARLIEST:%Y-%m-%d} and {LATEST:%Y-%m-%d}")
    return instant.astimezone(UTC)


#: A time given by a caller: with its zone, and in a span that the database holds.
GivenInstant = Annotated[AwareDatetime, AfterValidator(_within_reason)]
#: A time told: always UTC.
Instant = Annotated[datetime, Field(examples=["2026-01-15T12:00:00Z"])]
PowerW = Annotated[float, Field(description="Mean power, import positive [W]", examples=[48250.0])]
EnergyWh = Annotated[float, Field(ge=0, description="Energy [Wh]", examples=[24125.0])]
EurCent = Annotated[int, Field(ge=0, le=10_000_000, description="[EUR 0.01]", examples=[3_500])]


class Model(BaseModel):
    """Base of everything told: immutable, readable from rows."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
