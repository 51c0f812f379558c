"""Datasets of energy that the metropolis publishes: their contracts, and records made of cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.datasets import Contract, Field, FieldType
from core.slots import SLOTS_PER_HOUR
from db.dataset_rows import Description
from db.disclosure import LatticePlace, Population
from enjoy.disclosure.cells import Cells
from enjoy.disclosure.rules import Hidden

#: Name of the organisation that publishes them.
PUBLISHER: Final = "mel"
_DAY_S: Final = 86_400
_HOW: Final = (
    " Only of customers who agreed, counted in groups that nobody of them can be told from; a customer who agrees is"
    " counted from the next month on, one who withdraws no longer in anything published after. What could say something"
    " of fewer than 10 customers, or mostly of one, is null with a reason: k, dominance or complementary. A value is"
    " published once and not corrected."
)
_COMMON: Final = (
    Field("usage_points", FieldType.INTEGER, "Customers counted", "Null where the value is hidden", "1"),
    Field(
        "reason", FieldType.TEXT, "Why it is hidden", "k: too few; dominance: mostly one; complementary: others show"
    ),
)
_START: Final = Field("start_at", FieldType.TIMESTAMP, "Start", "Start of the period", is_required=True)
_COMMUNE: Final = (
    Field("insee_code", FieldType.TEXT, "Commune", "Its INSEE code", is_required=True),
    Field("name", FieldType.TEXT, "Name of the commune", is_required=True),
    _START,
    Field("energy_wh", FieldType.INTEGER, "Energy drawn", "By the homes counted, in the period", "W.h"),
    Field("mean_wh", FieldType.NUMBER, "Energy drawn by a home", "Mean of the homes counted", "W.h"),
    *_COMMON,
)
_FEEDER: Final = (
    Field("level", FieldType.TEXT, "Kind of place", "feeder or power_transformer", is_required=True),
    Field("code", FieldType.TEXT, "Place", "Code of the feeder or transformer", is_required=True),
    Field("name", FieldType.TEXT, "Name of the place", is_required=True),
    _START,
    Field("load_w", FieldType.NUMBER, "Mean power drawn", "By the businesses and public buildings counted", "W"),
    *_COMMON,
)


@dataclass(frozen=True, slots=True)
class EnergyDataset:
    """Hold a dataset: its name, what is said of it, its contract, and whose energy it is."""

    name: str
    described: Description
    contract: Contract
    population: Population
    is_daily: bool = False

    def records(self, places: list[LatticePlace], cells: Cells, starts: list[datetime]) -> Iterator[dict[str, object]]:
        """Yield a record for each place and period, the hidden ones as null with their reason."""
        for place, named in enumerate(places):
            for slot, start in enumerate(starts):
                hidden = Hidden(int(cells.hidden[place, slot]))
                record: dict[str, object] = {"name": named.name, "start_at": start.isoformat(), "reason": hidden.reason}
                if self.population == "residential":
                    record["insee_code"] = named.code
                else:
                    record |= {"level": named.level, "code": named.code}
                if hidden is Hidden.NOT:
                    energy_wh, count = round(float(cells.energy_wh[place, slot])), int(cells.count[place, slot])
                    record |= self._figures(energy_wh, count)
                yield record

    def _figures(self, energy_wh: int, count: int) -> dict[str, object]:
        if self.population == "residential":
            return {"energy_wh": energy_wh, "mean_wh": round(energy_wh / count, 1), "usage_points": count}
        return {"load_w": energy_wh * SLOTS_PER_HOUR, "usage_points": count}


def _described(title: str, description: str, keywords: list[str], update_period_s: int) -> Description:
    return Description(title, description + _HOW, "etalab-2.0", "ENER", keywords, "open", update_period_s, None)


ENERGY_BY_COMMUNE: Final = EnergyDataset(
    "energy-by-commune",
    _described(
        "Energy of homes by commune and half-hour",
        "What homes drew from the grid in each half-hour, by commune.",
        ["energy", "electricity", "homes", "half-hour"],
        3 * _DAY_S,
    ),
    Contract(_COMMUNE, ("insee_code",), "start_at"),
    "residential",
)
ENERGY_BY_COMMUNE_DAY: Final = EnergyDataset(
    "energy-by-commune-day",
    _described(
        "Energy of homes by commune and day",
        "What homes drew from the grid on each local day (Europe/Paris), by commune.",
        ["energy", "electricity", "homes", "day"],
        3 * _DAY_S,
    ),
    Contract(_COMMUNE, ("insee_code",), "start_at"),
    "residential",
    is_daily=True,
)
FEEDER_LOAD: Final = EnergyDataset(
    "feeder-load",
    _described(
        "Load of businesses and public buildings by feeder",
        "Mean power that customers other than homes drew in each half-hour, by feeder and, where they are enough, by"
        " transformer.",
        ["load", "electricity", "feeder", "half-hour"],
        3 * _DAY_S,
    ),
    Contract(_FEEDER, ("level", "code"), "start_at"),
    "other",
)
#: By population, half-hours before days.
DATASETS: Final[tuple[EnergyDataset, ...]] = (ENERGY_BY_COMMUNE, ENERGY_BY_COMMUNE_DAY, FEEDER_LOAD)
