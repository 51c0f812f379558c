"""Load as known at many origins, read at once, is what reading it as of each of them gives."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from core.slots import SLOT
from db.columns import ReadingColumns
from db.connection import Connection, Role, connect
from db.hindcast import LoadChanges, load_changes, places_of_level
from db.load import place_load
from db.rollup import roll_up_pending
from db.writing import write_batch
from tests.db.test_rollup import _VALUES
from tests.db.village import DAY_S, KNOWN_AT, Value, ask, intervals

START, END = datetime.fromtimestamp(DAY_S, UTC), datetime.fromtimestamp(DAY_S, UTC) + 5 * SLOT
#: Between and at the times of the batches; a value known at the very moment of an origin is known to it.
ORIGINS = [KNOWN_AT - timedelta(hours=1), KNOWN_AT, KNOWN_AT + timedelta(minutes=90), KNOWN_AT + timedelta(hours=5)]


async def _write(connection: Connection, values: list[Value], *, hours: int) -> None:
    await write_batch(
        connection,
        worker="w",
        message_count=1,
        intervals=intervals(values),
        readings=ReadingColumns.empty(),
        refusals=[],
        known_at=KNOWN_AT + timedelta(hours=hours),
    )


def _summed(changes: LoadChanges, place_id: int, origin: int) -> dict[datetime, tuple[int, Any]]:
    sums: dict[datetime, tuple[int, float]] = {}
    for row in range(changes.place_id.size):
        if changes.place_id[row] == place_id and changes.origin[row] <= origin:
            at = START + int(changes.slot[row]) * SLOT
            count, load_w = sums.get(at, (0, 0.0))
            sums[at] = (count + int(changes.usage_point_count[row]), load_w + float(changes.load_w[row]))
    return {at: (count, pytest.approx(load_w, abs=1e-6)) for at, (count, load_w) in sums.items()}


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=st.lists(st.lists(_VALUES, max_size=15), min_size=1, max_size=4))
@example(rounds=[[Value(1, 0, 100.0, step_s=3_600)], [Value(1, 0, 60.0)]])
@example(rounds=[[Value(1, 0, 100.0)], [Value(1, 0, 100.0, quality=3)], [Value(1, 0, 5.0)]])
@example(rounds=[[Value(1, 0, 50.0, step_s=900)], [Value(1, 0.5, 50.0, step_s=900)], [Value(1, 0, 7.0, step_s=900)]])
async def test_changes_add_up_to_what_was_known_at_each_origin(
    shared_village_url: str, rounds: list[list[Value]]
) -> None:
    ask(shared_village_url, "TRUNCATE interval_reading, interval_reading_revision, rollup_pending, place_interval")
    async with await connect(shared_village_url, Role.INGEST) as connection:
        for number, values in enumerate(rounds):
            await _write(connection, values, hours=number)
    async with await connect(shared_village_url, Role.READ) as connection:
        for level in ("power_transformer", "feeder", "territory"):
            places = await places_of_level(connection, level=level)
            place_ids = [place.place_id for place in places]
            span = {"start": START, "end": END}
            changes = await load_changes(connection, place_ids=place_ids, origins=ORIGINS, **span)
            for place_id in place_ids:
                for origin, at in enumerate(ORIGINS):
                    rows = await place_load(connection, place_id, START, END, limit=99, as_of=at)
                    wanted = {row.start_at: (row.usage_point_count, row.load_w) for row in rows}
                    found = _summed(changes, place_id, origin)
                    # What was taken back whole leaves a sum of nothing.
                    assert {at: sums for at, sums in found.items() if at in wanted or sums != (0, 0.0)} == wanted


async def test_without_origins_the_newest_sums_are_read(village_url: str) -> None:
    async with await connect(village_url, Role.INGEST) as connection:
        await _write(connection, [Value(1, 0, 100.0), Value(2, 0, 50.0), Value(3, 1, 10.0)], hours=0)
        await roll_up_pending(connection, KNOWN_AT)
    async with await connect(village_url, Role.READ) as connection:
        (place,) = await places_of_level(connection, level="feeder", code="F1")
        changes = await load_changes(connection, place_ids=[place.place_id], start=START, end=END)
        assert await places_of_level(connection, level="feeder", code="F9") == []
    assert _summed(changes, place.place_id, 0) == {START: (2, 300.0), START + SLOT: (1, 20.0)}
