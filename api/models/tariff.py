"""Tariffs of usage points, slot by slot; colours of days; prices."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field

from api.models.fields import Instant, Model

Price = Annotated[float | None, Field(description="Null: no price is stored [EUR/MWh]", examples=[201.6])]
LocalTime = Annotated[time, Field(description="By the clock on the wall (Europe/Paris)", examples=["22:30:00"])]


class Window(Model):
    """Tell off-peak hours of every day; an end before the start is on the next day."""

    starts_at: LocalTime
    ends_at: Annotated[time, Field(description="By the clock on the wall", examples=["06:30:00"])]


class Windows(Model):
    """Hold all off-peak hours of a usage point."""

    items: Annotated[list[Window], Field(max_length=12)]


class TariffSlot(Model):
    """Tell what holds in a half-hour slot."""

    start_at: Annotated[Instant, Field(description="Start of the slot")]
    period: Annotated[str, Field(description="As core/tariffs.py names it", examples=["off_peak"])]
    low_eur_per_mwh: Annotated[Price, Field(description="By the cheapest colour that its day may still have")]
    high_eur_per_mwh: Annotated[Price, Field(description="By the dearest one; the same where the colour is known")]
    relay_ratio: Annotated[float, Field(ge=0, le=1, description="Dry contact closed for so much of it", examples=[1.0])]


class UsagePointTariff(Model):
    """Describe the tariff of a usage point over a span."""

    tariff: Annotated[Literal["base", "off_peak", "tempo", "ejp"], Field(examples=["off_peak"])]
    windows: list[Window]
    slots: list[TariffSlot]


class TariffDay(Model):
    """Tell the colour of a day."""

    tariff: Annotated[str, Field(examples=["tempo"])]
    day: Annotated[date, Field(description="Local day on which it begins", examples=["2026-01-15"])]
    color: Annotated[str, Field(examples=["blue"])]
    source: Annotated[str, Field(description="Who said so", examples=["tempo-2026.csv"])]


class TariffDays(Model):
    """Hold colours of days; a day that is not there is not known."""

    items: list[TariffDay]


class TariffPrice(Model):
    """Tell what energy costs in a period, from a day on."""

    tariff: Annotated[str, Field(examples=["base"])]
    period: Annotated[str, Field(examples=["base"])]
    valid_from: Annotated[date, Field(description="First local day", examples=["2026-02-01"])]
    price_eur_per_mwh: Annotated[float, Field(description="[EUR/MWh]", examples=[194.0])]
    source: Annotated[str, Field(description="Where it was published", examples=["supplier's list"])]


class TariffPrices(Model):
    """Hold all prices."""

    items: list[TariffPrice]
