"""What the demo ends with: figures, and whether they are good enough."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import isnan

LEAST_REDUCTION_RATIO = 0.8
UNFINISHED = "the demand-response event was not over when the demo ended; `--for 120` is long enough at the usual speed"


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold the figures of one demo.

    Attributes
    ----------
    stored, duplicate, refused : int
        Values, as ingest counted them.
    lost : int
        Values that a gateway published and saw acknowledged, and that are neither in the database nor refused.
    forecast_mape, naive_mape : float
        Mean absolute percentage error over the feeders, of the forecast and of the weekly naive one. [%]
    planned_kw, measured_kw : float
        Mean reduction over the event: as planned, and as measured against the baseline; NaN where the demo ended
        before the event. [kW]
    backfill_rows_per_s : float
        Values stored per second of wall time, from the first publish to the last commit of the back-fill. [1/s]
    """

    stored: int
    duplicate: int
    refused: int
    lost: int
    forecast_mape: float
    naive_mape: float
    planned_kw: float
    measured_kw: float
    backfill_rows_per_s: float

    def faults(self) -> Iterator[str]:
        """Yield what is not good enough, in words."""
        if self.lost:
            yield f"{self.lost} readings were lost"
        if not self.forecast_mape < self.naive_mape:
            yield f"the forecast ({self.forecast_mape:.2f} %) did not beat the weekly naive ({self.naive_mape:.2f} %)"
        if isnan(self.measured_kw):
            yield UNFINISHED
        elif not (self.planned_kw > 0 and self.measured_kw >= LEAST_REDUCTION_RATIO * self.planned_kw):
            yield f"{self.measured_kw:.0f} kW were measured of {self.planned_kw:.0f} kW planned"

    def as_dict(self) -> dict[str, float | None]:
        """Return the figures by name, rounded for reading; what could not be judged is None, for JSON has no NaN."""
        return {name: None if isnan(value) else round(value, 3) for name, value in asdict(self).items()}

    def lines(self) -> Iterator[str]:
        """Yield the figures as text."""
        yield f"stored      {self.stored:>12,}"
        yield f"duplicate   {self.duplicate:>12,}"
        yield f"refused     {self.refused:>12,}"
        yield f"lost        {self.lost:>12,}"
        yield f"back-fill   {self.backfill_rows_per_s:>12,.0f} rows/s"
        yield f"forecast    {self.forecast_mape:>12.2f} % MAPE, weekly naive {self.naive_mape:.2f} %"
        if isnan(self.measured_kw):
            yield f"reduction   {'none':>12} measured"
        else:
            yield f"reduction   {self.measured_kw:>12.0f} kW measured, {self.planned_kw:.0f} kW planned"
