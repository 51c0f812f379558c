"""From stamps to instants in UTC: the doubled hour of October by order, the missing one of March as what it is."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ingest.files.stamps import Fields, Placed, place, wall_seconds
from ingest.files.survey import Survey
from ingest.files.wishes import StampMeaning, Wishes

Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

_DAY_S = 86_400


@dataclass(slots=True)
class Instants:
    """Place the stamps of a file, chunk after chunk.

    Parameters
    ----------
    survey : Survey
        Order of the date, and whether the newest lines come first.
    wishes : Wishes
        Zone of stamps that carry none.
    stamps : StampMeaning
        What a stamp names.

    Attributes
    ----------
    doubled : int
        Stamps of the hour that autumn has twice, told apart by their order.
    """

    survey: Survey
    wishes: Wishes
    stamps: StampMeaning
    doubled: int = 0
    _met: dict[tuple[int, int], int] = field(default_factory=dict)  # of a meter and wall time: how often

    def at(self, fields: Fields, meter: npt.NDArray[np.int32]) -> tuple[Int, Bool, Bool]:
        """Return the instants (UTC epoch [s]), which stamps are readable, and which name an hour that there is."""
        wall_s, readable = wall_seconds(fields, self.survey.order)
        if self.stamps is StampMeaning.DAY_END:
            wall_s = wall_s - wall_s % _DAY_S + _DAY_S
        utc_s, exists = wall_s - fields.offset_s, np.ones(len(wall_s), np.bool_)
        naive = readable & ~fields.has_offset
        zone = self.wishes.zone
        if zone is not None and self.stamps is StampMeaning.DAY_END:
            naive = readable  # a day is a day of the zone, whatever its stamp carries
        if zone is not None and naive.any():
            placed = place(wall_s[naive], zone, is_end=self.stamps is not StampMeaning.START)
            utc_s[naive] = self._resolved(placed, meter[naive], wall_s[naive])
            exists[naive] = placed.exists
        return utc_s, readable, exists

    def _resolved(self, placed: Placed, meter: npt.NDArray[np.int32], wall_s: Int) -> Int:
        """Of the two instants take the first for the first stamp of a meter, the second for every later one."""
        out = placed.earlier_s.copy()
        for row in np.flatnonzero(placed.earlier_s != placed.later_s):  # an hour a year: few
            key = int(meter[row]), int(wall_s[row])
            met = self._met[key] = self._met.get(key, 0) + 1
            is_later = (met > 1) != self.survey.steps.is_descending
            out[row] = placed.later_s[row] if is_later else placed.earlier_s[row]
            self.doubled += met > 1
        return out
