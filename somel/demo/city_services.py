"""What passes open in the demo: a pool and a library of a commune, and a car park of the metropolis; all invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.errors import NotFoundError
from db.accounts import insert_invitation
from db.connection import Connection, Role, connect
from db.pass_services import PassService, find_service, organisation_id_named
from enjoy.passes import ruling, services
from enjoy.passes.doors import make_reader

_ACTOR: Final = "process/demo"
_INVITED_FOR: Final = timedelta(days=1)
_DAILY: Final = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "07:00", "until": "22:00"}]
_WEEKDAYS: Final = [{"days": [2, 3, 4, 5, 6], "from": "10:00", "until": "18:30"}]
_ONCE_A_DAY: Final = [{"most": 1, "per": "day", "each_venue": True}]


@dataclass(frozen=True, slots=True)
class Opened:
    """Describe a service of the demo.

    Attributes
    ----------
    organisation : str
        Who runs it.
    facts : mapping
        What is said of it by itself.
    venues, rights : mapping
        By name: title and place; by code: title and condition.
    rules : tuple of mapping
        In their order.
    """

    organisation: str
    facts: Mapping[str, Any]
    venues: Mapping[str, tuple[str, str, float, float]]
    rights: Mapping[str, tuple[str, Mapping[str, Any]]]
    rules: tuple[Mapping[str, Any], ...]


def _facts(name: str, title: str, description: str, proof: str) -> dict[str, Any]:
    told = {"name": name, "title": title, "description": description, "proof": proof}
    return told | {"kind": "public", "stale_after_s": 86_400, "is_open": True}


SERVICES: Final = (
    Opened(
        "roubaix",
        _facts("piscine-demo", "Piscine (inventée)", "Cinquante mètres ; un bain par jour.", "device"),
        {"entree": ("Entrée", "59512", 3.1746, 50.6942)},
        {
            "resident": ("Habitant de Roubaix", {"residence": ["59512"]}),
            "child": ("Enfant", {"age_below": 12}),
            "reduced": ("Tarif réduit", {"any": [{"social_tariff": 700}, {"age_from": 65}]}),
            "visitor": ("Tout le monde", {"everybody": True}),
        },
        (
            {"rights": ["child"], "windows": _DAILY, "uses": _ONCE_A_DAY, "price_class": "enfant"},
            {"rights": ["reduced"], "windows": _DAILY, "uses": _ONCE_A_DAY, "price_class": "réduit"},
            {"rights": ["resident"], "windows": _DAILY, "uses": _ONCE_A_DAY, "price_class": "habitant"},
            {"rights": ["visitor"], "windows": _DAILY, "uses": _ONCE_A_DAY, "price_class": "plein"},
        ),
    ),
    Opened(
        "roubaix",
        _facts("mediatheque-demo", "Médiathèque (inventée)", "Lire et emprunter ; pour toute la métropole.", "token"),
        {"accueil": ("Accueil", "59512", 3.1808, 50.6907), "annexe": ("Annexe", "59512", 3.1692, 50.6851)},
        {"reader": ("Lecteur", {"any": [{"residence": "metropolis"}, {"age_below": 18}]})},
        (
            {
                "rights": ["reader"],
                "windows": _WEEKDAYS,
                "closed_on": ["2026-12-25", "2027-01-01"],
                "price_class": "gratuit",
            },
        ),
    ),
    Opened(
        "mel",
        _facts("parking-demo", "Parking relais (inventé)", "Deux heures entre deux entrées.", "serial"),
        {"barriere": ("Barrière", "59350", 3.0586, 50.6365)},
        {"all": ("Tout le monde", {"everybody": True})},
        ({"rights": ["all"], "pause_s": 7_200, "price_class": "relais"},),
    ),
)


_POOL: Final = SERVICES[0]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Hold what whoever watches the demo needs.

    Attributes
    ----------
    invitation : str
        Into the commune, for the page of its desk.
    reader : str
        Secret of a reader at the pool.
    """

    invitation: str
    reader: str


async def open_services(database_url: str, *, now: datetime) -> HandedOver:
    """Declare the services that are not there yet, with a reader at the pool and an invitation into its commune.

    Parameters
    ----------
    database_url : str
        Migrated database with the organisations of the demo; what an earlier demo declared in it stays.
    now : datetime
        Time on the wall.
    """
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        for one in SERVICES:
            if await find_service(connection, str(one.facts["name"])) is None:
                await _open(connection, one, now)
        organisation_id = await _organisation(connection, _POOL.organisation)
        name, (venue, *_) = str(_POOL.facts["name"]), _POOL.venues
        _, reader = await make_reader(connection, organisation_id, name, venue, "Tablette", actor=_ACTOR, now=now)
    async with await connect(database_url, Role.OWNER) as connection:
        _, invitation = await insert_invitation(connection, organisation_id, "publisher", lasts=_INVITED_FOR)
    return HandedOver(invitation, reader)


async def _open(connection: Connection, one: Opened, now: datetime) -> None:
    organisation_id = await _organisation(connection, one.organisation)
    made = await services.declare(connection, organisation_id, actor=_ACTOR, now=now, **one.facts)
    await _furnish(connection, made, one, now)


async def _furnish(connection: Connection, made: PassService, one: Opened, now: datetime) -> None:
    for name, (title, insee_code, lon, lat) in one.venues.items():
        facts = {"title": title, "kind": "place", "insee_code": insee_code, "lon": lon, "lat": lat, "is_open": True}
        await services.put_venue(connection, made, name, keeper=None, seen=None, actor=_ACTOR, now=now, **facts)
    for code, (title, condition) in one.rights.items():
        await services.put_kind(
            connection, made, code, title=title, condition=condition, seen=None, actor=_ACTOR, now=now
        )
    await ruling.replace_rules(connection, made, one.rules, seen=None, actor=_ACTOR, now=now)


async def _organisation(connection: Connection, name: str) -> int:
    found = await organisation_id_named(connection, name)
    if found is None:
        raise NotFoundError("organisation_unknown", f"There is no organisation {name!r}.")
    return found
