"""The benchmark of passes finds figures within their bounds, and refuses what it has to."""

import pytest

from benchmarks import passes


def test_a_reader_takes_less_than_a_millisecond_and_is_told_of_revocations_in_few_bytes() -> None:
    found = passes.measure_verify(150) | passes.measure_changes()
    assert 0.05 < found["verify_ms"] < 5  # the bound is 1 ms on a machine that does nothing else
    assert 10 < found["delta_10k_kb"] < 20


def test_what_the_others_measure_is_asked_for_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "_OTHERS", (("benchmarks.passes", "measure_changes"), ("benchmarks.none", "none")))
    assert set(passes.measure_others()) == {"delta_10k_kb"}
