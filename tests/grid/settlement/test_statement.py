"""Statements made before and after a late batch: both can be made again, and each row that differs says why."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from core.errors import ConflictError, InputError, InvariantError, NotFoundError
from db.audit import WantedEntries, newest_entries
from db.audit_chain import verify_chain
from db.connection import Connection, Role, connect, translated_errors
from db.settlement import (
    StatementRow,
    find_statements,
    participants,
    slots_of_statement,
    usage_points_of_statement,
)
from grid.settlement.difference import Difference, difference
from grid.settlement.methods import METHODS
from grid.settlement.statement import is_reproduced, make_statement
from tests.db.village import ask
from tests.grid.demand_response.evening import EVENT_ENDS, EVENT_STARTS
from tests.grid.settlement.past import (
    FIRST,
    LATE,
    SECOND,
    TEN_DAYS,
    Word,
    at,
    lowest_day,
    store,
    the_event_is_measured,
    the_late_batch,
    town_with_event,
    usual_w,
)

DAY = EVENT_STARTS.date()


async def made(connection: Connection, event_id: UUID, moment, method: str = "high_5_of_10") -> StatementRow:
    return await make_statement(
        connection, event_id=event_id, now=SECOND, actor="token/test", method=method, as_of=moment, program="P1"
    )


def high_five(point: int) -> tuple[list[date], list[float]]:
    """Return the five highest days and their mean, by hand."""
    ranked = sorted(TEN_DAYS, key=lambda day: (usual_w(point, day, 8) + usual_w(point, day, 9), day))[-5:]
    return sorted(ranked), [sum(usual_w(point, day, slot) for day in ranked) / 5 for slot in (8, 9)]


async def baselines_are_those_made_by_hand(
    connection: Connection, statement: StatementRow, points: tuple[int, int, int]
) -> None:
    """Check days, baseline and measured load of each usage point; the third was not measured."""
    rows = await slots_of_statement(connection, statement.settlement_statement_id)
    slots = {(slot.usage_point_id, slot.slot_start_at): slot for slot in rows}
    members = await usage_points_of_statement(connection, statement.settlement_statement_id)
    for point, measured in zip(points, ([300.0, 300.0], [300.0, 350.0], [np.nan, np.nan]), strict=True):
        days, baseline = high_five(point)
        found = [slots[point, at(DAY, slot)] for slot in (8, 9)]
        np.testing.assert_allclose([slot.baseline_w for slot in found], baseline, atol=1e-3)
        np.testing.assert_array_equal([slot.measured_w for slot in found], measured)
        (member,) = [member for member in members if member.usage_point_id == point]
        assert member.baseline_days == days
        assert np.isnan(member.reduction_wh) == (point == points[2])


async def test_a_late_batch_changes_the_next_statement_and_never_the_one_before(database_url: str):
    town, event_id = await town_with_event(database_url)
    one, two, three = town.usage_points["T1"]
    await the_event_is_measured(database_url, town)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        first = await make_statement(
            connection, event_id=event_id, now=SECOND, actor="token/test", as_of=FIRST, program="P1"
        )
        await baselines_are_those_made_by_hand(connection, first, (one, two, three))
        expected = sum(sum(high_five(point)[1]) for point in (one, two)) / 2 - (300 + 300 + 300 + 350) / 2
        assert first.reduction_wh == pytest.approx(expected, abs=0.01)
        assert (first.usage_point_count, first.slot_count, first.complete_count) == (3, 6, 4)
        assert first.lower_wh < first.reduction_wh - first.error_mean_wh < first.upper_wh
        assert first.error_day_count == 10

        await the_late_batch(database_url, town)
        second = await made(connection, event_id, SECOND)
        assert await is_reproduced(connection, first)
        assert await is_reproduced(connection, second)
        assert await made(connection, event_id, FIRST) == first
        assert second.complete_count == 6
        assert second.hash != first.hash
        differs = await difference(connection, second.settlement_statement_id, first.settlement_statement_id)
        same = await difference(connection, first.settlement_statement_id, first.settlement_statement_id)
        entries = await newest_entries(connection, WantedEntries(action="settlement.made"), limit=9)
        assert [
            f'"hash":"{row.hash.hex()}"' in entry.content for row, entry in zip((second, first), entries, strict=True)
        ]
    assert (same.rows, same.row_count) == ([], 6)
    explained(differs, one, two, three)
    async with await connect(database_url, Role.READ) as connection:
        assert (await verify_chain(connection)).fault is None


def explained(found: Difference, one: int, two: int, three: int) -> None:
    """Check who, which slot, why, and from which value to which."""
    assert found.older.as_of < found.newer.as_of
    rows = {
        (row.newer.usage_point_id, row.slot_start_at): {(reason.kind, reason.role) for reason in row.reasons}
        for row in found.rows
        if row.newer is not None
    }
    days = {("baseline_days_changed", ""), ("reading_revised", "baseline")}
    early = {("reading_revised", "adjustment")}
    assert rows == {
        (one, at(DAY, 8)): {("reading_revised", "measured")} | days,
        (one, at(DAY, 9)): days,
        (two, at(DAY, 8)): early,
        (two, at(DAY, 9)): {("estimate_replaced", "measured")} | early,
        (three, at(DAY, 8)): {("reading_arrived", "measured")},
        (three, at(DAY, 9)): {("reading_arrived", "measured")},
    }
    (row,) = [
        row for row in found.rows if row.newer and (row.newer.usage_point_id, row.slot_start_at) == (two, at(DAY, 9))
    ]
    (reason,) = [reason for reason in row.reasons if reason.role == "measured"]
    assert reason.reading is not None
    assert (reason.reading.old_value, reason.reading.new_value) == (175.0, 250.0)
    assert (reason.reading.old_known_at, reason.reading.new_known_at) == (EVENT_ENDS + timedelta(hours=1), LATE)
    (row,) = [
        row for row in found.rows if row.newer and (row.newer.usage_point_id, row.slot_start_at) == (one, at(DAY, 9))
    ]
    assert f"new: {lowest_day(one)}" in next(reason.message for reason in row.reasons if not reason.role)


async def test_every_method_gives_statements_that_can_be_made_again_and_differences_that_are_explained(
    database_url: str,
):
    town, event_id = await town_with_event(database_url)
    await the_event_is_measured(database_url, town)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        firsts = {name: await made(connection, event_id, FIRST, name) for name in METHODS}
        await the_late_batch(database_url, town)
        seconds = {name: await made(connection, event_id, SECOND, name) for name in METHODS}
        kinds: dict[str, set[tuple[str, str]]] = {}
        for name, method in METHODS.items():
            assert await is_reproduced(connection, firsts[name]), name
            assert await is_reproduced(connection, seconds[name]), name
            found = await difference(
                connection, firsts[name].settlement_statement_id, seconds[name].settlement_statement_id
            )
            assert len(found.rows) >= 4, name
            kinds[name] = {(reason.kind, reason.role) for row in found.rows for reason in row.reasons}
            assert not any(kind == "not_explained" for kind, _ in kinds[name]), name
            assert np.isnan(seconds[name].adjusted_reduction_wh) != method.is_adjusted, name
            assert seconds[name].complete_count == 6, name
            assert seconds[name].error_day_count == 10, name
        other = await difference(
            connection, firsts["low_4_of_5"].settlement_statement_id, firsts["high_4_of_5"].settlement_statement_id
        )
        stored = await find_statements(connection, program="P1")
    assert len(stored) == 2 * len(METHODS)
    assert {reason.kind for row in other.rows for reason in row.reasons} == {"method_differs"}
    assert ("weather_known_otherwise", "") in kinds["weather_regression"]
    assert ("reading_revised", "control") in kinds["control_group"]
    assert ("reading_revised", "baseline") in kinds["simple_rectangle"]
    saved = {name: row.reduction_wh for name, row in seconds.items()}
    assert saved["low_5_of_10"] < saved["history_mean_10_days"] < saved["high_5_of_10"]
    assert saved["history_mean_10_days"] == pytest.approx(saved["high_10_of_10"], abs=0.01)
    assert saved["double_rectangle"] <= saved["simple_rectangle"]


async def test_what_a_statement_says_cannot_be_changed_unseen(database_url: str):
    town, event_id = await town_with_event(database_url)
    await the_event_is_measured(database_url, town)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        first = await made(connection, event_id, FIRST)
        with pytest.raises(InvariantError, match="role_not_allowed"):
            async with translated_errors():
                await connection.execute("UPDATE settlement_slot SET measured_w = 0")
        ask(
            database_url,
            "SET session_replication_role = replica; UPDATE settlement_slot SET measured_w = measured_w + 1",
        )
        assert not await is_reproduced(connection, first)
        ask(
            database_url,
            "SET session_replication_role = replica; UPDATE settlement_slot SET measured_w = measured_w - 1",
        )
        assert await is_reproduced(connection, first)
        # Somebody stores a reading as if it had been known before.
        await store(database_url, [Word(town.usage_points["T1"][2], at(DAY, 8), 1.0)], known_at=FIRST)
        assert not await is_reproduced(connection, first)
        with pytest.raises(ConflictError, match="statement_differs"):
            await made(connection, event_id, FIRST)


async def test_who_is_heard_later_to_have_refused_took_part_as_known_before(database_url: str):
    town, event_id = await town_with_event(database_url)
    await the_event_is_measured(database_url, town)
    ask(database_url, "UPDATE command SET sent_at = issued_at")
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        first = await made(connection, event_id, FIRST)
        ask(
            database_url,
            "UPDATE command SET status = 'opted_out', answered_at = %s WHERE end_device_id ="
            " (SELECT min(end_device_id) FROM command)",
            LATE,
        )
        second = await made(connection, event_id, SECOND)
        assert (first.usage_point_count, second.usage_point_count) == (3, 2)
        assert await is_reproduced(connection, first)
        found = await difference(connection, first.settlement_statement_id, second.settlement_statement_id)
        for moment, count in ((EVENT_ENDS, 2), (EVENT_STARTS, 0)):  # withdrawn when it was over, and before it began
            ask(
                database_url,
                "UPDATE command SET status = 'withdrawn', withdrawn_at = %s WHERE status <> 'opted_out'",
                moment,
            )
            assert len(await participants(connection, event_id, as_of=SECOND)) == count
    assert [(row.newer, row.reasons[0].kind) for row in found.rows] == [(None, "took_part_otherwise")] * 2


async def test_what_cannot_be_settled_is_refused(database_url: str):
    _, event_id = await town_with_event(database_url)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        with pytest.raises(NotFoundError, match="event_unknown"):
            await made(connection, uuid4(), FIRST)
        with pytest.raises(InputError, match="method_unknown"):
            await made(connection, event_id, FIRST, "best")
        with pytest.raises(InputError, match="statement_in_future"):
            await made(connection, event_id, SECOND + timedelta(seconds=1))
        with pytest.raises(ConflictError, match="nobody_took_part"):
            await made(connection, event_id, EVENT_STARTS - timedelta(days=1))
        none = await made(connection, event_id, EVENT_STARTS)
        assert (none.complete_count, np.isnan(none.reduction_wh)) == (0, True)
        with pytest.raises(NotFoundError, match="statement_unknown"):
            await difference(connection, none.settlement_statement_id, 0)
        ask(database_url, "UPDATE event SET status = 'scheduled'")
        with pytest.raises(ConflictError, match="event_not_measured"):
            await made(connection, event_id, FIRST)
