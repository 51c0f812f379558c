"""Whatever is added to and subtracted from whatever, nothing is learnt of fewer than k."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enjoy.disclosure.rules import Rules
from tests.enjoy.disclosure.attacker import groups_found_out, least_of_pairs_and_triples, rank
from tests.enjoy.disclosure.ledger import Ledger

_POINTS = 14
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("agree"), st.sets(st.integers(0, _POINTS - 1), min_size=1)),
        st.tuples(st.just("withdraw"), st.sets(st.integers(0, _POINTS - 1), min_size=1, max_size=2)),
        st.tuples(st.just("missing"), st.sets(st.integers(0, _POINTS - 1), max_size=3)),
    ),
    min_size=3,
    max_size=12,
)


@pytest.mark.slow(20)
@settings(max_examples=60, deadline=None)
@given(parts=st.integers(1, 3), steps=_STEPS)
def test_no_combination_of_published_sums_is_about_fewer_than_k(parts: int, steps: list[tuple[str, set[int]]]) -> None:
    ledger = Ledger(_POINTS, parts)
    seen = np.zeros((0, _POINTS), dtype=np.int64)
    for what, points in steps:
        missing = np.zeros((_POINTS, 2), dtype=bool)
        if what == "agree":
            ledger.agreed |= points
            ledger.begin_month()
        elif what == "withdraw":
            for point in points:
                ledger.withdraw(point)
        else:
            missing[sorted(points), 0] = True
        seen = np.unique(np.concatenate([seen, ledger.published(missing)]), axis=0)
    assert list(groups_found_out(seen, ledger.rules.least_points)) == []


@pytest.mark.slow(20)
def test_a_year_of_comings_and_goings_isolates_nobody() -> None:
    draws = np.random.default_rng(11)
    ledger = Ledger(400, 4, Rules(least_points=10, largest_share=1.0, closeness=0.0))
    seen = np.zeros((0, 400), dtype=np.int64)
    for month in range(12):
        ledger.agreed |= set(draws.choice(400, 120 if month == 0 else 30, replace=False).tolist())
        ledger.begin_month()
        for _ in range(5):
            missing = draws.random((400, 4)) < 0.002
            seen = np.unique(np.concatenate([seen, ledger.published(missing)]), axis=0)
        ledger.withdraw(int(draws.choice(sorted(ledger.agreed))))
    assert len(seen) > 100
    chosen = seen[draws.choice(len(seen), 100, replace=False)]
    assert least_of_pairs_and_triples(chosen) >= 10


def test_the_attacker_finds_what_a_threshold_alone_lets_through() -> None:
    eleven = np.ones(11, dtype=np.int64)
    ten = eleven.copy()
    ten[4] = 0
    assert least_of_pairs_and_triples(np.array([ten, eleven])) == 1
    assert list(groups_found_out(np.array([ten, eleven]), 2)) == [(4,)]


def test_the_attacker_finds_what_takes_three_sums() -> None:
    whole, one, other = np.ones(9, dtype=np.int64), np.zeros(9, dtype=np.int64), np.zeros(9, dtype=np.int64)
    one[:4] = 1
    other[4:8] = 1
    cells = np.array([whole, one, other])
    assert least_of_pairs_and_triples(cells[:2]) == 4
    assert least_of_pairs_and_triples(cells) == 1
    assert rank(cells) == 3


def test_who_comes_back_is_counted_with_k_fresh_ones_only() -> None:
    ledger = Ledger(12, 1)
    ledger.agreed = set(range(4))
    ledger.begin_month()
    assert ledger.ever == {0, 1, 2, 3}
    ledger.withdraw(0)
    assert not ledger.cohorts
    ledger.agreed |= {4, 5}
    ledger.begin_month()
    assert not ledger.cohorts  # 1, 2, 3 were counted with 0; without him, their sum would tell of him
    ledger.agreed |= {6}
    ledger.begin_month()
    assert [members for _, members in ledger.cohorts.values()] == [(1, 2, 3, 4, 5, 6)]
