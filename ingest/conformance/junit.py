"""Verdicts as JUnit XML, in the form that continuous-integration systems read."""

import platform
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from ingest.conformance.verdicts import Result, Verdict

_UNPRINTABLE = {code: "\ufffd" for code in range(32) if code not in {9, 10, 13}}


def to_junit(
    verdicts: Sequence[Verdict], *, gateway: str, started_at: datetime, took_s: float, strict: bool = False
) -> bytes:
    """Return a document with one test case for each point.

    Parameters
    ----------
    verdicts : sequence of Verdict
        What became of the points.
    gateway : str
        Name of the gateway, in the suite's name.
    started_at : datetime
        When the run began (aware UTC).
    took_s : float
        How long it took. [s]
    strict : bool, default False
        Whether a point that was not seen is a failure; else it is skipped.
    """
    outcomes = [_outcome(verdict, strict=strict) for verdict in verdicts]
    facts = {
        "name": f"somel conformance {gateway}",
        "tests": str(len(verdicts)),
        "failures": str(outcomes.count("failure")),
        "errors": "0",
        "skipped": str(outcomes.count("skipped")),
        "time": f"{took_s:.3f}",
    }
    root = ET.Element("testsuites", {**facts, "name": "somel conformance"})
    stamp = started_at.strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(root, "testsuite", {**facts, "timestamp": stamp, "hostname": platform.node() or "localhost"})
    for verdict, outcome in zip(verdicts, outcomes, strict=True):
        _case(suite, verdict, outcome)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _outcome(verdict: Verdict, *, strict: bool) -> str:
    if verdict.finding.result is Result.PASSED:
        return "passed"
    return "failure" if strict or verdict.finding.result is Result.FAILED else "skipped"


def _case(suite: ET.Element, verdict: Verdict, outcome: str) -> None:
    group = verdict.check.name.partition(".")[0]
    case = ET.SubElement(
        suite, "testcase", {"name": verdict.check.name, "classname": f"conformance.{group}", "time": "0"}
    )
    evidence = verdict.finding.evidence.translate(_UNPRINTABLE)
    if outcome == "failure":
        failure = ET.SubElement(case, outcome, {"message": evidence, "type": str(verdict.finding.result)})
        failure.text = f"{verdict.check.rule} (firmware_specs/README.md, section {verdict.check.section})"
    elif outcome == "skipped":
        ET.SubElement(case, outcome, {"message": evidence})
