"""Sums stay exact when a usage point moves to another transformer, or a transformer to another feeder or commune."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from db.connection import Role, connect
from db.rollup import roll_up_pending
from tests.db.test_rollup import _VALUES, by_hand, kept, write
from tests.db.village import TRANSFORMERS, Value, ask

NOW = datetime(2026, 2, 1, 7, tzinfo=UTC)
_MOVE = "UPDATE usage_point SET power_transformer_place_id = (SELECT place_id FROM place WHERE code = %s) "
_REWIRE = (
    "UPDATE power_transformer SET feeder_place_id = (SELECT place_id FROM place WHERE code = %s), commune_place_id = "
    "(SELECT place_id FROM place WHERE code = %s) WHERE place_id = (SELECT place_id FROM place WHERE code = %s)"
)
_STEPS = st.one_of(
    st.lists(_VALUES, max_size=12),
    st.tuples(st.integers(1, 9), st.sampled_from(sorted(TRANSFORMERS))),
    st.tuples(
        st.sampled_from(["F1", "F2"]), st.sampled_from(["59350", "59512"]), st.sampled_from(sorted(TRANSFORMERS))
    ),
)
Step = list[Value] | tuple[int, str] | tuple[str, str, str]


def as_built(url: str) -> None:
    """Put everything back where the village has it, with nothing measured."""
    for transformer, (feeder, insee_code) in TRANSFORMERS.items():
        ask(url, _REWIRE, feeder, insee_code, transformer)
    for point in range(1, 10):
        ask(url, _MOVE + "WHERE usage_point_id = %s", f"T{(point + 2) // 3}", point)
    ask(url, "TRUNCATE interval_reading, interval_reading_revision, rollup_pending, place_interval")


@pytest.mark.slow(25)
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(_STEPS, min_size=2, max_size=6), patience=st.integers(1, 3))
@example(steps=[[Value(1, 0, 100.0), Value(2, 3, 50.0)], (1, "T3"), (2, "T3")], patience=1)
@example(steps=[[Value(7, 0, 100.0, step_s=3_600)], (7, "T1"), [Value(7, 1, 10.0)]], patience=1)
@example(steps=[[Value(7, 0, 100.0)], ("F1", "59350", "T3")], patience=1)
@example(steps=[[Value(1, 0, 9.0)], ("F2", "59350", "T1"), ("F2", "59350", "T2"), ("F1", "59350", "T3")], patience=2)
async def test_sums_are_those_made_by_hand_whatever_moves_between_what_batches(
    shared_village_url: str, steps: list[Step], patience: int
) -> None:
    url = shared_village_url
    as_built(url)
    async with await connect(url, Role.INGEST) as connection:
        for number, step in enumerate(steps, 1):
            if isinstance(step, list):
                await write(connection, step)
            elif len(step) == 2:
                ask(url, _MOVE + "WHERE usage_point_id = %s", step[1], step[0])
            else:
                ask(url, _REWIRE, *step)
            if number % patience and number < len(steps):
                continue  # several changes before the sums are made
            await roll_up_pending(connection, NOW)
            wanted, found = by_hand(url), kept(url)
            assert found.keys() == wanted.keys()
            assert all(found[key] == pytest.approx(wanted[key]) for key in wanted)
    as_built(url)
