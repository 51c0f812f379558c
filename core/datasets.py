"""What a dataset is: its contract with those who read it, in the words of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

#: An old shape answers for so long at least once a newer one is there.
LEAST_NOTICE: Final = timedelta(days=365)


class FieldType(StrEnum):
    """What a field holds: text, a 64-bit integer, a double, a truth, a day, or an instant with its zone."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"


class Openness(StrEnum):
    """Who may read: everybody, every organisation, or the publisher and those it shares with."""

    OPEN = "open"
    PARTNERS = "partners"
    PRIVATE = "private"


class GeometryType(StrEnum):
    """What a record's geometry is, as GeoJSON names it; Geometry is any."""

    POINT = "Point"
    MULTI_POINT = "MultiPoint"
    LINE_STRING = "LineString"
    MULTI_LINE_STRING = "MultiLineString"
    POLYGON = "Polygon"
    MULTI_POLYGON = "MultiPolygon"
    ANY = "Geometry"


@dataclass(frozen=True, slots=True)
class Field:
    """Describe a field of a dataset.

    Attributes
    ----------
    name : str
        Small letters, digits and ``_``, beginning with a letter; at most 48.
    type : FieldType
        What it holds.
    title, description : str
        For people.
    unit : str or None
        As UCUM writes it, such as ``W.h`` or ``%``; None where it has none.
    is_required : bool
        Whether every record has it.
    """

    name: str
    type: FieldType
    title: str
    description: str = ""
    unit: str | None = None
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """Hold what a publisher promises of a dataset's shape.

    Attributes
    ----------
    fields : tuple of Field
        In their order.
    key_fields : tuple of str
        Names what a record is about; of all versions.
    time_field : str or None
        Says when; with it, a record is kept for each key and time.
    geometry_type : GeometryType or None
        Of every record; None where there is none.
    """

    fields: tuple[Field, ...]
    key_fields: tuple[str, ...]
    time_field: str | None = None
    geometry_type: GeometryType | None = None

    def field(self, name: str) -> Field | None:
        """Return a field by its name, or None."""
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Licence:
    """Name a licence for people and for programs."""

    title: str
    uri: str


#: Titles and addresses as their own sites give them.
LICENCES: Final[Mapping[str, Licence]] = MappingProxyType(
    {
        "etalab-2.0": Licence("Licence Ouverte 2.0", "https://spdx.org/licenses/etalab-2.0"),
        "odbl-1.0": Licence("Open Database License 1.0", "https://spdx.org/licenses/ODbL-1.0"),
        "cc-by-4.0": Licence("Creative Commons Attribution 4.0", "https://spdx.org/licenses/CC-BY-4.0"),
        "cc0-1.0": Licence("Creative Commons Zero 1.0", "https://spdx.org/licenses/CC0-1.0"),
    }
)

#: Data themes of the EU's publications office, by their code in its authority table ``data-theme``.
THEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AGRI": "Agriculture, fisheries, forestry and food",
        "ECON": "Economy and finance",
        "EDUC": "Education, culture and sport",
        "ENER": "Energy",
        "ENVI": "Environment",
        "GOVE": "Government and public sector",
        "HEAL": "Health",
        "INTR": "International issues",
        "JUST": "Justice, legal system and public safety",
        "REGI": "Regions and cities",
        "SOCI": "Population and society",
        "TECH": "Science and technology",
        "TRAN": "Transport",
    }
)
