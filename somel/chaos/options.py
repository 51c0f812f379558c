"""What the storm is asked for, and what comes of it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

#: Faults and how often each happens in one storm.
FAULTS: Final = {
    "worker_killed": 4,
    "database_killed": 2,
    "broker_killed": 3,
    "connections_cut": 6,
    "database_stopped": 1,
    "disk_filled": 1,
}
_SHORTEST_GAP_S, _LONGEST_GAP_S = 0.5, 2.5


@dataclass(frozen=True, slots=True)
class ChaosOptions:
    """Say how large the storm is.

    Attributes
    ----------
    readings : int
        Readings to publish at least.
    seed : int
        Of the order and the times of the faults.
    workers : int
        Ingest workers.
    database_stop_s : float
        How long the database is stopped once. [s]
    """

    readings: int
    seed: int
    workers: int
    database_stop_s: float


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault, so long after the one before it is over. [s]."""

    name: str
    after_s: float


def plan(seed: int) -> list[Blow]:
    """Return the faults of a seed in their order.

    Examples
    --------
    >>> plan(1) == plan(1), plan(1) == plan(2), len(plan(1))
    (True, False, 17)
    """
    draw = random.Random(seed)  # noqa: S311 - a storm that can be repeated, not a secret
    names = [name for name, count in FAULTS.items() for _ in range(count)]
    draw.shuffle(names)
    return [Blow(name, draw.uniform(_SHORTEST_GAP_S, _LONGEST_GAP_S)) for name in names]


@dataclass(slots=True)
class ChaosReport:
    """What was published, what was stored, and what was done meanwhile.

    Attributes
    ----------
    published, stored, lost, duplicated : int
        Readings published; stored with the value published; neither; stored or counted more than once.
    faults : Counter of str
        How often what was done.
    skipped : list of str
        Faults that this machine cannot have.
    differing : dict of str to (object, object)
        By name, what a count should be and what it is: the running totals against what is stored, the sums by place
        against what was published.
    took_s : float
        How long it took. [s]
    """

    published: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    differing: dict[str, tuple[object, object]] = field(default_factory=dict)
    took_s: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether every reading is stored exactly once and all counts agree."""
        return self.lost == self.duplicated == 0 and not self.differing

    def summary(self) -> dict[str, Any]:
        """Return everything by name."""
        return {
            "published": self.published,
            "stored": self.stored,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "faults": dict(self.faults),
            "skipped": self.skipped,
            "counts_agree": not self.differing,
            "took_s": round(self.took_s, 1),
        }


def sentence(report: ChaosReport) -> str:
    """Return the report for people."""
    done = ", ".join(f"{name} {count}" for name, count in sorted(report.faults.items())) or "none"
    counts = "; ".join(f"{name} {found} instead of {due}" for name, (due, found) in report.differing.items())
    skipped = f"; skipped: {', '.join(report.skipped)}" if report.skipped else ""
    return (
        f"published {report.published:,} stored {report.stored:,} lost {report.lost:,} "
        f"duplicated {report.duplicated:,} counts {f'DIFFER ({counts})' if counts else 'agree'} faults: {done}{skipped}"
    )


def span_s(blows: Sequence[Blow], options: ChaosOptions) -> float:
    """Return about how long the storm lasts; what is published is spread over it. [s]."""
    lasting = {"database_stopped": options.database_stop_s + 2, "disk_filled": 8.0, "database_killed": 2.0}
    return sum(blow.after_s + lasting.get(blow.name, 0.5) for blow in blows)
