"""The territory and its network are registered in bulk, by name, and as often as one likes."""

import dataclasses
import json
from typing import Any

import pytest

from core.errors import ConflictError, InputError
from core.network import Commune, EndDevice, Feeder, Gateway, Network, PowerTransformer, Territory, UsagePoint
from db.connection import Role, connect
from db.registry import DeviceEntry, load_registry
from db.territory import MEL, load_boundaries, load_communes, read_commune_facts, register_network
from tests.db.village import COMMUNES, ask, network, prm

SQUARE = {"type": "Polygon", "coordinates": [[[3.0, 50.6], [3.1, 50.6], [3.1, 50.7], [3.0, 50.7], [3.0, 50.6]]]}


def feature(code: object, geometry: object = SQUARE, name: str = "insee") -> dict[str, Any]:
    return {"type": "Feature", "properties": {name: code}, "geometry": geometry}


def test_the_facts_are_the_95_communes_of_the_mel() -> None:
    communes = read_commune_facts()
    assert len(communes) == 95
    assert len({commune.insee_code for commune in communes}) == 95
    assert sum(commune.population for commune in communes) == 1_194_040
    assert all(2.7 < commune.lon < 3.3 and 50.4 < commune.lat < 50.9 for commune in communes)
    assert {"Lille", "Roubaix", "Tourcoing", "Villeneuve-d'Ascq"} <= {commune.name for commune in communes}


async def test_communes_are_stored_with_their_territory_and_brought_up_to_date(database_url: str) -> None:
    async with await connect(database_url, Role.OWNER) as connection:
        await load_communes(connection, read_commune_facts())
        await load_communes(connection, [Commune("59350", "Lille (Lomme)", 250_000, 3.0, 50.5)])
    assert ask(database_url, "SELECT count(*) FROM commune") == [(95,)]
    assert ask(database_url, "SELECT code, name FROM place WHERE level = 'territory'") == [(MEL.code, MEL.name)]
    query = "SELECT name, population, ST_X(centroid), ST_Y(centroid) FROM commune JOIN place USING (place_id)"
    assert ask(database_url, f"{query} WHERE insee_code = '59350'") == [("Lille (Lomme)", 250_000, 3.0, 50.5)]


async def test_a_second_territory_is_refused(village_url: str) -> None:
    async with await connect(village_url, Role.OWNER) as connection:
        with pytest.raises(ConflictError, match="territory_taken"):
            await load_communes(connection, COMMUNES, territory=Territory("200054781", "Métropole du Grand Paris"))
    assert ask(village_url, "SELECT count(*) FROM place WHERE level = 'territory'") == [(1,)]


async def test_boundaries_are_found_by_their_code_and_mended(village_url: str) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[3.0, 50.0], [4.0, 51.0], [4.0, 50.0], [3.0, 51.0], [3.0, 50.0]]]}
    async with await connect(village_url, Role.OWNER) as connection:
        stored = await load_boundaries(
            connection, [feature("59350"), feature("59512", bow_tie, "code"), feature("75056"), {"properties": None}]
        )
    assert stored == 2
    query = "SELECT insee_code, GeometryType(boundary), ST_IsValid(boundary), ST_SRID(boundary) FROM commune ORDER BY 1"
    assert ask(village_url, query) == [("59350", "MULTIPOLYGON", True, 4326), ("59512", "MULTIPOLYGON", True, 4326)]


@pytest.mark.parametrize(
    ("features", "code"),
    [
        ([feature("75056")], "boundaries_foreign"),
        ([], "boundaries_foreign"),
        ([feature("59350", {"type": "Point", "coordinates": [3, 50]})], "boundary_invalid"),
        ([feature("59350", {"type": "Polygon", "coordinates": "x"})], "boundary_invalid"),
        ([feature("59350", {"type": "Polygon"})], "boundary_invalid"),
        ([feature("59350", {"type": "Polygon", "coordinates": [[[3, 50], [4, 50]]]})], "boundary_invalid"),
        ([feature("59350", None)], "boundary_invalid"),
    ],
)
async def test_a_boundary_that_cannot_be_one_is_refused(
    shared_village_url: str, features: list[dict[str, Any]], code: str
) -> None:
    async with await connect(shared_village_url, Role.OWNER) as connection:
        with pytest.raises(InputError) as raised:
            await load_boundaries(connection, features)
    assert raised.value.code == code, json.dumps(features)
    assert ask(shared_village_url, "SELECT count(*) FROM commune WHERE boundary IS NOT NULL") == [(0,)]


async def test_a_network_is_registered_once_and_brought_up_to_date(village_url: str) -> None:
    tables = (
        "place", "substation", "feeder", "power_transformer", "usage_point", "personal.usage_point_identity", "gateway",
        "end_device", "resource",
    )  # fmt: skip
    query = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608
    keys = "SELECT usage_point_id, usage_point_key, prm FROM usage_point JOIN personal.usage_point_identity USING (usage_point_id) ORDER BY 3"  # noqa: E501
    assert ask(village_url, query) == [(9, 1, 2, 3, 9, 9, 2, 10, 1)]
    before = ask(village_url, keys)
    changed = network()
    points = [dataclasses.replace(point, subscribed_va=9_000, tariff="tempo") for point in changed.usage_points]
    moved = [Gateway("gw-0001", 3)]
    async with await connect(village_url, Role.OWNER) as connection:
        await register_network(connection, dataclasses.replace(changed, usage_points=points, gateways=moved))
    assert ask(village_url, query) == [(9, 1, 2, 3, 9, 9, 2, 10, 1)]
    assert ask(village_url, keys) == before
    assert [row[2] for row in before] == [prm(number) for number in range(1, 10)]
    assert ask(village_url, "SELECT DISTINCT subscribed_va, tariff FROM usage_point") == [(9_000, "tempo")]
    assert ask(village_url, "SELECT name, shard FROM gateway ORDER BY 1") == [("gw-0001", 3), ("gw-0002", 1)]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (Network(feeders=[Feeder("F9", "F9", "S9", 20_000)]), "reference_missing"),
        (Network(power_transformers=[PowerTransformer("T9", "T9", "F1", "75056", 1, 3, 50)]), "reference_missing"),
        (Network(usage_points=[UsagePoint(prm(99), "T9", 1, "base", "residential", 1_800)]), "reference_missing"),
        (Network(end_devices=[EndDevice("m-999999", "meter", "gw-0001", prm(99), None)]), "reference_missing"),
        (Network(usage_points=[UsagePoint("123", "T1", 1, "base", "residential", 1_800)]), "value_not_storable"),
        (Network(usage_points=[UsagePoint(prm(99), "T1", 1, "free", "residential", 1_800)]), "value_not_storable"),  # type: ignore[arg-type]  # what the database must refuse
        (Network(gateways=[Gateway("no spaces", 0)]), "value_not_storable"),
        (Network(gateways=[Gateway("gw-9", 0), Gateway("gw-9", 0)]), "value_not_storable"),
    ],
)
async def test_a_network_that_does_not_hold_together_is_refused_whole(
    shared_village_url: str, part: Network, code: str
) -> None:
    async with await connect(shared_village_url, Role.OWNER) as connection:
        with pytest.raises(InputError) as raised:
            await register_network(connection, dataclasses.replace(part, substations=network().substations))
    assert raised.value.code == code
    assert ask(shared_village_url, "SELECT count(*) FROM place") == [(9,)]


async def test_the_registry_knows_gateways_and_devices_by_name(village_url: str) -> None:
    async with await connect(village_url, Role.INGEST) as connection:
        registry = await load_registry(connection)
        assert {name: gateway.shard for name, gateway in registry.gateways.items()} == {"gw-0001": 0, "gw-0002": 1}
        assert len(registry.devices) == 10
        charger = registry.devices["ev-000001"]
        meter = registry.devices["m-000001"]
        assert charger == DeviceEntry(
            charger.end_device_id, "ev_charger", registry.gateways["gw-0002"].gateway_id, meter.usage_point_id, 6_000
        )
        ask(village_url, "INSERT INTO gateway (name, shard) VALUES ('gw-0003', 2)")
        await connection.rollback()
        assert (await load_registry(connection)).gateways["gw-0003"].shard == 2
