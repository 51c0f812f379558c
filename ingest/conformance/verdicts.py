"""A point of the specification, and whether it is obeyed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from ingest.conformance.observation import Observation

_Item = TypeVar("_Item")


class Result(StrEnum):
    """What became of a point."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Finding:
    """A result with its evidence: what was seen, or what was not."""

    result: Result
    evidence: str


@dataclass(frozen=True, slots=True)
class Check:
    """One point.

    Attributes
    ----------
    name : str
        Stable name, ``group.point``.
    section : str
        Section of firmware_specs/README.md that asks for it.
    rule : str
        What it asks, as a sentence.
    judge : callable
        Looks at what was observed.
    """

    name: str
    section: str
    rule: str
    judge: Callable[[Observation], Finding]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check."""

    check: Check
    finding: Finding

    def is_broken(self, *, strict: bool) -> bool:
        """Tell whether the point counts as failed; with `strict` also when it was not seen."""
        return self.finding.result is Result.FAILED or (strict and self.finding.result is Result.NOT_SEEN)

    def summary(self) -> dict[str, str]:
        """Return everything by name."""
        return {
            "name": self.check.name,
            "result": str(self.finding.result),
            "evidence": self.finding.evidence,
            "rule": self.check.rule,
            "section": self.check.section,
        }


def passed(evidence: str) -> Finding:
    """Return that a point is obeyed."""
    return Finding(Result.PASSED, evidence)


def failed(evidence: str) -> Finding:
    """Return that a point is broken."""
    return Finding(Result.FAILED, evidence)


def not_seen(evidence: str) -> Finding:
    """Return that nothing was seen that could tell."""
    return Finding(Result.NOT_SEEN, evidence)


def every(items: Iterable[_Item], fault: Callable[[_Item], str | None], *, of: str, missing: str = "") -> Finding:
    """Judge items one by one: the first fault is the evidence; without items nothing was seen."""
    seen = list(items)
    if not seen:
        return not_seen(missing or f"no {of}")
    faults = list(_faults(seen, fault))
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return failed(f"{faults[0]}{more}")
    return passed(f"{len(seen)} {of}")


def _faults(items: Iterable[_Item], fault: Callable[[_Item], str | None]) -> Iterator[str]:
    for item in items:
        found = fault(item)
        if found is not None:
            yield found
