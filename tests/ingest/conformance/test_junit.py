"""The XML that continuous-integration systems read: the shape that the Ant and Jenkins schemas have in common."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from ingest.conformance.checks import judge
from ingest.conformance.junit import to_junit
from ingest.conformance.observation import Observation, Seen

SUITE = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"}


def document(*, strict: bool) -> ET.Element:
    seen = Observation("gw-0001", 1)
    seen.messages.append(Seen("somel/v1/2/gw-0001/live", "text/<\x00>", b"{", 0, False, False, 0.0, 0.0))
    raw = to_junit(
        judge(seen), gateway="gw-0001", started_at=datetime(2026, 1, 5, tzinfo=UTC), took_s=1.5, strict=strict
    )
    assert raw.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return ET.fromstring(raw)  # noqa: S314 - our own


def test_the_document_has_the_common_shape_and_its_counts_are_right():
    root = document(strict=False)
    assert root.tag == "testsuites"
    (suite,) = root
    assert suite.tag == "testsuite"
    assert set(suite.attrib) == SUITE
    datetime.strptime(suite.attrib["timestamp"], "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the schema's has no zone
    assert float(suite.attrib["time"]) == 1.5
    cases = list(suite)
    assert {case.tag for case in cases} == {"testcase"}
    assert all({"name", "classname", "time"} == set(case.attrib) for case in cases)
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)
    for case in cases:
        assert [child.tag for child in case] in ([], ["failure"], ["skipped"])
        for child in case:
            assert child.attrib["message"]
            assert child.tag == "skipped" or child.attrib["type"] == "failed"
    counted = {tag: sum(1 for case in cases if case.find(tag) is not None) for tag in ("failure", "skipped")}
    assert counted == {"failure": int(suite.attrib["failures"]), "skipped": int(suite.attrib["skipped"])}
    assert int(suite.attrib["tests"]) == len(cases)
    failed = {case.attrib["name"] for case in cases if case.find("failure") is not None}
    assert failed == {"topic.shard", "publish.qos", "publish.content_type"}


def test_strict_turns_what_was_not_seen_into_failures():
    (suite,) = document(strict=True)
    assert suite.attrib["skipped"] == "0"
    assert int(suite.attrib["failures"]) > 20
