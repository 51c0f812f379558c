"""Rules: the shared cases, and what holds whatever the rules are."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rules import TELLING, Admission, Asked, judge, read_rule, used

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "firmware_specs" / "passes" / "rules.json").read_text()
)["cases"]
NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_shared_case_is_judged_as_it_says(case: dict[str, Any]) -> None:
    rules = [read_rule(one["content"], one["rule_id"]) for one in case["rules"]]
    asked = case["asked"]
    admissions = [Admission(one["rule_id"], one["venue"], datetime.fromisoformat(one["at"])) for one in asked["uses"]]
    verdict = judge(
        rules,
        Asked(
            frozenset(asked["rights"]),
            asked["venue"],
            datetime.fromisoformat(asked["at"]),
            Proof(asked["proof"]),
            used(rules, admissions),
        ),
        proof=Proof(case["service_proof"]),
    )
    told = (verdict.is_admitted, verdict.reason, verdict.rule_id, verdict.price_class)
    expected = case["verdict"]
    assert told == (expected["admitted"], expected["reason"], expected["rule_id"], expected["price_class"])


def test_every_reason_of_rules_is_in_the_shared_cases() -> None:
    assert {case["verdict"]["reason"] for case in CASES} == {Reason.ADMITTED, *TELLING}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({}, "rights"),
        ({"rights": [1], "right": 1}, "right"),
        ({"rights": [0]}, "$.rights[0]"),
        ({"rights": [1], "windows": [{"days": [8], "from": "08:00", "until": "09:00"}]}, "$.windows[0].days[0]"),
        ({"rights": [1], "windows": [{"days": [1], "from": "8:00", "until": "09:00"}]}, "$.windows[0]"),
        ({"rights": [1], "windows": [{"days": [1], "from": "24:00", "until": "09:00"}]}, "$.windows[0]"),
        ({"rights": [1], "uses": [{"most": 0, "per": "day"}]}, "$.uses[0].most"),
        ({"rights": [1], "uses": [{"most": 1, "per": "year"}]}, "$.uses[0].per"),
        ({"rights": [1], "start_on": "2026-12-02", "end_on": "2026-12-01"}, "$.end_on"),
        ([], "object"),
    ],
)
def test_a_rule_that_cannot_be_read_says_where(content: object, place: str) -> None:
    with pytest.raises(InputError) as refused:
        read_rule(content)
    assert refused.value.code == "rule_invalid"
    assert place in refused.value.message


_RULES = st.fixed_dictionaries(
    {
        "rights": st.lists(st.integers(1, 3), max_size=2),
        "venues": st.lists(st.sampled_from(["door", "gate"]), max_size=1),
        "uses": st.lists(
            st.fixed_dictionaries(
                {
                    "most": st.integers(1, 3),
                    "per": st.sampled_from(["day", "week", "month", "ever"]),
                    "each_venue": st.booleans(),
                }
            ),
            max_size=2,
        ),
        "pause_s": st.sampled_from([0, 600, 86_400]),
        "lasts_s": st.sampled_from([None, 3_600, 86_400 * 3]),
    }
)
_TIMES = st.integers(0, 40 * 86_400).map(lambda second: NOON - timedelta(seconds=second))
_ADMISSIONS = st.builds(Admission, st.integers(1, 2), st.sampled_from(["door", "gate"]), _TIMES)


@given(
    st.lists(_RULES, max_size=2),
    st.lists(_ADMISSIONS, max_size=6),
    _ADMISSIONS,
    st.frozensets(st.integers(1, 3)),
    st.sampled_from(["door", "gate"]),
)
def test_one_use_more_never_admits_by_a_rule_that_refused(
    contents: list[dict[str, Any]], uses: list[Admission], more: Admission, rights: frozenset[int], venue: str
) -> None:
    for place, content in enumerate(contents, 1):
        rules = [read_rule(content, place)]
        before = judge(rules, Asked(rights, venue, NOON, Proof.TOKEN, used(rules, uses)), proof=Proof.TOKEN)
        after = judge(rules, Asked(rights, venue, NOON, Proof.TOKEN, used(rules, [*uses, more])), proof=Proof.TOKEN)
        assert before.is_admitted or not after.is_admitted


@given(st.lists(_RULES, max_size=3), st.lists(_ADMISSIONS, max_size=6), st.frozensets(st.integers(1, 3)))
def test_another_right_or_a_better_proof_never_takes_an_admission_away(
    contents: list[dict[str, Any]], uses: list[Admission], rights: frozenset[int]
) -> None:
    rules = [read_rule(content, place) for place, content in enumerate(contents, 1)]
    known = used(rules, uses)
    before = judge(rules, Asked(rights, "door", NOON, Proof.TOKEN, known), proof=Proof.TOKEN)
    after = judge(rules, Asked(rights | {1, 2, 3}, "door", NOON, Proof.DEVICE, known), proof=Proof.TOKEN)
    assert after.is_admitted or not before.is_admitted
    assert before.is_admitted == (before.reason is Reason.ADMITTED) == (before.rule_id is not None)
