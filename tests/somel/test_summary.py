import json
from dataclasses import replace

import pytest

from somel.demo.summary import Summary

GOOD = Summary(
    stored=100,
    duplicate=0,
    refused=0,
    lost=0,
    forecast_mape=5.0,
    naive_mape=9.0,
    planned_kw=300.0,
    measured_kw=280.0,
    backfill_rows_per_s=200_000.0,
)


def test_a_good_demo_has_no_faults():
    assert list(GOOD.faults()) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"lost": 1}, "1 readings were lost"),
        ({"forecast_mape": 9.0}, "did not beat"),
        ({"forecast_mape": float("nan")}, "did not beat"),
        ({"measured_kw": 239.9}, "240 kW were measured of 300 kW planned"),
        ({"planned_kw": 0.0, "measured_kw": 0.0}, "planned"),
        ({"planned_kw": float("nan"), "measured_kw": float("nan")}, "was not over when the demo ended; `--for 120`"),
    ],
)
def test_what_is_not_good_enough_is_named(change, fault):
    faults = list(replace(GOOD, **change).faults())
    assert len(faults) == 1
    assert fault in faults[0]


def test_a_demo_that_ended_before_its_event_shows_no_figures_of_it():
    lines = list(replace(GOOD, planned_kw=float("nan"), measured_kw=float("nan")).lines())
    assert lines[-1].split() == ["reduction", "none", "measured"]
    assert "nan" not in "".join(lines)


def test_figures_keep_their_names():
    assert list(GOOD.as_dict()) == [
        "stored",
        "duplicate",
        "refused",
        "lost",
        "forecast_mape",
        "naive_mape",
        "planned_kw",
        "measured_kw",
        "backfill_rows_per_s",
    ]


def test_what_could_not_be_judged_is_null_in_json():
    figures = replace(GOOD, forecast_mape=float("nan")).as_dict()
    assert json.loads(json.dumps(figures, allow_nan=False))["forecast_mape"] is None
