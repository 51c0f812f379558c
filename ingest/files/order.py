"""Whether day and month are where they are believed to be: by range, by order and continuity, and by the clock."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from ingest.files.stamps import Fields, wall_seconds
from ingest.files.wishes import DateOrder

Int = npt.NDArray[np.int64]

#: A step longer than this, or backwards, is a jump: a month mistaken for a day jumps by weeks. [s]
_JUMP_S: Final = 5 * 86_400
#: Of so many stamps that prove an order, one that contradicts it is a bad line.
_FEW: Final = 100


@dataclass(slots=True)
class OrderEvidence:
    """Count what speaks for the order believed in, and what for its swap.

    Parameters
    ----------
    believed : DateOrder or None
        Order stated; None: as the first stamp looks, the year in front, else the day, as in France.
    now_s : int
        Present, UTC epoch; what lies after it is a sign of a wrong order. [s]
    """

    believed: DateOrder | None
    now_s: int
    order: DateOrder | None = None
    impossible: int = 0  # readable only when day and month are swapped
    impossible_swapped: int = 0
    ambiguous: int = 0  # a day either way, and not the same one
    mended: int = 0  # jumps that are none when day and month are swapped
    broken: int = 0

    def look(self, fields: Fields, meter: npt.NDArray[np.int32]) -> DateOrder:
        """Weigh some rows; return the order believed in."""
        if self.order is None:
            readable = np.flatnonzero(fields.readable)
            year_first = bool(len(readable)) and bool(fields.year_first[readable[0]])
            self.order = self.believed or (DateOrder.YMD if year_first else DateOrder.DMY)
            if not len(readable) and self.believed is None:
                order, self.order = self.order, None
                return order
        said, fits = wall_seconds(fields, self.order)
        other, other_fits = wall_seconds(fields, self.order.swapped)
        self.impossible += int(np.count_nonzero(other_fits & ~fits))
        self.impossible_swapped += int(np.count_nonzero(fits & ~other_fits))
        self.ambiguous += int(np.count_nonzero(fits & other_fits & (said != other)))
        either = np.flatnonzero(fits | other_fits)
        by_meter = either[np.argsort(meter[either], kind="stable")]
        said, other = np.where(fits, said, other)[by_meter], np.where(other_fits, other, said)[by_meter]
        same = np.diff(meter[by_meter]) == 0
        jumps, other_jumps = self._jumps(said) & same, self._jumps(other) & same
        self.mended += int(np.count_nonzero(jumps & ~other_jumps))
        self.broken += int(np.count_nonzero(other_jumps & ~jumps))
        return self.order

    def _jumps(self, wall_s: Int) -> npt.NDArray[np.bool_]:
        ahead = wall_s > self.now_s + 2 * 86_400
        return (np.abs(np.diff(wall_s)) > _JUMP_S) | ahead[1:]

    def judge(self) -> None:
        """Refuse the file when its stamps speak against the order believed in, and nobody stated it.

        Raises
        ------
        InputError
            ``date_order_doubtful``.
        """
        if self.order is None or self.believed is not None:
            return
        why = self._doubt(_WORDS[self.order], _WORDS[self.order.swapped])
        if why is None:
            return
        raise InputError(
            "date_order_doubtful",
            f"Day and month may be swapped: {why}. Nothing was stored. State --date-order {self.order} or "
            f"{self.order.swapped} once you know.",
        )

    def _doubt(self, said: str, other: str) -> str | None:
        """Return what speaks against the order believed in, if anything does; single lines are bad lines."""
        if self.impossible * _FEW > self.impossible_swapped:
            mixed = f", and others only as {said}" if self.impossible_swapped else ""
            return f"{self.impossible} stamps make sense only as {other}{mixed}"
        doubt = 4 * (self.mended + self.broken) ** 0.5 if self.broken else 0  # lines in no order jump either way
        if self.mended > self.broken + doubt:
            return f"read as {said} the stamps jump to and fro, or lie in the future, {self.mended} times"
        proven = self.impossible_swapped or self.broken > self.mended or self.order is DateOrder.YMD
        return None if proven or not self.ambiguous else "nothing in the file tells day from month"


_WORDS: Final = {
    DateOrder.YMD: "year-month-day",
    DateOrder.YDM: "year-day-month",
    DateOrder.DMY: "day/month/year",
    DateOrder.MDY: "month/day/year",
}
