"""Forecasts and how far to trust them."""

from typing import Annotated

from pydantic import Field

from api.models.fields import Instant, Model


class ForecastSlot(Model):
    """Tell what is expected of the half-hour slot that begins at `valid_from`, and what came, once it is known."""

    valid_from: Instant
    load_w: Annotated[
        float,
        Field(description="Expected load, import positive; totals are the sums of their parts [W]", examples=[48250.0]),
    ]
    quantile_load_w: Annotated[
        list[float], Field(description="In the order of `quantiles` [W]", examples=[[41000.0, 48100.0, 55900.0]])
    ]
    base_load_w: Annotated[
        float | None,
        Field(description="The same of the place by itself, before it was made to add up [W]", examples=[47800.0]),
    ] = None
    base_quantile_load_w: Annotated[
        list[float] | None,
        Field(
            description="Around `base_load_w`, in the order of `quantiles` [W]", examples=[[40600.0, 47700.0, 55400.0]]
        ),
    ] = None
    measured_w: Annotated[float | None, Field(description="Load that came [W]", examples=[47900.0])] = None


class Skill(Model):
    """Tell how good the method was lately, in backtests that saw only what was known; null with too little history.

    All figures but `coherent_mae_w` are of the place by itself (`base_load_w`).
    """

    method: Annotated[str, Field(examples=["double_seasonal_holt_winters_ar1"])]
    origin_count: Annotated[int, Field(description="Backtest origins scored", examples=[14])]
    mae_w: Annotated[float | None, Field(description="Mean absolute error [W]", examples=[2100.0])] = None
    naive_mae_w: Annotated[float | None, Field(description="The weekly naive's [W]", examples=[3900.0])] = None
    mape_ratio: Annotated[float | None, Field(description="Mean absolute percentage error", examples=[0.061])] = None
    naive_mape_ratio: Annotated[float | None, Field(description="The weekly naive's", examples=[0.112])] = None
    crps_w: Annotated[float | None, Field(description="Score of the quantiles [W]", examples=[1500.0])] = None
    coverage_ratio: Annotated[
        float | None, Field(description="Share between the outermost quantiles", examples=[0.9])
    ] = None
    coherent_mae_w: Annotated[
        float | None, Field(description="Mean absolute error once forecasts add up [W]", examples=[2050.0])
    ] = None


class Weather(Model):
    """Tell what weather a forecast looked at; `source` is `none` where it was made without."""

    source: Annotated[str, Field(description="Who said how it will be", examples=["api.open-meteo.com", "none"])] = (
        "none"
    )
    known_at: Annotated[Instant | None, Field(description="When the newest of it became known")] = None
    known_then_ratio: Annotated[
        float | None,
        Field(
            description="Share of the past hours learned from whose weather was known beforehand; the skill of the rest"
            " looks better than it was",
            examples=[0.97],
        ),
    ] = None


class Forecast(Model):
    """Hold the newest issue for a place that was known at the time asked for."""

    issued_at: Instant
    known_until: Annotated[Instant, Field(description="End of the last slot that was known")]
    quantiles: Annotated[list[float], Field(description="Rising, in (0, 1)", examples=[[0.05, 0.5, 0.95]])]
    skill: Skill | None = None
    weather: Weather
    items: list[ForecastSlot]
