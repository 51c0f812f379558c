"""What `benchmarks.ingest` asks the database: what is stored, what is owed, and whether it is right."""

import asyncio
import time

from benchmarks._processes import Turn, give_up, report
from benchmarks._publisher import START_S, STEP_S
from db.connection import Connection

TOTAL = """
SELECT
    coalesce(sum(stored), 0)::bigint,
    coalesce(sum(duplicate + revised + refused), 0)::bigint,
    coalesce(sum(refused), 0)::bigint
FROM somel.ingest_total
"""
PENDING = "SELECT count(*) FROM somel.rollup_pending"
PROBED = """
SELECT count(*) FROM somel.reading JOIN somel.end_device USING (usage_point_id)
WHERE name = %(name)s AND read_at >= to_timestamp(%(since)s)
"""
CHECK = """
WITH found AS (
    SELECT
        usage_point_id, value::bigint AS value, (extract(epoch FROM start_at)::bigint - %(start)s) / %(step)s AS number
    FROM somel.interval_reading
    UNION ALL
    SELECT usage_point_id, value::bigint, extract(epoch FROM read_at)::bigint - %(start)s FROM somel.reading
)
SELECT
    count(*) FILTER (WHERE value = 1 + (substr(name, 3)::bigint * 7 + number * 13) %% 997),
    count(*)
FROM found JOIN somel.end_device USING (usage_point_id)
"""


async def row(look: Connection, query: str, parameters: dict[str, object] | None = None) -> tuple[int, ...]:
    """Return the only row of a query."""
    found = await (await look.execute(query, parameters or {})).fetchone()
    assert found is not None  # an aggregate has a row
    return found


async def stored(look: Connection) -> int:
    """Return how many values ingest has stored; none of ours is to be refused."""
    count, _, refused = await row(look, TOTAL)
    if refused:
        raise SystemExit(f"{refused:,} values were refused: they are made wrongly; see somel.refused_message.")
    return count


async def sums_made(look: Connection) -> None:
    """Wait until the worker has made the sums that a turn owes, which would else be made beside the next turn."""
    began_s = time.monotonic()
    while (await row(look, PENDING))[0]:
        await asyncio.sleep(0.1)
        give_up(began_s)
    report(f"its sums: made {time.monotonic() - began_s:.1f} s after it")


async def probes_seen(look: Connection, turn: Turn) -> int:
    """Return how many probes can be read."""
    return (await row(look, PROBED, {"name": f"m-{turn.meters:06d}", "since": START_S + turn.first}))[0]


async def compared(look: Connection, published: int) -> dict[str, float]:
    """Compare what is stored with as many values published, one by one."""
    right, every = await row(look, CHECK, {"start": START_S, "step": STEP_S})
    _, otherwise, _ = await row(look, TOTAL)
    report(f"published {published:,}, stored {every:,}, as published {right:,}, counted otherwise {otherwise:,}")
    return {"lost": float(published - right), "duplicated": float(every - right + otherwise)}
