"""Who may be called: with consent, not after opting out, not more often than agreed, and those called least first."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.errors import ConflictError, InputError, NotFoundError, PlatformError
from core.resources import Battery, EvCharger
from db.audit import audit_head
from db.calls import CallLimit, CallRecord, opt_outs_of_event
from db.connection import Connection, Role, connect
from db.databases import create_database, drop_database
from db.demand_response import commands_of_event, flexible_resources, take_back_commands
from db.resources import NewConsent, State, consents_of, parameters_of
from grid.demand_response.consent import (
    describe_resource,
    give_consent,
    limit_calls,
    opt_out,
    require_resource,
    tell_state,
    withdraw_consent,
)
from grid.demand_response.fairness import fairest_first, read_records, season_of, spread
from grid.demand_response.plan import approve_event, plan_event
from grid.demand_response.release import cancel_event
from somel.embedded.services import Services
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS, NOON, add_chargers, draft, forecast_flat
from tests.grid.town import Town, answer, build_town

PAPER = NewConsent("2026-01", "paper", "file 2026/117")
WHO = "token/anna"


async def called(connection: Connection, town: Town, event_id: UUID | None = None) -> list[int]:
    """Return who may be called by a new event of the evening, or by one that is there."""
    if event_id is None:
        event_id = (await draft(connection, town.place["T1"])).event_id
    found = await flexible_resources(connection, place_id=town.place["T1"], event_id=event_id, now=NOON)
    return [one.end_device_id for one in found]


async def approved(connection: Connection, town: Town, *, days: int = 0) -> UUID:
    """Approve the event of the evening, or of one some days later."""
    later = timedelta(days=days)
    event = await draft(connection, town.place["T1"], starts_at=EVENT_STARTS + later, ends_at=EVENT_ENDS + later)
    await plan_event(connection, event_id=event.event_id, now=NOON)
    await approve_event(connection, event_id=event.event_id, now=NOON)
    return event.event_id


async def refused(kind: type[PlatformError], what: object) -> str:
    with pytest.raises(kind) as caught:
        await what  # type: ignore[misc]  # a coroutine
    return caught.value.code


async def test_only_with_consent_is_a_resource_called_and_its_withdrawal_takes_commands_back(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 10_000.0})
    devices = await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE) as connection:
        event_id = await approved(connection, town)
        left = await withdraw_consent(connection, "ev-T1-0", how="telephone", actor=WHO, now=NOON)
        assert not left.has_consent
        assert await called(connection, town, event_id) == devices[1:]
        commands = {one.resource: (one.status, one.reason) for one in await commands_of_event(connection, event_id)}
        assert commands["ev-T1-0"] == ("expired", "consent_withdrawn")
        assert commands["ev-T1-1"] == ("pending", None)
        assert (
            await refused(ConflictError, withdraw_consent(connection, "ev-T1-0", how="paper", actor=WHO, now=NOON))
            == "consent_missing"
        )
        again = await give_consent(connection, "ev-T1-0", PAPER, actor=WHO, now=NOON + timedelta(hours=1))
        assert (again.has_consent, again.consent_version) == (True, "2026-01")
        assert await called(connection, town, event_id) == devices
        newest, first = await consents_of(connection, devices[0])
        assert (newest.given_by, newest.given_how, newest.proof, newest.withdrawn_at) == (WHO, *PAPER_TOLD, None)
        assert (first.given_how, first.withdrawn_how, first.withdrawn_by) == ("enrolment", "telephone", WHO)
        # A newer text is agreed to: one consent holds at a time.
        await give_consent(connection, "ev-T1-0", NewConsent("2027-01", "online", None), actor=WHO, now=NOON)
        assert [one.withdrawn_at is None for one in await consents_of(connection, devices[0])] == [True, False, False]
        assert (
            await refused(NotFoundError, give_consent(connection, "nobody", PAPER, actor=WHO, now=NOON))
            == "resource_unknown"
        )
        await connection.commit()
        assert (await audit_head(connection)).number >= 3


PAPER_TOLD = ("paper", "file 2026/117")


async def test_who_opts_out_of_an_event_is_left_out_of_that_event_alone(database_url: str):
    town = await build_town(database_url)
    await forecast_flat(database_url, town, {"T1": 10_000.0})
    devices = await add_chargers(database_url, town, "T1")
    async with await connect(database_url, Role.COMPUTE) as connection:
        event_id = await approved(connection, town)
        said = [
            await opt_out(connection, event_id, "ev-T1-1", source="resident", actor=WHO, reason="guests", now=NOON)
            for _ in range(2)
        ]
        assert said[0] == said[1]
        assert await called(connection, town, event_id) == [devices[0], devices[2]]
        commands = {one.resource: one.status for one in await commands_of_event(connection, event_id)}
        assert commands == {"ev-T1-0": "pending", "ev-T1-1": "expired", "ev-T1-2": "pending"}
        await take_back_commands(connection, event_id, now=NOON)
        assert await called(connection, town) == devices
        await connection.commit()
    await answer(database_url, event_id, "opted_out")  # the devices themselves, all three
    async with await connect(database_url, Role.COMPUTE) as connection:
        assert await called(connection, town, event_id) == []
        told = {one.resource: one.source for one in await opt_outs_of_event(connection, event_id)}
        assert told == {"ev-T1-0": "device", "ev-T1-1": "resident", "ev-T1-2": "device"}
        await cancel_event(connection, event_id=event_id, now=NOON)
        code = await refused(
            ConflictError,
            opt_out(connection, event_id, "ev-T1-0", source="ven", actor="ven/one", reason=None, now=NOON),
        )
        assert code == "event_over"


@pytest.mark.parametrize(
    ("limit", "days", "may"),
    [
        (CallLimit(calls_per_day=1), 0, False),
        (CallLimit(calls_per_day=1), 1, True),
        (CallLimit(calls_per_day=0), 1, False),
        (CallLimit(calls_per_week=1), 1, False),  # Thursday and Friday
        (CallLimit(calls_per_week=1), 4, True),  # the Monday after
        (CallLimit(calls_per_week=2), 1, True),
        (CallLimit(calls_per_season=1), 5, False),
        (CallLimit(rest_s=23 * 3_600), 1, True),
        (CallLimit(rest_s=23 * 3_600 + 1), 1, False),
        (CallLimit(), 0, True),
    ],
)
async def test_nobody_is_called_more_often_than_agreed(limited: tuple[str, Town, int], limit, days, may):
    url, town, device = limited
    async with await connect(url, Role.COMPUTE) as connection:
        await limit_calls(connection, "ev-T1-0", limit, actor=WHO, now=NOON)
        later = timedelta(days=days, hours=0 if days else 2)
        event = await draft(connection, town.place["T1"], starts_at=EVENT_STARTS + later, ends_at=EVENT_ENDS + later)
        found = await flexible_resources(connection, place_id=town.place["T1"], event_id=event.event_id, now=EVENT_ENDS)
        await connection.rollback()
    assert (device in [one.end_device_id for one in found]) is may


@pytest.fixture(scope="module")
def limited(services: Services, template_database: str) -> Iterator[tuple[str, Town, int]]:
    """Give a town where an event of the evening has called everybody, and is over."""
    url = asyncio.run(create_database(services.database_url, "limited_calls", template=template_database))
    yield asyncio.run(called_once(url))
    asyncio.run(drop_database(services.database_url, "limited_calls"))


async def called_once(url: str) -> tuple[str, Town, int]:
    town = await build_town(url)
    await forecast_flat(url, town, {"T1": 10_000.0})
    devices = await add_chargers(url, town, "T1")
    async with await connect(url, Role.COMPUTE) as connection:
        event_id = await approved(connection, town)
        await connection.execute("UPDATE event SET status = 'completed' WHERE event_id = %s", [event_id])
        await connection.execute("UPDATE command SET status = 'accepted', expires_at = %s", [EVENT_ENDS])
    return url, town, devices[0]


async def test_the_season_is_counted_by_resource_and_household(limited: tuple[str, Town, int]):
    url, _, device = limited
    async with await connect(url, Role.COMPUTE) as connection:
        (record,) = await read_records(connection, [device], event_id=uuid4(), now=NOON)
        (later,) = await read_records(connection, [device], event_id=uuid4(), now=NOON + timedelta(days=300))
    assert (record.call_count, record.household_call_count, record.last_ended_at) == (1, 1, EVENT_ENDS)
    assert record.curtailed_wh == pytest.approx(7_000.0)
    assert (later.call_count, later.curtailed_wh, later.last_ended_at) == (0, 0.0, None)


def record_of(device: int, household: int, calls: int, curtailed_wh: float = 0.0, own: int | None = None) -> CallRecord:
    return CallRecord(device, household, calls if own is None else own, curtailed_wh, None, calls)


def test_the_fairest_order_depends_on_nothing_but_calls_energy_and_the_event():
    records = [record_of(number, number, number // 4, float(number % 2)) for number in range(1, 17)]
    event, other = UUID(int=1), UUID(int=2)
    order = fairest_first(records, event_id=event)
    assert order == fairest_first(records[::-1], event_id=event)
    assert order != fairest_first(records, event_id=other)
    key = {record.end_device_id: (record.call_count, record.curtailed_wh) for record in records}
    assert [key[one] for one in order] == sorted(key.values())
    # The second resource of a household has its turn as if the first had been called.
    pair = [record_of(1, 1, 0), record_of(2, 1, 0), record_of(3, 2, 0, 500.0), record_of(4, 3, 1)]
    order = fairest_first(pair, event_id=event)
    assert {order[0], order[3]} == {1, 2}
    assert (order[1], order[2]) == (3, 4)
    assert spread(records) == {0: 3, 1: 4, 2: 4, 3: 4, 4: 1}
    assert season_of(datetime(2026, 8, 31, 22, tzinfo=UTC)).start == datetime(2026, 8, 31, 22, tzinfo=UTC)


async def test_what_is_known_of_a_resource_is_kept_by_kind_with_its_newest_state(database_url: str):
    town = await build_town(database_url)
    (device, *_) = await add_chargers(database_url, town, "T1")
    charger = EvCharger(52_000, 10_000, 40_000, 0.85, 7_000)
    async with await connect(database_url, Role.COMPUTE) as connection:
        await describe_resource(connection, "ev-T1-0", charger, actor=WHO, now=NOON)
        for hours, energy_wh in ((2, 20_000), (1, 30_000)):
            await tell_state(connection, "ev-T1-0", State(NOON + timedelta(hours=hours), energy_wh, None), now=NOON)
        known = await parameters_of(connection, [device])
        assert (known[device].known, known[device].energy_wh) == (charger, 20_000)
        battery = Battery(10_000, 0, 10_000, 5_000, 5_000, 0.9)
        wrong = describe_resource(connection, "ev-T1-0", battery, actor=WHO, now=NOON)
        assert await refused(InputError, wrong) == "parameters_of_other_kind"
        less = EvCharger(52_000, 10_000, 9_000, 0.85, 0)
        wrong = describe_resource(connection, "ev-T1-0", less, actor=WHO, now=NOON)
        assert await refused(InputError, wrong) == "value_not_storable"
        assert (await require_resource(connection, "ev-T1-0", now=NOON)).energy_wh == 20_000
