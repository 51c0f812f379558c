"""What the directory says of opening hours is read by OpenStreetMap's own reader as we mean it."""

import json
import os
import random
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from enjoy.shops.hours import read_hours
from enjoy.shops.osm_hours import osm_hours
from tests.support.judges import node_environment

SINCE = date(2026, 11, 28)
JUDGE = Path(__file__).with_name("judge_opening_hours.mjs")


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def some_hours(random_: random.Random) -> dict[str, Any]:
    """Return hours that a merchant could say, with nights, closures and days that are unlike their week."""

    def span() -> dict[str, str]:
        return {"from": clock(random_.randrange(0, 1440, 15)), "until": clock(random_.randrange(0, 1441, 15))}

    def day() -> date:
        return SINCE + timedelta(days=random_.randrange(60))

    closures = []
    for _ in range(random_.randrange(4)):
        first = day()
        closures.append({"from": f"{first}", "until": f"{first + timedelta(days=random_.randrange(6))}"})
    return {
        "weekly": [
            {"days": random_.sample(range(1, 8), random_.randint(1, 7)), **span()} for _ in range(random_.randrange(4))
        ],
        "closures": closures,
        "exceptional": [{"on": f"{day()}", **span()} for _ in range(random_.randrange(4))],
    }


@pytest.mark.slow(8)
def test_openstreetmaps_reader_agrees_with_us_on_when_a_shop_is_open(settings: Settings) -> None:
    node, folder = node_environment("opening-hours", settings)
    random_ = random.Random(20261128)
    begin = datetime(2026, 11, 28, tzinfo=UTC)
    cases = []
    for _ in range(60):
        hours = read_hours(some_hours(random_))
        moments = [begin + timedelta(minutes=random_.randrange(70 * 1440)) for _ in range(40)]
        edges = [edge for start, end in hours.spans_between(SINCE, SINCE + timedelta(days=9)) for edge in (start, end)]
        cases.append((hours, moments + random_.sample(edges, min(len(edges), 10))))
    asked = [
        {"text": osm_hours(hours, SINCE - timedelta(days=1)), "moments": [one.isoformat() for one in moments]}
        for hours, moments in cases
    ]
    done = subprocess.run(
        [node, str(JUDGE), str(folder)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"TZ": "Europe/Paris"},
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    unlike = [
        (case["text"], moment)
        for case, (hours, moments), states in zip(asked, cases, seen, strict=True)
        for moment, state in zip(moments, states, strict=True)
        if hours.is_open(moment) != state
    ]
    assert unlike == []
    assert {state for states in seen for state in states} == {True, False}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({}, "off"),
        (
            {
                "weekly": [
                    {"days": [2, 3, 4, 5, 6], "from": "08:00", "until": "12:30"},
                    {"days": [2, 3, 4, 5], "from": "14:00", "until": "19:00"},
                ]
            },
            "Tu-Fr 08:00-12:30,14:00-19:00; Sa 08:00-12:30",
        ),
        (
            {
                "weekly": [{"days": [6], "from": "18:00", "until": "02:00"}],
                "closures": [{"from": "2026-12-05", "until": "2026-12-05"}],
            },
            "Sa 18:00-24:00; Su 00:00-02:00; 2026 Dec 05-06 off",
        ),
        (
            {
                "weekly": [{"days": [1, 3, 5, 6], "from": "00:00", "until": "24:00"}],
                "closures": [
                    {"from": "2026-12-30", "until": "2027-01-02"},
                    {"from": "2026-01-01", "until": "2026-01-09"},
                ],
                "exceptional": [{"on": "2026-12-25", "from": "09:00", "until": "12:00"}],
            },
            "Mo,We,Fr,Sa 00:00-24:00; 2026 Dec 25 09:00-12:00; 2026 Dec 30-2027 Jan 02 off",
        ),
    ],
)
def test_opening_hours_are_written_as_people_would(content: dict[str, Any], text: str) -> None:
    assert osm_hours(read_hours(content), SINCE) == text
