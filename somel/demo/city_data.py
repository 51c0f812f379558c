"""The city's data in the demo: who publishes, what, and how it comes in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.datasets import Contract, Field, FieldType, GeometryType
from db.connection import Connection, Role, connect
from db.dataset_rows import Description, NewOrganisation, Published
from db.datasets import act_for, find_organisation, find_published, insert_organisation
from db.keys import create_key
from db.territory import read_commune_facts
from enjoy.publishing import declare, receive
from enjoy.pulling.mapping import SourceMapping
from enjoy.pulling.pulls import declare_source

_ACTOR: Final = "process/demo"
_WEEK_S: Final = 7 * 86_400
ORGANISATIONS: Final = (
    NewOrganisation("mel", "Métropole Européenne de Lille", "metropolis"),
    NewOrganisation("roubaix", "Ville de Roubaix", "commune"),
    NewOrganisation("parcs-du-nord", "Parcs du Nord (invented)", "partner"),
)
COMMUNES: Final = Contract(
    (
        Field("insee_code", FieldType.TEXT, "INSEE code", is_required=True),
        Field("name", FieldType.TEXT, "Name", is_required=True),
        Field("population", FieldType.INTEGER, "Municipal population", "Inhabitants", "1", is_required=True),
    ),
    ("insee_code",),
    geometry_type=GeometryType.POINT,
)
VLILLE: Final = Contract(
    (
        Field("station_id", FieldType.TEXT, "Station", is_required=True),
        Field("at", FieldType.TIMESTAMP, "When the station last reported", is_required=True),
        Field("name", FieldType.TEXT, "Name", is_required=True),
        Field("bikes", FieldType.INTEGER, "Bicycles that can be taken", unit="1", is_required=True),
        Field("docks", FieldType.INTEGER, "Docks that are free", unit="1", is_required=True),
        Field("capacity", FieldType.INTEGER, "Docks in all", unit="1"),
        Field("state", FieldType.TEXT, "State", "open, renting only, returning only, closed or removed"),
    ),
    ("station_id",),
    "at",
    GeometryType.POINT,
)
CAR_PARKS: Final = Contract(
    (
        Field("car_park_id", FieldType.TEXT, "Car park", is_required=True),
        Field("at", FieldType.TIMESTAMP, "When they were counted", is_required=True),
        Field("name", FieldType.TEXT, "Name", is_required=True),
        Field("free_places", FieldType.INTEGER, "Places that are free", unit="1", is_required=True),
        Field("places", FieldType.INTEGER, "Places in all", unit="1", is_required=True),
    ),
    ("car_park_id",),
    "at",
    GeometryType.POINT,
)


async def publish_city_data(database_url: str, *, feed_url: str, now: datetime) -> str:
    """Declare organisations and datasets and fill what does not change; return the key that the partner pushes with.

    Parameters
    ----------
    database_url : str
        Migrated database; what an earlier demo declared in it stays.
    feed_url : str
        Discovery file of the bicycles' feed.
    now : datetime
        Time.
    """
    mel, _, partner = await add_organisations(database_url)
    async with await connect(database_url, Role.ENJOY_WRITE) as connection:
        await act_for(connection, [mel])
        communes = await _dataset(connection, mel, "communes", _about_communes(), COMMUNES, now)
        await receive(connection, communes, _communes(), source="demo", now=now)
        bikes = await _dataset(connection, mel, "vlille", _about_bikes(), VLILLE, now)
        source = {"kind": "gbfs", "url": feed_url, "period_s": 60}
        await declare_source(connection, bikes, mapping=SourceMapping(), actor=_ACTOR, now=now, **source)  # type: ignore[arg-type]
    async with await connect(database_url, Role.ENJOY_WRITE) as connection:
        await act_for(connection, [partner])
        await _dataset(connection, partner, "car-parks", _about_car_parks(), CAR_PARKS, now)
    async with await connect(database_url, Role.OWNER) as connection:
        _, secret = await create_key(connection, "demo", ["write:data"], organisation_id=partner)
    return secret


async def add_organisations(database_url: str) -> Sequence[int]:
    """Add those that are not there yet, and return the keys of all."""
    keys = []
    async with await connect(database_url, Role.OWNER) as connection:
        for one in ORGANISATIONS:
            known = await find_organisation(connection, one.name)
            keys.append(known.organisation_id if known else await insert_organisation(connection, one))
    return keys


async def _dataset(
    connection: Connection, organisation: int, name: str, about: Description, contract: Contract, now: datetime
) -> Published:
    known = await find_published(connection, name)
    return known or await declare(connection, organisation, name, about, contract, actor=_ACTOR, now=now)


def _communes() -> list[dict[str, object]]:
    return [
        {
            "insee_code": one.insee_code,
            "name": one.name,
            "population": one.population,
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        }
        for one in read_commune_facts()
    ]


def _about_communes() -> Description:
    text = "The communes of the metropolis, each at a point inside it, with its population."
    return Description("Communes", text, "etalab-2.0", "REGI", ["commune", "population"], "open", None, None)


def _about_bikes() -> Description:
    text = "Bicycles and free docks of each station, once a minute. In the demo stations and bicycles are simulated."
    keywords = ["bicycle", "V'lille", "GBFS"]
    return Description("V'lille stations", text, "etalab-2.0", "TRAN", keywords, "open", 60, _WEEK_S)


def _about_car_parks() -> Description:
    text = "Free places of a partner's car parks. An example of what partners push; all of it is invented."
    return Description("Car parks", text, "odbl-1.0", "TRAN", ["car park"], "open", 600, _WEEK_S)
