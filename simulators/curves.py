"""Energy of every usage point in every slot, from measured curves: what a meter would have counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.slots import LOCAL_ZONE
from simulators.households import Households
from simulators.pool import CurvePool
from simulators.simbench import PROFILE_ZONE
from simulators.weeks import YEAR_SLOTS, slot_positions


@dataclass(frozen=True, slots=True)
class Curves:
    """Turn a pool of measured curves and a fleet of households into load.

    Attributes
    ----------
    pool : CurvePool
        Measured curves.
    households : Households
        What each usage point draws from it.
    """

    pool: CurvePool
    households: Households

    def net_wh(self, first_s: int, slots: int) -> NDArray[np.float64]:
        """Return what each usage point takes from the network without its flexible devices.

        Parameters
        ----------
        first_s : int
            Start of the first slot, UTC epoch seconds, on a slot's edge. [s]
        slots : int
            Number of slots.

        Returns
        -------
        ndarray, shape (usage_point, slot), float64
            Energy into the usage point, negative where its roof gives more than it uses. [Wh]
        """
        who = self.households
        people = slot_positions(first_s, slots, LOCAL_ZONE)
        home = np.flatnonzero(~who.business)
        business = np.flatnonzero(who.business)
        net_wh = np.empty((len(who.business), slots))
        for rows, curves in ((home, self.pool.homes), (business, self.pool.businesses)):
            place = (people[np.newaxis, :] + who.slot_shift[rows, np.newaxis]) % YEAR_SLOTS
            net_wh[rows] = curves[who.curve[rows, np.newaxis], place] * who.year_wh[rows, np.newaxis]
        heated = np.flatnonzero(who.heating_curve >= 0)
        place = (people[np.newaxis, :] + who.heating_slot_shift[heated, np.newaxis]) % YEAR_SLOTS
        heat = self.pool.heating[who.heating_curve[heated, np.newaxis], place]
        net_wh[heated] += heat * who.heating_wh[heated, np.newaxis]
        solar = np.flatnonzero(who.solar_curve >= 0)
        sun = slot_positions(first_s, slots, PROFILE_ZONE)
        net_wh[solar] -= self.pool.solar[who.solar_curve[solar]][:, sun] * who.solar_peak_w[solar, np.newaxis]
        return net_wh


def meter_wh(net_wh: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return what the import and export registers count, in whole watt-hours; both of the shape of `net_wh`. [Wh]."""
    whole = np.rint(net_wh)
    return np.maximum(whole, 0).astype(np.int32), np.maximum(-whole, 0).astype(np.int32)
