"""What the rules find, as columns: gathered from several checks and ready to be stored."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ingest.vee import kernels
from ingest.vee.cells import Cells
from ingest.vee.rules import NAMES, RULES

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

_SEVERITIES = np.array([rule.severity for rule in RULES])
_NAMES = np.array(NAMES)


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Findings: arrays of shape (finding,).

    Attributes
    ----------
    usage_point_id, register_id, day, rule : ndarray of int64
        What each is about; `day` in days after 1970-01-01, `rule` the place in `rules.RULES`.
    start_s, end_s : ndarray of float64
        Span it is about, UTC epoch. [s]
    figure, bound : ndarray of float64
        What the rule found, and what it compared that with.
    """

    usage_point_id: Int
    register_id: Int
    day: Int
    rule: Int
    start_s: Float
    end_s: Float
    figure: Float
    bound: Float

    def __len__(self) -> int:
        return int(self.rule.size)

    def take(self, rows: npt.NDArray[np.bool_] | Int) -> "Findings":
        """Return some of them."""
        return Findings(*(getattr(self, part.name)[rows] for part in fields(self)))

    @classmethod
    def of(cls, cells: Cells, found: Float) -> "Findings":
        """Return findings that kernels wrote, each about one of the cells."""
        cell = found[:, kernels.CELL].astype(np.int64)
        return cls(
            cells.usage_point_id[cell],
            cells.register_id[cell],
            cells.day[cell],
            found[:, kernels.RULE].astype(np.int64),
            *(found[:, place] for place in (kernels.FROM, kernels.TO, kernels.FIGURE, kernels.BOUND)),
        )

    @classmethod
    def join(cls, parts: "list[Findings]") -> "Findings":
        """Return the findings of several checks; of the same rule, series, day and start, the first."""
        joined = [np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)]
        _, first = np.unique(np.stack(joined[:5], axis=1).reshape(-1, 5), axis=0, return_index=True)
        return cls(*(column[first] for column in joined))

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return them as ``vee_finding`` has them."""
        return {
            "usage_point_id": self.usage_point_id,
            "register_id": self.register_id,
            "day": self.day,
            "rule": _NAMES[self.rule],
            "severity": _SEVERITIES[self.rule],
            "start_s": self.start_s,
            "end_s": self.end_s,
            "figure": self.figure,
            "bound": self.bound,
        }
