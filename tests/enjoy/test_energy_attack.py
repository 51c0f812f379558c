"""A year is published, and an attacker who has nothing but the records learns nothing of fewer than k.

Everybody draws a power of two of their own, the same at all times. So a published sum says by its bits who is in it,
and differences between places and times are exact: the best that an attacker can hope for.
"""

from datetime import datetime
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from db.connection import Role, connect
from enjoy.disclosure.rules import Rules
from enjoy.privacy.consent import withdraw
from tests.db.village import ask
from tests.enjoy.disclosure.attacker import least_of_pairs_and_triples
from tests.enjoy.people import START, agree, build_people, draw, keys
from tests.enjoy.test_energy import DAY, publish, shown

K = 5
#: Powers of two would dominate each other; how much of a sum is whose is tested elsewhere.
RULES = Rules(least_points=K, largest_share=1.0, closeness=0.0)
HOMES, BUSINESSES = (28, 20), (24, 4)


@pytest.mark.slow(60)
@pytest.mark.timeout(300)
async def test_no_two_or_three_cells_of_a_year_isolate_fewer_than_k(database_url: str):
    await build_people(database_url, HOMES, BUSINESSES)
    for category in ("residential", "business"):
        ask(
            database_url,
            "UPDATE usage_point SET subscribed_va = 6000 + position FROM (SELECT usage_point_id AS own, row_number()"
            " OVER (ORDER BY usage_point_id) - 1 AS position FROM usage_point WHERE category = %s) AS numbered"
            " WHERE usage_point_id = own",
            category,
        )
    # An hour of 2^(n+1) is two half-hours of 2^n.
    own = "SELECT subscribed_va FROM usage_point AS own WHERE own.usage_point_id = usage_point.usage_point_id"
    draw(database_url, START, 366, f"2.0 ^ (({own}) - 5999)", step_s=3600)
    lost = "hashint4(usage_point_id + 1000 * (extract(epoch FROM start_at) / 3600)::integer) % 300 = 0"
    ask(database_url, f"DELETE FROM interval_reading WHERE {lost}")  # noqa: S608 - a test's own
    homes, others = keys(database_url, "category = 'residential'"), keys(database_url, "category <> 'residential'")
    draws = np.random.default_rng(5)
    outside = [*homes[24:28], *homes[40:], *others[14:24]]
    await agree(database_url, [*homes[:24], *homes[28:40], *others[:14]])
    gone: list[tuple[UUID, datetime]] = []
    for month in range(12):
        now = START + (30.4 * month + 2.5) * DAY
        await publish(database_url, now, RULES)
        for newcomer in [outside.pop(int(draws.integers(len(outside)))) for _ in range(min(2, len(outside)))]:
            await agree(database_url, [newcomer], at=now)
        if month in {3, 6, 9}:
            gone.append((homes[month], now))
            async with await connect(database_url, Role.COMPUTE) as connection:
                await withdraw(connection, homes[month], "enjoy", how="paper", actor="x", now=now)
    await publish(database_url, START + 368 * DAY, RULES)
    seen = _memberships(database_url)
    assert len(seen) > 25
    assert least_of_pairs_and_triples(seen) >= K
    # Nor does any combination at all, with any factors, single out one.
    whole = np.linalg.matrix_rank(seen)
    for point in range(seen.shape[1]):
        assert np.linalg.matrix_rank(np.delete(seen, point, axis=1)) == whole, point
    assert gone
    for leaver, when in gone:
        assert not _is_in(database_url, leaver, when)


def _memberships(url: str) -> NDArray[np.int64]:
    """Return who is in which record, once each, as its value says; homes first, then the others."""
    homes, others = sum(HOMES), sum(BUSINESSES)
    half_hours = {int(value) for (value,) in shown(url, "energy-by-commune", "energy_wh", "reason IS NULL")}
    days = set()
    for start, value in shown(url, "energy-by-commune-day", "start_at, energy_wh", "reason IS NULL"):
        length = 46 if f"{start:%m-%d}" == "03-28" else 50 if f"{start:%m-%d}" == "10-24" else 48
        assert int(value) % length == 0
        days.add(int(value) // length)
    loads = {int(value) // 2 for (value,) in shown(url, "feeder-load", "load_w", "reason IS NULL")}
    rows = [[value >> bit & 1 for bit in range(homes)] + [0] * others for value in half_hours | days]
    rows += [[0] * homes + [value >> bit & 1 for bit in range(others)] for value in loads]
    return np.unique(np.array(rows, dtype=np.int64), axis=0)


def _is_in(url: str, key: UUID, since: datetime) -> bool:
    """Tell whether somebody is in a record that was received after they left."""
    ((bit,),) = ask(url, "SELECT subscribed_va - 6000 FROM usage_point WHERE usage_point_key = %s", key)
    later = f"reason IS NULL AND _received_at > '{since.isoformat()}'"
    return any(int(value) >> bit & 1 for (value,) in shown(url, "energy-by-commune", "energy_wh", later))
