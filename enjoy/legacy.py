"""Shapes that feeds of the metropolis had before Enjoy, told from the datasets that carry them now: a table, not code.

Applications of Lille read V'lille as ``vlille-realtime`` for years; it has other names, and says states in words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Any, Final

_TRUTHS: Final = frozenset({"true", "1", "open", "opened", "active", "in service", "en service", "connected", "yes"})


def _plain(value: Any, _zone: tzinfo) -> Any:
    return value


def _number(value: Any, _zone: tzinfo) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _capitals(value: Any, _zone: tzinfo) -> Any:
    return str(value).upper()


def _moment(value: Any, zone: tzinfo) -> Any:
    return datetime.fromisoformat(str(value)).astimezone(zone).isoformat(timespec="seconds")


def _in_words(yes: str, no: str) -> Callable[[Any, tzinfo], Any]:
    return lambda value, _zone: yes if str(value).lower() in _TRUTHS else no


@dataclass(frozen=True, slots=True)
class LegacyField:
    """Say what a field was called, which of today's gives it (the first that is there), and how it was written."""

    name: str
    sources: tuple[str, ...]
    written: Callable[[Any, tzinfo], Any] = _plain


@dataclass(frozen=True, slots=True)
class LegacyFeed:
    """Name a former feed, the dataset that carries it now, and its fields."""

    name: str
    dataset: str
    fields: tuple[LegacyField, ...]


_VLILLE: Final = LegacyFeed(
    "vlille-realtime",
    "vlille",
    (
        LegacyField("libelle", ("station_id", "station"), _number),
        LegacyField("nom", ("name",), _capitals),
        LegacyField("adresse", ("address",), _capitals),
        LegacyField("commune", ("commune", "city"), _capitals),
        LegacyField("etat", ("state", "is_renting", "open"), _in_words("EN SERVICE", "HORS SERVICE")),
        LegacyField("type", ("payment", "has_terminal"), _in_words("AVEC TPE", "SANS TPE")),
        LegacyField("etatconnexion", ("is_connected", "is_installed", "state"), _in_words("CONNECTED", "DISCONNECTED")),
        LegacyField("nbvelosdispo", ("bikes", "num_bikes_available")),
        LegacyField("nbplacesdispo", ("docks", "num_docks_available")),
        LegacyField("datemiseajour", ("at", "last_reported"), _moment),
    ),
)
FEEDS: Final[Mapping[str, LegacyFeed]] = MappingProxyType({one.name: one for one in (_VLILLE,)})


def legacy_fields(feed: LegacyFeed, feature: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """Return the fields that a feature of today had; those without a value are left out, as they were."""
    values, told = feature["properties"], {}
    for field in feed.fields:
        value = next((values[name] for name in field.sources if values.get(name) is not None), None)
        if value is not None:
            told[field.name] = field.written(value, zone)
    geometry = feature["geometry"]
    if geometry is not None and geometry["type"] == "Point":
        place = geometry["coordinates"][1::-1]
        told |= {"geo": place, "localisation": place}
    return told
