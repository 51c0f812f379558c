"""What an import says about a file: counts, the first lines with something to say about, and all of them as CSV."""

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self, TextIO

import numpy as np
import numpy.typing as npt

from db.file_imports import ImportCounts
from ingest.files.codes import FILE_CODES, IS_REFUSAL, MEANING

#: Lines kept to be shown.
SHOWN: Final = 10
_DIGITS: Final = re.compile(r"(?<!\d)\d{14}(?!\d)")
_TITLES: Final = ("line", "code", "refused", "meaning", "detail")


def masked(text: str) -> str:
    """Return a text in which points of delivery show their last four digits only: they are personal data.

    Examples
    --------
    >>> masked("Enedis_Conso_Heure_01234567890123.csv")
    'Enedis_Conso_Heure_..........0123.csv'
    """
    return _DIGITS.sub(lambda found: "." * 10 + found[0][-4:], text)


@dataclass(frozen=True, slots=True)
class Remark:
    """One line, or gap, with its code; `line` is 0 where it is about no single line."""

    line: int
    code: str
    detail: str = ""

    @property
    def text(self) -> str:
        """The remark as a sentence."""
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.code}: {self.detail or MEANING[self.code]}"


@dataclass(slots=True)
class Report:
    """Gather remarks; all go to the file, the first ones are kept.

    Parameters
    ----------
    file : text stream or None
        Where every remark is written as CSV.
    """

    file: TextIO | None = None
    codes: Counter[str] = field(default_factory=Counter)
    first: list[Remark] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Write the titles."""
        if self.file is not None:
            csv.writer(self.file).writerow(_TITLES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()

    def lines(self, line: npt.NDArray[np.int64], code: npt.NDArray[np.int8]) -> dict[str, int]:
        """Take lines with the numbers of their codes; return how many there are of each."""
        order = np.argsort(line, kind="stable")
        here = Counter({FILE_CODES[number - 1].code: int(n) for number, n in zip(*_counted(code), strict=True)})
        self.codes.update(here)
        if self.file is not None or len(self.first) < SHOWN:
            wanted = order if self.file is not None else order[:SHOWN]
            for at in wanted:
                self._keep(Remark(int(line[at]), FILE_CODES[int(code[at]) - 1].code))
        return dict(here)

    def say(self, remark: Remark, count: int = 1) -> None:
        """Take a remark about more than a line."""
        self.codes[remark.code] += count
        self._keep(remark)

    def _keep(self, remark: Remark) -> None:
        if len(self.first) < SHOWN:
            self.first.append(remark)
        if self.file is not None:
            refused = "yes" if IS_REFUSAL[remark.code] else "no"
            csv.writer(self.file).writerow(
                [remark.line or "", remark.code, refused, MEANING[remark.code], remark.detail]
            )


def _counted(code: npt.NDArray[np.int8]) -> tuple[list[int], list[int]]:
    numbers, counts = np.unique(code, return_counts=True)
    return numbers.tolist(), counts.tolist()


@dataclass(slots=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    file_name, sha256 : str
        What was read.
    understood : mapping of str to object
        What its columns, stamps and marks were taken to mean.
    counts : ImportCounts
        Of its lines.
    meters, gaps, missing_slots, doubled : int
        Meters known, gaps and missing intervals between their values, stamps of the doubled hour told apart.
    first_at, last_at : datetime or None
        Earliest and latest instant stored.
    dry_run : bool
        Whether nothing was written; `accepted` is then what would be.
    """

    file_name: str
    sha256: str
    understood: Mapping[str, object]
    dry_run: bool
    counts: ImportCounts = field(default_factory=ImportCounts)
    accepted: int = 0
    meters: int = 0
    gaps: int = 0
    missing_slots: int = 0
    doubled: int = 0
    first_s: int | None = None
    last_s: int | None = None

    def reach(self, first_s: int | None, last_s: int | None) -> None:
        """Widen the span to hold both instants."""
        if first_s is not None and last_s is not None:
            self.first_s = first_s if self.first_s is None else min(self.first_s, first_s)
            self.last_s = last_s if self.last_s is None else max(self.last_s, last_s)

    def summary(self, report: Report) -> dict[str, object]:
        """Return everything by name."""
        refused = {code: count for code, count in sorted(report.codes.items()) if IS_REFUSAL[code]}
        remarks = {code: count for code, count in sorted(report.codes.items()) if not IS_REFUSAL[code]}
        facts = {name: fact for name, fact in asdict(self).items() if name not in {"counts", "first_s", "last_s"}}
        return {
            **facts,
            **asdict(self.counts),
            "first_at": _iso(self.first_s),
            "last_at": _iso(self.last_s),
            "refused_by_code": refused,
            "remarks_by_code": remarks,
        }


def _iso(epoch_s: int | None) -> str | None:
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC).isoformat()
