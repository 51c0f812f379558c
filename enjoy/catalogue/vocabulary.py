"""Words of the EU's publications office that DCAT-AP wants, by what we have in their place."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EU: Final = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
#: Catalogue and titles are in the language of the territory.
LANGUAGE: Final = EU + "language/FRA"
FRENCH: Final = "fr"

#: Codes of the authority table ``frequency`` by the longest period that they promise [s].
_FREQUENCIES: Final = (
    (60, "1MIN"),
    (300, "5MIN"),
    (600, "10MIN"),
    (900, "15MIN"),
    (1_800, "30MIN"),
    (3_600, "HOURLY"),
    (7_200, "BIHOURLY"),
    (10_800, "TRIHOURLY"),
    (43_200, "12HRS"),
    (86_400, "DAILY"),
    (7 * 86_400, "WEEKLY"),
    (14 * 86_400, "BIWEEKLY"),
    (31 * 86_400, "MONTHLY"),
    (62 * 86_400, "BIMONTHLY"),
    (92 * 86_400, "QUARTERLY"),
    (184 * 86_400, "ANNUAL_2"),
    (366 * 86_400, "ANNUAL"),
    (731 * 86_400, "BIENNIAL"),
)
_RIGHTS: Final[Mapping[str, str]] = MappingProxyType(
    {"open": "PUBLIC", "partners": "RESTRICTED", "private": "NON_PUBLIC"}
)
#: Of ADMS; of a partner it is not known which it is.
_PUBLISHERS: Final[Mapping[str, str]] = MappingProxyType({"metropolis": "LocalAuthority", "commune": "LocalAuthority"})


def frequency_of(period_s: int | None) -> str:
    """Return the address of a frequency for a promised period; irregular where nothing is promised.

    Examples
    --------
    >>> frequency_of(60).rpartition("/")[2]
    '1MIN'
    >>> frequency_of(20 * 60).rpartition("/")[2]
    '30MIN'
    """
    if period_s is None:
        return f"{EU}frequency/IRREG"
    return EU + "frequency/" + next((code for longest, code in _FREQUENCIES if period_s <= longest), "OTHER")


def rights_of(openness: str) -> str:
    """Return the address of what an openness means for others."""
    return f"{EU}access-right/{_RIGHTS[openness]}"


def theme_of(theme: str) -> str:
    """Return the address of a theme."""
    return f"{EU}data-theme/{theme}"


def file_type_of(code: str) -> str:
    """Return the address of a file type."""
    return f"{EU}file-type/{code}"


def publisher_type_of(kind: str) -> str | None:
    """Return the address of a kind of publisher, or None where there is none that fits."""
    code = _PUBLISHERS.get(kind)
    return None if code is None else f"http://purl.org/adms/publishertype/{code}"
