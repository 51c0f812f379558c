"""What the bench judges is what the specification for firmware makers says that it judges."""

from core.slots import INTERVAL_STEPS_S
from ingest.conformance.checks import CHECKS
from tests.support.documentation import ROOT

PAGE = (ROOT / "firmware_specs" / "README.md").read_text()


def test_the_specification_lists_every_point_and_no_other():
    listed = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| `") and line.count("|") == 4 and "." in line.split("`")[1]
    ]
    assert listed == [f"| `{check.name}` | {check.section} | {check.rule} |" for check in CHECKS]


def test_every_point_refers_to_a_section_that_there_is():
    headings = {line.removeprefix("## ") for line in PAGE.splitlines() if line.startswith("## ")}
    assert {check.section for check in CHECKS} <= headings
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_the_rule_on_steps_names_the_steps_there_are():
    (rule,) = (check.rule for check in CHECKS if check.name == "batch.step")
    assert [int(word.strip(",")) for word in rule.split() if word.strip(",").isdigit()] == list(INTERVAL_STEPS_S)
