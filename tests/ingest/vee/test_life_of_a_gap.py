"""A gap, its estimate, the real value that comes late: counts, findings, revisions and sums at each step."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from db.connection import Connection
from tests.db.village import ask
from tests.ingest.vee.household import DAY_S, LATER, MIDNIGHT_S, counts, curve, findings, indexes, validate, write

DAY = 100.0 + np.arange(48)
SUMS = (
    "SELECT sum(usage_point_count), sum(estimated_count), round(sum(import_wh)::numeric, 3)::float FROM place_interval "
    "JOIN place USING (place_id) WHERE code = 'T1' AND start_at >= to_timestamp(%s) AND start_at < to_timestamp(%s)"
)
ESTIMATES = (
    "SELECT method, is_scaled, slot_count, energy, replaced_count FROM vee_estimate "
    "WHERE slot_count > 0 ORDER BY start_at"
)


def sums(url: str) -> tuple[int, int, Any]:
    (row,) = ask(url, SUMS, MIDNIGHT_S, MIDNIGHT_S + DAY_S)
    return int(row[0]), int(row[1]), row[2]


async def test_a_gap_is_estimated_and_its_real_values_replace_the_estimate(ingest: Connection, village_url: str):
    gappy = DAY.copy()
    gappy[10:14] = np.nan
    before = curve(1, MIDNIGHT_S - DAY_S, DAY)
    index = indexes(1, (MIDNIGHT_S + 4 * 3_600, 5_000.0), (MIDNIGHT_S + 8 * 3_600, 5_000.0 + 940.0))
    await write(ingest, before, curve(1, MIDNIGHT_S, gappy), index=index)

    await validate(ingest, datetime.fromtimestamp(MIDNIGHT_S + DAY_S + 60, UTC))
    assert counts(village_url)[1] == ("01-15", 48, 44, 0, 0, 4, 0)
    assert findings(village_url) == [("gap", 18_000, 25_200, 4.0, 0.0)]
    assert sums(village_url) == (44, 0, round(float(np.nansum(gappy)), 3))

    await validate(ingest, LATER)
    # 8 intervals from 4 to 8 o'clock are known to be 940 Wh; the four that are there are 108 + 109 + 114 + 115.
    (estimate,) = ask(village_url, ESTIMATES)
    assert estimate == ("linear", True, 4, pytest.approx(940.0 - 446.0), 0)
    assert counts(village_url)[1] == ("01-15", 48, 44, 0, 4, 0, 0)
    assert findings(village_url)[0] == ("gap", 18_000, 25_200, 4.0, 4.0)
    assert sums(village_url) == (48, 4, pytest.approx(float(np.nansum(gappy)) + 494.0))
    assert await validate(ingest, LATER) == []

    known_at = datetime(2026, 2, 3, 6, tzinfo=UTC)
    written = await write(ingest, curve(1, MIDNIGHT_S + 18_000, DAY[10:13]), known_at=known_at)
    assert (written.stored, written.revised) == (0, 3)
    await validate(ingest, known_at)
    assert counts(village_url)[1] == ("01-15", 48, 47, 0, 1, 0, 3)
    assert findings(village_url)[0] == ("gap", 18_000 + 5_400, 25_200, 1.0, 1.0)
    assert ask(village_url, ESTIMATES)[0][2:] == (4, pytest.approx(494.0), 3)
    assert ask(village_url, "SELECT count(*), min(quality), max(quality) FROM interval_reading_revision") == [(3, 2, 2)]
    assert sums(village_url)[:2] == (48, 1)

    written = await write(ingest, curve(1, MIDNIGHT_S + 23_400, DAY[13:14]), known_at=known_at)
    await validate(ingest, known_at)
    assert counts(village_url)[1] == ("01-15", 48, 48, 0, 0, 0, 4)
    assert [row for row in findings(village_url) if row[0] == "gap"] == []
    assert ask(village_url, ESTIMATES)[0][4] == 4
    assert sums(village_url) == (48, 0, pytest.approx(float(DAY.sum())))
    cleared = ask(village_url, "SELECT rule, cleared_at FROM vee_finding WHERE cleared_at IS NOT NULL ORDER BY 1, 2")
    assert [row for row in cleared if row[0] == "gap"] == [("gap", known_at), ("gap", known_at)]
