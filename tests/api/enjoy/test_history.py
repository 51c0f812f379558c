"""History in buckets of time: aggregates by key or over several, local days and months, pages without gaps."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.buckets import Every, read_every
from core.errors import InputError
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import VELO
from tests.api.enjoy.test_exports import FIELDS, PARKS
from tests.enjoy.stations import bike

HISTORY = "/v1/datasets/velo/history"
DAY = {"from": "2026-01-15T00:00:00Z", "to": "2026-01-16T00:00:00Z"}
BASE = {**DAY, "every": "PT1H", "aggregate": "bikes:avg"}


@pytest.fixture
async def velo(callers: Callers) -> Callers:
    assert (await callers.ilevia.post("/v1/datasets", json={**VELO, "fields": FIELDS})).status_code == 201
    return callers


async def write(callers: Callers, *records: tuple[str, str, int], **more: object) -> None:
    given = [bike(station, at, bikes, **more) for station, at, bikes in records]
    written = (await callers.ilevia.post("/v1/datasets/velo/records", json=given)).json()
    assert written["refused"] == []


async def items(callers: Callers, **asked: str) -> list[dict[str, Any]]:
    answer = await callers.reader.get(HISTORY, params={**BASE, **asked})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_records_are_gathered_by_key_and_bucket(velo: Callers):
    await write(
        velo, ("A", "2026-01-15T08:00:00Z", 1), ("A", "2026-01-15T08:59:59Z", 4), ("B", "2026-01-15T08:30:00Z", 9)
    )
    await write(velo, ("A", "2026-01-15T09:00:00Z", 7), note="x", open=True)
    every = ",".join(f"bikes:{kind}" for kind in ("count", "min", "max", "avg", "sum", "first", "last"))
    found = await items(velo, aggregate=f"{every},note:last,open:first,charge:avg")
    nothing = {"note": {"last": None}, "open": {"first": None}, "charge": {"avg": None}}
    assert found == [
        {
            "at": "2026-01-15T08:00:00Z",
            "station": "A",
            "bikes": {"count": 2, "min": 1, "max": 4, "avg": 2.5, "sum": 5, "first": 1, "last": 4},
        }
        | nothing,
        {
            "at": "2026-01-15T08:00:00Z",
            "station": "B",
            "bikes": {"count": 1, "min": 9, "max": 9, "avg": 9.0, "sum": 9, "first": 9, "last": 9},
        }
        | nothing,
        {
            "at": "2026-01-15T09:00:00Z",
            "station": "A",
            "bikes": {"count": 1, "min": 7, "max": 7, "avg": 7.0, "sum": 7, "first": 7, "last": 7},
            "note": {"last": "x"},
            "open": {"first": True},
            "charge": {"avg": None},
        },
    ]
    together = await items(velo, aggregate="bikes:sum", group_by="none")
    assert [(one["at"], one["bikes"]["sum"]) for one in together] == [
        ("2026-01-15T08:00:00Z", 14),
        ("2026-01-15T09:00:00Z", 7),
    ]
    assert [one["bikes"] for one in await items(velo, station="B")] == [{"avg": 9.0}]
    assert await items(velo, **{"from": "2026-01-15T09:00:00Z", "to": "2026-01-15T09:00:00.000001Z"}) != []
    assert await items(velo, **{"from": "2026-01-15T09:00:01Z"}) == []


async def test_an_old_value_that_is_not_there_hides_no_later_or_earlier_one(velo: Callers):
    await write(velo, ("A", "2026-01-15T08:10:00Z", 1), note="first")
    await write(velo, ("A", "2026-01-15T08:00:00Z", 1), ("A", "2026-01-15T08:20:00Z", 1))
    (found,) = await items(velo, aggregate="note:first,note:last,note:count")
    assert found["note"] == {"first": "first", "last": "first", "count": 1}


async def test_days_and_months_are_those_of_lille_also_when_clocks_change(velo: Callers):
    hours = [datetime(2026, 3, 27, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 6)]
    await write(velo, *(("A", at.isoformat(), 1) for at in hours))
    span = {"from": "2026-03-28T00:00:00+01:00", "to": "2026-03-31T00:00:00+02:00"}
    days = await items(velo, **span, every="P1D", aggregate="bikes:count")
    assert [(one["at"], one["bikes"]["count"]) for one in days] == [
        ("2026-03-27T23:00:00Z", 24),
        ("2026-03-28T23:00:00Z", 23),  # the clock leaves out an hour
        ("2026-03-29T22:00:00Z", 24),
    ]
    months = await items(velo, **{"from": "2026-03-01T00:00:00Z", "to": "2026-05-01T00:00:00Z"}, every="P1M")
    assert [one["at"] for one in months] == ["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"]
    weeks = await items(velo, **span, every="P1W")
    assert [one["at"] for one in weeks] == ["2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"]  # Mondays


async def test_pages_have_every_bucket_once_in_json_and_csv(velo: Callers):
    await write(velo, *((station, f"2026-01-15T{hour:02}:15:00Z", hour) for station in "ABC" for hour in range(5)))
    whole = await items(velo)
    assert len(whole) == 15
    for form in ("json", "csv"):
        address: str | None = HISTORY
        parts: list[tuple[str, ...]] = []
        asked: dict[str, Any] | None = {**BASE, "limit": 4, "f": form}
        while address:
            answer = await velo.reader.get(address, params=asked)
            asked = None
            if form == "json":
                parts += [(one["at"], one["station"], str(one["bikes"]["avg"])) for one in answer.json()["items"]]
                address = answer.json()["next"]
            else:
                heading, *rows = csv.reader(io.StringIO(answer.text, newline=""))
                assert heading == ["at", "station", "bikes.avg"]
                parts += [tuple(row) for row in rows]
                address = answer.links.get("next", {}).get("url")
            address = address.removeprefix("/enjoy") if address else None
        assert parts == [(one["at"], one["station"], str(one["bikes"]["avg"])) for one in whole]


async def test_a_sum_of_large_integers_is_exact(velo: Callers):
    await write(velo, ("A", "2026-01-15T08:00:00Z", 2**62), ("A", "2026-01-15T08:01:00Z", 2**62 + 1))
    (found,) = await items(velo, aggregate="bikes:sum")
    assert found["bikes"]["sum"] == 2**63 + 1


async def test_history_that_has_not_changed_is_not_sent_again(velo: Callers):
    first = await velo.reader.get(HISTORY, params=BASE)
    again = await velo.reader.get(HISTORY, params=BASE, headers={"If-None-Match": f'"x", W/{first.headers["etag"]}'})
    other = await velo.reader.get(HISTORY, params=BASE | {"every": "PT2H"})
    assert (again.status_code, other.headers["etag"] != first.headers["etag"]) == (304, True)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"every": "15 minutes"}, "duration_invalid"),
        ({"every": "P1DT1H"}, "duration_invalid"),
        ({"every": "PT0S"}, "duration_invalid"),
        ({"every": "PT1S", "to": "2027-01-15T00:00:00Z"}, "span_invalid"),
        ({"to": "2026-01-15T00:00:00Z"}, "span_invalid"),
        ({"from": "2026-01-15"}, "request_invalid"),
        ({"aggregate": "bikes"}, "aggregate_invalid"),
        ({"aggregate": "bikes:median"}, "aggregate_invalid"),
        ({"aggregate": "note:avg"}, "aggregate_invalid"),
        ({"aggregate": "open:max"}, "aggregate_invalid"),
        ({"aggregate": "station:count"}, "aggregate_invalid"),
        ({"aggregate": ",".join(["nothing:avg"] * 3)}, "aggregate_invalid"),
        ({"group_by": "bikes"}, "group_invalid"),
        ({"cursor": "WzFd"}, "cursor_invalid"),
        ({"cursor": "WyJ5ZXN0ZXJkYXkiLCJBIl0"}, "cursor_invalid"),
        ({"cursor": "WyIyMDI2LTAxLTE1VDA4OjAwOjAwIiwiQSJd"}, "cursor_invalid"),
        ({"nothing": "x"}, "parameter_unknown"),
    ],
)
async def test_what_cannot_be_gathered_is_refused(velo: Callers, asked: dict[str, str], code: str):
    answer = await velo.reader.get(HISTORY, params=BASE | asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_history_is_of_those_who_may_read_and_of_what_has_a_time(velo: Callers):
    assert (await velo.stranger.get(HISTORY, params=BASE)).status_code == 404
    await velo.ilevia.post("/v1/datasets", json=PARKS)
    timeless = await velo.reader.get("/v1/datasets/parks/history", params=BASE | {"aggregate": "places:avg"})
    assert (timeless.status_code, timeless.json()["code"]) == (409, "dataset_without_time")


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("PT90S", Every(seconds=90)),
        ("PT6H", Every(seconds=21_600)),
        ("P2W", Every(days=14)),
        ("P3M", Every(months=3)),
        ("P1Y", Every(months=12)),
    ],
)
def test_a_duration_has_one_unit(text: str, every: Every):
    assert read_every(text) == every
    assert every.is_of_calendar is ("T" not in text)
    with pytest.raises(InputError, match="duration_invalid"):
        read_every(text.lower())
