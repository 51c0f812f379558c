"""The directory of shops as a dataset of the metropolis: in the catalogue, in OGC API Features, in every export.

A job compares what is listed with what is published. Only what changed is written, so that webhooks tell of changes
alone; a shop that is suspended, refused or gone is deleted.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from core.clock import WALL_CLOCK, Clock
from core.datasets import Contract, Field, FieldType, GeometryType
from db.connection import Connection, Role
from db.dataset_rows import Description, Organisation, Published
from db.datasets import act_for, find_organisation, find_published
from db.directory import ListedShop, listed_shops
from db.preview import newest_rows
from enjoy.acting import Connect
from enjoy.energy_datasets import PUBLISHER
from enjoy.publishing import declare, receive, remove
from enjoy.shops.hours import ZONE, read_hours
from enjoy.shops.osm_hours import osm_hours

_log = structlog.get_logger()

NAME: Final = "shops"
_ACTOR: Final = "process/enjoy"
_MOST: Final = 1_000_000
_DESCRIPTION: Final = Description(
    "Shops and crafts with click-and-collect",
    "Shops of the metropolis that are listed: what they are, where, when they are open, and when something that is"
    " ordered now can be collected first. Orders are placed at /enjoy/shops or by API. Merchants say it themselves; who"
    " lists them checks that the establishment exists.",
    "etalab-2.0",
    "ECON",
    ["shops", "crafts", "click and collect", "opening hours", "SIRET"],
    "open",
    300,
    None,
)
CONTRACT: Final = Contract(
    (
        Field("shop", FieldType.TEXT, "Shop", "Permanent name, part of its address", is_required=True),
        Field("title", FieldType.TEXT, "Name", "What people call it", is_required=True),
        Field("siret", FieldType.TEXT, "SIRET", "Number of the establishment", is_required=True),
        Field("address", FieldType.TEXT, "Address", "Street and number, postcode and town", is_required=True),
        Field("insee_code", FieldType.TEXT, "Commune", "Its INSEE code", is_required=True),
        Field("commune", FieldType.TEXT, "Name of the commune", "Null where the platform does not know it"),
        Field("categories", FieldType.TEXT, "Categories", "Codes of /enjoy/v1/shop-categories, with ; between"),
        Field(
            "opening_hours",
            FieldType.TEXT,
            "Opening hours",
            "As OpenStreetMap writes them, local time; off: never open",
        ),
        Field(
            "click_and_collect", FieldType.BOOLEAN, "Click and collect", "Whether orders are taken", is_required=True
        ),
        Field("next_pickup_at", FieldType.TIMESTAMP, "Next pickup", "Begin of the first slot with room; null: none"),
    ),
    ("shop",),
    geometry_type=GeometryType.POINT,
)


async def publish_directory(lend: Connect, clock: Clock, *, wall: Clock = WALL_CLOCK) -> int:
    """Publish what has changed of the directory; return how many shops that are.

    Parameters
    ----------
    lend : callable
        Lends a connection in a role.
    clock : Clock
        Of the platform: says when records were received.
    wall : Clock, optional
        Of people: says what is next.
    """
    async with lend(Role.ENJOY_SHOP) as reading:
        shops = await listed_shops(reading, now=wall.now())
    async with lend(Role.ENJOY_WRITE) as connection:
        publisher = await find_organisation(connection, PUBLISHER)
        if publisher is None:
            _log.info("directory_not_published", reason=f"there is no organisation {PUBLISHER}")
            return 0
        return await _publish(connection, publisher, shops, now=clock.now(), wall=wall.now())


async def _publish(
    connection: Connection, publisher: Organisation, shops: list[ListedShop], *, now: datetime, wall: datetime
) -> int:
    published = await _declared(connection, publisher, now)
    records = [record_of(one, wall) for one in shops]
    received = await receive(connection, published, records, source="shops", now=now)
    rows = await newest_rows(connection, published, limit=_MOST)
    place = rows.names.index("shop")
    gone = {str(row[place]) for row in rows.rows} - {one.name for one in shops}
    deleted = await remove(connection, published, [(name,) for name in sorted(gone)], now=now) if gone else 0
    return received.written.inserted + received.written.updated + deleted


async def _declared(connection: Connection, publisher: Organisation, now: datetime) -> Published:
    """Return the dataset, declared where it is not there yet."""
    await act_for(connection, [publisher.organisation_id])
    return await find_published(connection, NAME) or await declare(
        connection, publisher.organisation_id, NAME, _DESCRIPTION, CONTRACT, actor=_ACTOR, now=now
    )


def record_of(shop: ListedShop, now: datetime) -> dict[str, object]:
    """Return a shop as the directory tells of it; what was exceptional until yesterday is left out."""
    yesterday = now.astimezone(ZONE).date() - timedelta(days=1)
    return {
        "shop": shop.name,
        "title": shop.title,
        "siret": shop.siret,
        "address": shop.address,
        "insee_code": shop.insee_code,
        "commune": shop.commune,
        "categories": ";".join(shop.categories),
        "opening_hours": osm_hours(read_hours(shop.hours), yesterday),
        "click_and_collect": shop.click_and_collect,
        "next_pickup_at": None if shop.next_pickup_at is None else shop.next_pickup_at.isoformat(),
        "geometry": {"type": "Point", "coordinates": [shop.longitude, shop.latitude]},
    }
