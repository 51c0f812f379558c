"""No VEN ever sees another's objects, targets or topics, whichever way it looks."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest

from tests.api.openadr.conftest import Party, Vtn

NOUNS = ("programs", "events", "reports", "subscriptions", "vens", "resources")
CALLBACK = {"objects": ["EVENT"], "operations": ["CREATE"], "callbackUrl": "https://a.example/"}


@dataclass
class House:
    """A VEN, what it was granted and what is its own."""

    party: Party
    letter: str
    granted: set[str] = field(default_factory=set)
    ven_id: str = ""
    own: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class World:
    """Three houses, and programs and events for some of them, for all or for nobody."""

    bl: Party
    houses: list[House]
    programs: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def program_seen(self, house: House, program: dict[str, Any]) -> bool:
        targets = set(program.get("targets", ()))
        return not targets or bool(targets & house.granted)

    def event_seen(self, house: House, event: dict[str, Any]) -> bool:
        program = next(one for one in self.programs if one["id"] == event["programID"])
        return self.program_seen(house, event) and self.program_seen(house, program)


async def build(bl: Party, parties: list[Party], chance: random.Random) -> World:
    world = World(bl, [House(party, letter) for party, letter in zip(parties, "ABC", strict=True)])
    for house in world.houses:
        await settle(bl, house, chance)
    pool = [*sorted(set().union(*(house.granted for house in world.houses))), "nobody"]
    for number in range(5):
        targets = chance.sample(pool, chance.choice([0, 0, 1, 2]))
        world.programs.append(await bl.made("programs", {"programName": f"P{number}", "targets": targets}))
    for number in range(14):
        targets = chance.sample(pool, chance.choice([0, 1, 2, 3]))
        program = chance.choice(world.programs)["id"]
        body = {"programID": program, "eventName": f"E{number}", "targets": targets}
        world.events.append(await bl.made("events", body))
    for house in world.houses:
        await live(world, house)
    return world


async def settle(bl: Party, house: House, chance: random.Random) -> None:
    """Grant a house its targets, by its VEN and by a resource."""
    mine = [f"{house.letter}-{number}" for number in range(3)]
    by_ven, by_resource = chance.sample([*mine, "shared"], 2), chance.sample(mine, 1)
    client_id = house.party.client_id
    ven = {"objectType": "BL_VEN_REQUEST", "clientID": client_id, "venName": f"ven-{house.letter}", "targets": by_ven}
    house.ven_id = (await bl.made("vens", ven))["id"]
    for name, targets in (("tank", by_resource), (f"car-{house.letter}", [])):
        body = {"objectType": "BL_RESOURCE_REQUEST", "clientID": client_id, "resourceName": name}
        made = await bl.made("resources", {**body, "venID": house.ven_id, "targets": targets})
        house.own.setdefault("resources", []).append(made["id"])
    house.granted = {*by_ven, *by_resource}
    house.own["vens"] = [house.ven_id]


async def live(world: World, house: House) -> None:
    """Let a house report on what it sees and subscribe."""
    house.own |= {"reports": [], "subscriptions": []}
    for event in (event for event in world.events if world.event_seen(house, event)):
        body = {"eventID": event["id"], "clientName": f"client-{house.letter}", "resources": []}
        house.own["reports"].append((await house.party.made("reports", body))["id"])
    body = {"clientName": f"client-{house.letter}", "objectOperations": [CALLBACK], "targets": sorted(house.granted)}
    house.own["subscriptions"].append((await house.party.made("subscriptions", body))["id"])


def secrets_from(world: World, house: House) -> set[str]:
    """Return every word that a house must never be told: others' identities, names, targets and trees."""
    hidden = {"nobody"}
    for other in (other for other in world.houses if other is not house):
        hidden |= {other.party.client_id, f"ven-{other.letter}", f"car-{other.letter}", f"client-{other.letter}"}
        hidden |= set(itertools.chain(*other.own.values())) | {f"{other.letter}-{number}" for number in range(3)}
    hidden |= {one["id"] for one in world.programs if not world.program_seen(house, one)}
    hidden |= {one["id"] for one in world.events if not world.event_seen(house, one)}
    return hidden - house.granted | ({"shared"} - house.granted)


def ways_of_looking(world: World, house: House) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every read of the specification, with filters that name what is another's."""
    pool = sorted({"nobody", "shared", *(f"{letter}-{number}" for letter in "ABC" for number in range(3))})
    everything = {
        noun: sorted(set(itertools.chain(*(one.own.get(noun, []) for one in world.houses)))) for noun in NOUNS
    }
    everything |= {"programs": [one["id"] for one in world.programs], "events": [one["id"] for one in world.events]}
    for noun in NOUNS:
        yield f"/{noun}", {}
        yield f"/{noun}", {"targets": pool}
        yield from ((f"/{noun}", {"targets": target}) for target in pool[:6])
        yield from ((f"/{noun}/{one}", {}) for one in everything[noun])
    for noun in ("reports", "subscriptions"):
        yield from ((f"/{noun}", {"clientName": f"client-{letter}"}) for letter in "ABC")
        yield from ((f"/{noun}", {"programID": one}) for one in everything["programs"])
    yield from (("/events", {"programID": one}) for one in everything["programs"])
    yield from (("/reports", {"eventID": one}) for one in everything["events"])
    yield from (("/vens", {"venName": f"ven-{letter}"}) for letter in "ABC")
    for ven in everything["vens"]:
        yield "/resources", {"venID": ven}
        yield from (
            (f"/notifiers/mqtt/topics/vens/{ven}{end}", {}) for end in ("", "/events", "/programs", "/resources")
        )
    yield from (("/resources", {"resourceName": f"car-{letter}"}) for letter in "ABC")
    yield from (
        (f"/notifiers/mqtt/topics/{noun}", {}) for noun in ("programs", "events", "reports", "vens", "resources")
    )
    yield from (
        (f"/notifiers/mqtt/topics/programs/{one}{end}", {}) for one in everything["programs"] for end in ("", "/events")
    )
    yield "/notifiers", {}


@pytest.mark.slow(15)
@pytest.mark.parametrize("seed", [1, 8])
async def test_no_ven_is_told_anything_of_another(vtn: Vtn, bl: Party, ven: Party, other: Party, seed: int) -> None:
    async with vtn.party("ven") as third:
        world = await build(bl, [ven, other, third], random.Random(seed))
        for house in world.houses:
            hidden = secrets_from(world, house)
            seen: set[str] = set()
            for path, query in ways_of_looking(world, house):
                answer = await house.party("GET", path, params=query)
                told = answer.text
                assert answer.status_code in {200, 403, 404}, told
                assert not [word for word in hidden if f'"{word}"' in told or f"/{word}/" in told], (path, query, told)
                if answer.status_code == HTTPStatus.OK:
                    seen.add(path)
            assert len(seen) > 12
            await exactly_what_is_its_own_or_for_it(world, house)
            await refusals_do_not_tell(world, house)


async def exactly_what_is_its_own_or_for_it(world: World, house: House) -> None:
    for noun in ("reports", "subscriptions", "vens", "resources"):
        assert sorted(row["id"] for row in await house.party.listed(noun)) == sorted(house.own[noun])
    for asked in ([], sorted(house.granted), ["shared"], ["A-0", "B-0", "C-0", "nobody"]):
        effective = house.granted & set(asked)
        events = {
            event["id"]: sorted(effective & set(event.get("targets", ())))
            for event in world.events
            if world.event_seen(house, event)
            and (bool(effective & set(event.get("targets", ()))) if asked else not event.get("targets"))
        }
        listed = await house.party.listed("events", targets=asked)
        assert {row["id"]: sorted(row.get("targets", ())) for row in listed} == events
    for program in world.programs:
        answer = await house.party("GET", f"/programs/{program['id']}")
        assert answer.status_code == (200 if world.program_seen(house, program) else 404)


async def refusals_do_not_tell(world: World, house: House) -> None:
    """What is another's and what is not there are refused in the same words."""
    neighbour = next(one for one in world.houses if one is not house)
    event = next(one["id"] for one in world.events if not world.event_seen(house, one))
    program = next((one["id"] for one in world.programs if not world.program_seen(house, one)), "none")
    report = {"clientName": "x", "resources": []}
    resource = {"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "tank"}
    wanted = {"clientName": "x", "objectOperations": [CALLBACK]}
    pairs: list[tuple[str, str, Any]] = [("POST", "/reports", {**report, "eventID": one}) for one in (event, "none")]
    pairs += [("POST", "/subscriptions", {**wanted, "programID": one}) for one in (program, "none")]
    pairs += [("POST", "/resources", {**resource, "venID": one}) for one in (neighbour.ven_id, "none")]
    renamed = {"objectType": "VEN_VEN_REQUEST", "venName": "mine now"}
    pairs += [("PUT", f"/vens/{one}", renamed) for one in (neighbour.ven_id, "none")]
    for noun, body in (
        ("vens", None),
        ("reports", None),
        ("resources", None),
        ("subscriptions", None),
        ("reports", {**report, "eventID": next(one["id"] for one in world.events if world.event_seen(house, one))}),
        ("subscriptions", wanted),
        ("resources", {**resource, "venID": house.ven_id}),
    ):
        theirs = neighbour.own[noun][0]
        pairs += [("DELETE" if body is None else "PUT", f"/{noun}/{one}", body) for one in (theirs, "none")]
    for (method, path, body), (_, nowhere, nothing) in zip(pairs[::2], pairs[1::2], strict=True):
        answer = await house.party(method, path, json=body)
        unknown = await house.party(method, nowhere, json=nothing)
        assert answer.status_code in {404, 409}, (method, path, answer.text)
        assert (answer.status_code, answer.text) == (unknown.status_code, unknown.text)
    for noun in ("vens", "resources", "subscriptions"):
        assert sorted(row["id"] for row in await neighbour.party.listed(noun)) == sorted(neighbour.own[noun])
