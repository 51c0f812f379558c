"""A catalogue worth looking at: seven datasets of two publishers, of which a stranger sees five."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.datasets import Contract, Field, FieldType, GeometryType
from db import datasets as store
from db.connection import Connection, Role, connect
from db.dataset_rows import Description
from enjoy.publishing import declare, open_version, receive
from tests.enjoy.stations import BIKES, CAR_PARKS, bike, point

#: When the newest record was measured; the clock of the applications begins a while later.
NEWEST = datetime(2026, 11, 27, 11, 59, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ADA = "key/ada"
#: Names that a stranger sees, in their order.
OPEN = ["car-parks", "quartiers", "trees", "velo", "words"]
STATIONS = {"Rihour": (3.0623, 50.6361), "Gare Lille Flandres": (3.0706, 50.6366), "Fives": (3.0905, 50.6334)}

_TREES = Contract(
    (
        Field("tree", FieldType.INTEGER, "Tree", is_required=True),
        Field("species", FieldType.TEXT, "Species"),
        Field("height_m", FieldType.NUMBER, "Height", unit="m"),
    ),
    ("tree",),
    geometry_type=GeometryType.POINT,
)
_QUARTERS = Contract(
    (Field("quarter", FieldType.TEXT, "Quarter", is_required=True), Field("people", FieldType.INTEGER, "People")),
    ("quarter",),
    geometry_type=GeometryType.POLYGON,
)


async def fill(url: str) -> None:
    """Declare datasets and write records, as their publishers do; organisations ilevia and lille are there."""
    async with await connect(url, Role.OWNER) as connection:
        ilevia = await store.find_organisation(connection, "ilevia")
        lille = await store.find_organisation(connection, "lille")
        assert ilevia is not None
        assert lille is not None
        await connection.execute(
            "UPDATE catalogue.organisation SET contact = 'donnees@lille.test', homepage = 'https://lille.test/é à'"
            " WHERE name = 'lille'"
        )
    for publisher, publish in ((ilevia.organisation_id, _of_ilevia), (lille.organisation_id, _of_lille)):
        async with await connect(url, Role.ENJOY_WRITE) as connection:
            await store.act_for(connection, [publisher])
            await publish(connection, publisher)


async def _of_ilevia(connection: Connection, publisher: int) -> None:
    said, ago = _said("V'lille en temps réel", ["vélo", "mobilité"]), NOW - timedelta(days=30)
    velo = await declare(connection, publisher, "velo", said, BIKES, actor=ADA, now=ago)
    await receive(connection, velo, _minutes(), source="api", now=NOW)
    fields = tuple(replace(one, name="free") if one.name == "bikes" else one for one in BIKES.fields)
    shape, until = replace(BIKES, fields=fields), NOW + timedelta(days=400)
    await open_version(connection, velo, shape, {"bikes": "free"}, sunset_at=until, actor=ADA, now=NOW)
    said = _said("Parkings", ["voiture"], 86_400)
    parks = await declare(connection, publisher, "car-parks", said, CAR_PARKS, actor=ADA, now=NOW)
    rihour = {"park": "Rihour", "places": 400, "opened": "1999-01-01"}
    await receive(connection, parks, [rihour], source="api", now=NOW)
    for name, openness in (("fares", "private"), ("staff", "partners")):
        secret = _said(f"Secret {name}", ["secret"], openness=openness)
        await declare(connection, publisher, name, secret, CAR_PARKS, actor=ADA, now=NOW)


async def _of_lille(connection: Connection, publisher: int) -> None:
    said = _said("Arbres", ["nature"], None, theme="ENVI")
    trees = await declare(connection, publisher, "trees", said, _TREES, actor=ADA, now=NOW)
    await receive(connection, trees, _trees(), source="api", now=NOW)
    said = _said("Quartiers", [], None, theme="REGI")
    quarters = await declare(connection, publisher, "quartiers", said, _QUARTERS, actor=ADA, now=NOW)
    await receive(connection, quarters, [_quarter()], source="api", now=NOW)
    title, described = '<script>alert("1")</script> & "words" \\ é', 'Line\n\tone "two" \\ three <b>'
    words, period_s = ["a, b", 'c "d"'], 3 * 366 * 86_400
    odd = Description(title, described, "cc0-1.0", "GOVE", words, "open", period_s, None)
    await declare(connection, publisher, "words", odd, CAR_PARKS, actor=ADA, now=NOW)


def _said(
    title: str, keywords: list[str], period_s: int | None = 60, *, theme: str = "TRAN", openness: str = "open"
) -> Description:
    said = f"{title} : ce que la métropole en sait, compté sur place et publié sans délai."
    return Description(title, said, "etalab-2.0", theme, keywords, openness, period_s, None)


def _minutes() -> list[dict[str, object]]:
    """Count bicycles each minute of two hours, but for ten minutes that are missing."""
    return [
        bike(name, (NEWEST - timedelta(minutes=back)).isoformat(), (back * 7 + len(name)) % 23, charge=back / 2)
        | {"geometry": point(*place)}
        for name, place in STATIONS.items()
        for back in range(120)
        if not 40 <= back < 50
    ]


def _trees() -> list[dict[str, object]]:
    kinds = ("Tilia cordata", "Platanus × hispanica", "Ginkgo biloba")
    return [
        {
            "tree": n,
            "species": kinds[n % 3],
            "height_m": 4.5 + n % 11,
            "geometry": point(3.04 + n / 2000, 50.62 + n % 7 / 400),
        }
        for n in range(40)
    ]


def _quarter() -> dict[str, object]:
    ring = [[3.05, 50.62], [3.09, 50.62], [3.09, 50.65], [3.05, 50.65], [3.05, 50.62]]
    return {"quarter": "Centre", "people": 20_000, "geometry": {"type": "Polygon", "coordinates": [ring]}}
