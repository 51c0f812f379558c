"""Charts and tables also of what is hardly there."""

import doctest
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from core.errors import InputError
from db.hindcast import PlaceOfLevel
from grid.backtest import QUANTILES
from grid.experts import EXPERTS
from grid.hindcast.samples import Sample
from somel.hindcast import charts, svg
from somel.hindcast.page import write
from somel.hindcast.table import change, ratio
from somel.hindcast.tables import places


def test_the_examples_run_as_written():
    found = doctest.testmod(svg)
    assert (found.failed, found.attempted) == (0, 2)


@pytest.mark.parametrize("value", [0.0, -5_000.0, 1.0, 3.2e9])
def test_a_flat_load_can_be_drawn(value: float):
    load_w = np.full(48, value)
    quantile_w = np.repeat(load_w[:, np.newaxis], len(QUANTILES), axis=1)
    place = PlaceOfLevel(1, "F1", "Départ <1>")
    drawn = charts.fan(Sample(place, 0.0, datetime(2026, 2, 9, 11, tzinfo=UTC), load_w, load_w, quantile_w, (0,)))
    assert "nan" not in drawn
    assert "Départ &lt;1&gt;" in drawn
    assert drawn.count('class="fan"') == 3


def test_lines_break_where_nothing_is_known():
    frame = svg.Frame(100, 100, (0.0, 3.0), (0.0, 1.0))
    assert frame.line([0.0, 1.0, 2.0, 3.0], [0.5, None, 0.5, 0.6], "ours").count("M") == 2
    assert frame.line([0.0], [None], "ours") == ""


def test_nothing_scored_is_drawn_as_nothing():
    block: dict[str, Any] = {"lead_start_h": 0, "lead_end_h": 2, "below_ratio": [None] * len(QUANTILES)}
    level: dict[str, Any] = {"whole": block, "by_lead": [block], "rmae_by_hour": [None] * 2}
    level |= {"naive_rmae_by_hour": [0.0] * 2, "weights": [{"origin": "2026-02-09T11:00:00+00:00"}]}
    level["weights"][0] |= dict.fromkeys(EXPERTS)
    assert "expected" not in charts.error_by_lead(level)
    assert "circle" not in charts.reliability(level)
    assert "Too few issues" in charts.weights(level)


def test_figures_that_are_not_there_are_dashes():
    assert (ratio(None), change(None), change(0.8), ratio(0.123)) == ("–", "–", "-20 %", "12.3 %")
    whole = dict.fromkeys(("rmae_ratio", "naive_ratio", "rcrps_ratio", "coverage_ratio"))
    row = {"code": "F<1>", "name": "x", "mean_load_w": None, "method_count": {"none": 3}, "whole": whole}
    shown = places([{**row, "issued_rmae_ratio": None}])
    assert "F&lt;1&gt;" in shown
    assert shown.count("–") == 6


def test_a_page_that_cannot_be_written_is_refused(tmp_path: Any):
    with pytest.raises(InputError, match="page_not_writable"):
        write(tmp_path, "page")
