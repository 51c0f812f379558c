"""Who is told of what: nobody of what is not his, and everybody who asked of what is."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from db.connection import Connection, Role, connect
from grid.openadr.fan_out import fan_out
from tests.api.webhooks.vtn import Vtn, opened

HOOK = "https://example.org/hook"


@pytest.fixture
def vtn(database_url: str) -> Iterator[Vtn]:
    with opened(database_url) as vtn:
        yield vtn


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        yield connection


def queued(vtn: Vtn) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return what waits for each client and callback."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for client_id, url, notification in vtn.rows(
        "SELECT client_id, callback_url, notification FROM openadr_delivery JOIN openadr_callback "
        "USING (openadr_callback_id) JOIN openadr_object ON object_id = subscription_id ORDER BY openadr_delivery_id"
    ):
        found.setdefault((client_id, url), []).append(json.loads(notification))
    return found


def published(vtn: Vtn) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for topic, text in vtn.rows("SELECT topic, notification FROM openadr_publication ORDER BY openadr_publication_id"):
        found.setdefault(topic.removeprefix("openadr3/3.1.0/"), []).append(json.loads(text))
    return found


async def test_each_is_told_what_he_may_see_and_of_its_targets_those_he_has(vtn: Vtn, connection: Connection):
    vtn.client("bl", "bl")
    north, south = vtn.ven("north", ["n", "all"]), vtn.ven("south", ["s"], ["all"])
    for client in ("bl", "north", "south"):
        vtn.subscribe(client, HOOK, targets=["n", "s", "all"])
    vtn.change("e-north", targets=["n", "secret"])
    vtn.change("e-both", targets=["s", "n", "all"])
    vtn.change("e-nobody", targets=["secret"])
    vtn.change("e-hidden-program", targets=["n"], program_targets=["secret"])
    assert await fan_out(connection) == 4
    told = {client: [one["object"] for one in ones] for (client, _), ones in queued(vtn).items()}
    assert [one["id"] for one in told["bl"]] == ["e-north", "e-both", "e-hidden-program"]
    assert told["bl"][0]["targets"] == ["n", "secret"]
    assert told["north"] == [
        {"id": "e-north", "objectType": "EVENT", "targets": ["n"]},
        {"id": "e-both", "objectType": "EVENT", "targets": ["n", "all"]},
    ]
    assert told["south"] == [{"id": "e-both", "objectType": "EVENT", "targets": ["s", "all"]}]
    topics = published(vtn)
    assert len(topics["bl/events/update"]) == len(topics["bl/programs/p/events/update"]) == 4
    assert [one["object"] for one in topics[f"vens/{north}/events/update"]] == told["north"]
    assert [one["object"] for one in topics[f"vens/{south}/programs/p/events/update"]] == told["south"]
    assert not [topic for topic in topics if not topic.startswith(("bl/", f"vens/{north}/", f"vens/{south}/"))]
    assert "secret" not in json.dumps([ones for topic, ones in topics.items() if topic.startswith("vens/")])


async def test_a_subscription_without_targets_hears_of_what_has_none(vtn: Vtn, connection: Connection):
    vtn.client("bl", "bl")
    vtn.ven("north", ["n"])
    vtn.subscribe("bl", HOOK)
    vtn.subscribe("north", HOOK)
    vtn.change("open")
    vtn.change("targeted", targets=["n"])
    await fan_out(connection)
    assert [one["object"]["id"] for one in queued(vtn)["bl", HOOK]] == ["open", "targeted"]
    assert [one["object"]["id"] for one in queued(vtn)["north", HOOK]] == ["open"]
    assert queued(vtn)["north", HOOK][0] == {
        "objectType": "EVENT",
        "operation": "UPDATE",
        "object": {"id": "open", "objectType": "EVENT"},
        "targets": None,
    }


async def test_what_belongs_to_one_client_is_told_to_no_other(vtn: Vtn, connection: Connection):
    vtn.client("bl", "bl")
    north = vtn.ven("north")
    vtn.ven("south")
    every = ["REPORT", "SUBSCRIPTION", "VEN", "RESOURCE"]
    for client in ("bl", "north", "south"):
        vtn.subscribe(client, HOOK, objects=every)
    for object_type in every:
        vtn.change(f"x-{object_type}", object_type, "CREATE", client_id="north", ven_id=north, program_id=None)
    vtn.change(north, "VEN", "DELETE", client_id="north", ven_id=north, program_id=None)
    await fan_out(connection)
    assert {client for client, _ in queued(vtn)} == {"bl", "north"}
    assert len(queued(vtn)["north", HOOK]) == 5
    topics = [topic for topic in published(vtn) if topic.startswith("vens/")]
    assert topics
    assert all(topic.startswith(f"vens/{north}/") for topic in topics)
    assert f"vens/{north}/vens/delete" in topics


async def test_a_subscription_is_told_of_what_it_asks_for_once_a_callback(vtn: Vtn, connection: Connection):
    vtn.client("bl", "bl")
    vtn.add("p", "PROGRAM", name="p")
    other = "https://example.org/other"
    vtn.subscribe("bl", HOOK, HOOK, other, operations=["CREATE"], program_id="p")
    vtn.change("e1", operation="CREATE")
    vtn.change("e1", operation="UPDATE")
    vtn.change("e2", operation="CREATE", program_id="q")
    vtn.change("p", "PROGRAM", "CREATE")
    await fan_out(connection)
    assert {key: [one["object"]["id"] for one in ones] for key, ones in queued(vtn).items()} == {
        ("bl", HOOK): ["e1"],
        ("bl", other): ["e1"],
    }
    assert await fan_out(connection) == 0


async def test_a_revoked_client_is_told_nothing(vtn: Vtn, connection: Connection):
    north = vtn.ven("north")
    vtn.subscribe("north", HOOK)
    vtn.rows("UPDATE openadr_client SET revoked_at = now()")
    vtn.change("open")
    await fan_out(connection)
    assert not queued(vtn)
    assert not [topic for topic in published(vtn) if north in topic]


async def test_a_change_that_is_committed_late_is_not_passed_by(vtn: Vtn, connection: Connection, database_url: str):
    vtn.client("bl", "bl")
    vtn.subscribe("bl", HOOK)
    with opened(database_url, autocommit=False) as slow:
        early = slow.change("slow")
        late = vtn.change("quick")
        assert early < late
        assert await fan_out(connection) == 1
    assert await fan_out(connection) == 1
    assert [one["object"]["id"] for one in queued(vtn)["bl", HOOK]] == ["quick", "slow"]
