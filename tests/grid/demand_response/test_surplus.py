"""What an event has beyond its target goes back; what it has is measured beside those it did not call."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.slots import SLOT
from db.closed_loop import adjustments_of_event
from db.connection import Role, connect
from grid.demand_response import control_group, surplus
from grid.demand_response.redispatch import follow_event
from grid.demand_response.turns import rows_fairest_first
from tests.grid.demand_response.evening import EVENT_STARTS
from tests.grid.demand_response.test_closed_loop import SOON, actions, answered, approved, told, town_of


async def test_what_is_beyond_the_target_is_given_back_to_those_whose_turn_it_was_least(database_url: str):
    town = await town_of(database_url, chargers=8)
    async with await connect(database_url, Role.COMPUTE, autocommit=True) as connection:
        event = await approved(connection, town, 18_000.0)
        first = [row.end_device_id for row in await told(connection, event)]
        # Two say nothing for long, and others are called; then they answer after all.
        await answered(database_url, {first[0]: "accepted"} | dict.fromkeys(first[1:], "sent"), attempts=6)
        await follow_event(connection, event_id=event.event_id, now=SOON)
        everybody = {row.end_device_id for row in await told(connection, event)}
        assert len(everybody) == 5
        await answered(database_url, dict.fromkeys(everybody, "accepted"))
        tracked = await follow_event(connection, event_id=event.event_id, now=SOON + timedelta(minutes=5))
        assert [one.predicted_w for one in tracked] == [35_000.0, 35_000.0]
        rows = await told(connection, event)
        drawing = {row.end_device_id for row in rows if row.issued_at == SOON + timedelta(minutes=5)}
        assert len(drawing) == 2
        newest = {row.end_device_id: row for row in rows}
        for device in everybody:
            row = newest[device]
            at = (EVENT_STARTS - row.start_at) // SLOT
            assert row.dispatch_setpoint_w[at : at + 2] == [7_000.0 * (device in drawing)] * 2
        order = await rows_fairest_first(
            connection, np.array(sorted(everybody)), event_id=event.event_id, now=SOON + timedelta(minutes=5)
        )
        assert drawing == {sorted(everybody)[row] for row in order[-2:]}
        (_, made) = await adjustments_of_event(connection, event.event_id)
        assert (made.purpose, made.command_count) == ("release", 2)
        assert (made.wanted_w, made.planned_reduction_w) == ([-17_000.0] * 2, [-14_000.0] * 2)
        assert (await actions(connection, event.event_id))[-1] == "event.surplus_returned by process/grid"
        # What is left is less than anybody gives: nothing more is done.
        tracked = await follow_event(connection, event_id=event.event_id, now=SOON + timedelta(minutes=10))
        assert [one.shortfall_w for one in tracked] == [-3_000.0, -3_000.0]
        assert len(await adjustments_of_event(connection, event.event_id)) == 2


@given(seed=st.integers(0, 10_000))
def test_never_is_more_given_back_than_the_target_spares_or_transformers_have_room_for(seed):
    rng = np.random.default_rng(seed)
    devices, slots, transformers = rng.integers(1, 12), rng.integers(1, 5), rng.integers(1, 4)
    given_w = rng.uniform(-100.0, 7_000.0, (devices, slots))
    surplus_w, room_w = rng.uniform(0.0, 20_000.0, slots), rng.uniform(-3_000.0, 15_000.0, (transformers, slots))
    row = rng.integers(0, transformers, devices)
    drawing = surplus.let_draw(given_w, surplus_w, room_w, row, list(rng.permutation(devices)))
    drawn_w = np.where(drawing, given_w, 0.0)
    left_w, room_left_w = surplus_w - drawn_w.sum(axis=0), room_w.copy()
    np.subtract.at(room_left_w, row, drawn_w)
    assert (left_w >= -1e-6).all()
    used = np.zeros(room_w.shape, dtype=bool)
    np.logical_or.at(used, row, drawing)
    assert (room_left_w[used] >= -1e-6).all()
    # And nobody who would fit is left waiting.
    waiting = ~drawing & (given_w > 1.0)
    assert not (waiting & (given_w < left_w - 1e-6) & (given_w < room_left_w[row] - 1e-6)).any()


@given(seed=st.integers(0, 1_000))
def test_a_large_control_group_tells_what_others_draw_beyond_their_history(seed):
    rng = np.random.default_rng(seed)
    said_w, history_w = rng.uniform(0.0, 7_000.0, (2, 90, 2))
    beyond_w = 100.0 + 0.1 * said_w - 0.3 * history_w
    group, others = slice(0, 70), slice(70, 90)
    read_w = (history_w + beyond_w)[group]
    read_w[:5, 0] = np.nan  # some have not been read
    its = control_group.Loads(history_w[group], read_w)
    members = control_group.ControlGroup(np.arange(70), said_w[group])
    found_w = control_group.beyond_history(members, its, said_w[others], history_w[others])
    np.testing.assert_allclose(found_w, beyond_w[others], atol=1e-6)
    # One reading that cannot be true does not carry everything away.
    read_w[9] = 1e9
    wild_w = control_group.beyond_history(members, its, said_w[others], history_w[others])
    assert (np.abs(wild_w.sum(axis=0)) <= 0.5 * said_w[others].sum(axis=0) + 1e-3).all()
