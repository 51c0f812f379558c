"""From a forecast and limits to probabilities, and from rules to drafts: once, merged, capped, with what to save."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.slots import SLOT
from db.capacity_limits import NewCapacityLimit, insert_capacity_limit, withdraw_capacity_limit
from db.connection import Connection, Role, connect
from db.forecasts import insert_forecasts, insert_run, latest_run
from db.overload import (
    NewRule,
    OverloadRule,
    RiskySlot,
    TakenSpan,
    insert_rule,
    overload_of_place,
    places_at_risk,
    proposal_of_event,
)
from grid.demand_response.capacity import read_capacity_w
from grid.demand_response.release import cancel_event
from grid.demand_response.trigger import MOST_PROPOSALS, choose, merged, propose_events
from tests.grid.demand_response.evening import NOON
from tests.grid.town import Town, build_town

LEVELS = (0.1, 0.5, 0.9)
#: Slots of the evening: 18:00 to 20:00 UTC.
EVENING = slice(12, 16)


async def forecast(connection: Connection, town: Town, peak_w: dict[str, float]) -> None:
    """Issue 20 kW all day and a peak in the evening, give or take a fifth."""
    load_w = np.full((len(peak_w), 96), 20_000.0)
    load_w[:, EVENING] = np.array(list(peak_w.values()))[:, np.newaxis]
    run_id = await insert_run(connection, issued_at=NOON, known_until=NOON, horizon_slots=96, quantiles=LEVELS)
    await insert_forecasts(
        connection,
        forecast_run_id=run_id,
        place_id=np.array([town.place[code] for code in peak_w], dtype=np.int32),
        first_valid_from=NOON,
        load_w=load_w,
        quantile_load_w=np.stack((0.8 * load_w, load_w, 1.2 * load_w), axis=2),
    )


#: Operators' wishes, of which tests change what they are about.
LIMIT = NewCapacityLimit(0, 50_000.0, NOON, None, "operator", None, NOON, "anna")
RULE = NewRule("Evening", None, "power_transformer", 0.2, 3_600, 3_600, True, NOON, "anna")


async def test_a_probable_overload_becomes_a_draft_once_with_what_must_be_saved(database_url: str):
    # 100 kVA carry 95 kW. Around 95 kW the overload is as probable as not; around 60 kW it is not probable at all.
    town = await build_town(database_url)
    async with await connect(database_url, Role.COMPUTE) as connection:
        assert await propose_events(connection, NOON) == []
        await forecast(connection, town, {"T1": 95_000.0, "T2": 60_000.0, "F1": 160_000.0})
        await insert_capacity_limit(
            connection, replace(LIMIT, place_id=town.place["F1"], limit_w=150_000.0, source="rating")
        )
        await insert_rule(connection, RULE)
        (event,) = await propose_events(connection, NOON)
        assert (event.place_id, event.status, event.name) == (town.place["T1"], "draft", "Evening: Poste 1")
        assert (event.starts_at, event.ends_at) == (NOON + 12 * SLOT, NOON + 16 * SLOT)
        assert event.target_w == pytest.approx(0.75 * 19_000.0, rel=1e-4)
        proposal = await proposal_of_event(connection, event.event_id)
        assert proposal is not None
        assert proposal.rule_name == "Evening"
        assert proposal.probability == pytest.approx(0.5)
        # Exceeded with 20 %: three quarters of the way from the median (95 kW) to the quantile 0.9 (114 kW).
        assert proposal.required_reduction_w == pytest.approx([0.75 * 19_000.0] * 4, rel=1e-4)

        assert await propose_events(connection, NOON + timedelta(minutes=5)) == []
        await cancel_event(connection, event_id=event.event_id, now=NOON)
        assert await propose_events(connection, NOON + timedelta(minutes=5)) == []
        # A rule that comes later is followed without a new issue; the rest of the evening is proposed with its notice.
        await insert_rule(
            connection, replace(RULE, name="Feeders", place_id=town.place["F1"], level=None, notice_s=23_400)
        )
        (late,) = await propose_events(connection, NOON)
        assert (late.place_id, late.starts_at) == (town.place["F1"], NOON + 13 * SLOT)

        await what_was_reckoned_is_told(connection, town)


async def what_was_reckoned_is_told(connection: Connection, town: Town) -> None:
    slots = await overload_of_place(
        connection, town.place["T1"], start=NOON + 11 * SLOT, end=NOON + 13 * SLOT, as_of=NOON
    )
    assert [slot.limit_w for slot in slots] == [None, 95_000.0]
    assert [slot.probability for slot in slots] == pytest.approx([0.0, 0.5])
    run = await latest_run(connection, as_of=NOON)
    assert run is not None
    first = await places_at_risk(connection, run.forecast_run_id, start=NOON, limit=1)
    rest = await places_at_risk(
        connection, run.forecast_run_id, start=NOON, limit=9, after=(-first[0].probability, first[0].place_id)
    )
    assert [one.code for one in first + rest] == ["F1", "T1"]


async def test_of_a_rating_and_of_limits_the_lowest_counts_in_every_slot_that_they_touch(database_url: str):
    town = await build_town(database_url)
    places = [town.place[code] for code in ("T1", "T2", "F1", "S1")]
    async with await connect(database_url, Role.COMPUTE) as connection:
        start, end = NOON + timedelta(minutes=40), NOON + timedelta(minutes=61)
        await insert_capacity_limit(connection, replace(LIMIT, place_id=places[0], valid_from=start, valid_until=end))
        await insert_capacity_limit(connection, replace(LIMIT, place_id=places[0], limit_w=400_000.0))
        await insert_capacity_limit(
            connection, replace(LIMIT, place_id=places[2], limit_w=70_000.0, valid_from=NOON - timedelta(days=9))
        )
        gone = await insert_capacity_limit(connection, replace(LIMIT, place_id=places[2], limit_w=1.0))
        assert await withdraw_capacity_limit(connection, gone, now=NOON)
        assert not await withdraw_capacity_limit(connection, gone, now=NOON)
        found = await read_capacity_w(connection, places, start_at=NOON, slots=4)
    assert found.tolist() == [
        [95_000.0, 50_000.0, 50_000.0, 95_000.0],
        [95_000.0] * 4,
        [70_000.0] * 4,
        [np.inf] * 4,
    ]


def slots_at(place_id: int, *numbers: int, probability: float = 0.5) -> list[RiskySlot]:
    return [RiskySlot(place_id, "Poste", NOON + number * SLOT, 1_000.0, probability) for number in numbers]


def test_adjacent_slots_are_one_event_blips_none_and_what_lasts_days_several():
    rule = OverloadRule(1, "Rule", None, "feeder", None, 0.2, 0, 3_600, True, NOON, "anna")
    risks = merged(rule, slots_at(1, 2, 3, 5, 7, 8) + slots_at(2, *range(100)))
    assert [(risk.place_id, len(risk.slots)) for risk in risks] == [(1, 2), (1, 2), (2, 48), (2, 48), (2, 4)]
    many = merged(rule, [slot for place in range(30) for slot in slots_at(place, 0, 1, probability=place / 40)])
    chosen = choose(many + many, [])
    assert [risk.place_id for risk in chosen] == list(range(29, 29 - MOST_PROPOSALS, -1))
    # Those that wait for an operator leave room for so many less; where they are, nothing more is proposed.
    waiting = [TakenSpan(risk.place_id, risk.starts_at, risk.ends_at, True) for risk in chosen[:15]]
    over = [TakenSpan(14, NOON, NOON + SLOT, False)]
    assert [risk.place_id for risk in choose(many, waiting + over)] == [13, 12, 11, 10, 9]
