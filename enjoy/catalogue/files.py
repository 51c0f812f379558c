"""The forms in which all records of a dataset can be had."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Form:
    """Describe a form of an export.

    Attributes
    ----------
    name : str
        As exports are asked for.
    title : str
        For people.
    media_type : str
        As IANA or its own makers write it.
    file_type : str
        Code of the EU's authority table.
    """

    name: str
    title: str
    media_type: str
    file_type: str


GEOJSON: Final = Form("geojson", "GeoJSON", "application/geo+json", "GEOJSON")
FORMS: Final = (
    GEOJSON,
    Form("csv", "CSV", "text/csv", "CSV"),
    Form("parquet", "Parquet", "application/vnd.apache.parquet", "PARQUET"),
)
