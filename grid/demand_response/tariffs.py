"""What a plan must know of tariffs: prices and off-peak relays slot by slot, and what a plan does to a bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.local_clock import slot_starts_s
from core.slots import SLOT_S
from core.tariffs import PriceRange, Tariff, Window, price_range, relay_ratio
from db.connection import Connection
from db.tariffs import read_calendar, read_prices, usage_point_tariffs

Float = NDArray[np.float64]

_MWH_PER_W: Final = SLOT_S / 3_600 / 1e6


@dataclass(frozen=True, slots=True)
class TariffSlots:
    """Hold the tariffs of usage points on slots.

    Attributes
    ----------
    low_eur_per_mwh, high_eur_per_mwh : ndarray, shape (usage_point, slot), float64
        Price, by the cheapest and the dearest colour that a day may still have; NaN: no price is stored. A plan that
        follows prices takes the dearest: it then never counts on a day being cheap. [EUR/MWh]
    relay_ratio : ndarray, shape (usage_point, slot), float64
        For how much of a slot the meter's dry contact is closed. [ratio]
    """

    low_eur_per_mwh: Float
    high_eur_per_mwh: Float
    relay_ratio: Float


async def read_tariff_slots(
    connection: Connection, usage_point_ids: Sequence[int], *, start_at: datetime, slots: int
) -> TariffSlots:
    """Return prices and relays of usage points, in the order given, one may stand there twice.

    Parameters
    ----------
    connection : Connection
        Any role that reads.
    usage_point_ids : sequence of int
        Usage points that exist.
    start_at : datetime
        Start of slot 0.
    slots : int
        Number of slots.

    Notes
    -----
    Usage points with the same tariff and hours are priced once.
    """
    calendar, prices = await read_calendar(connection), await read_prices(connection)
    at_s = slot_starts_s(start_at, slots)
    members: dict[tuple[Tariff, tuple[Window, ...]], int] = {}
    group_of: dict[int, int] = {}
    for row in await usage_point_tariffs(connection, sorted(set(usage_point_ids))):
        windows = row.windows if row.option is Tariff.OFF_PEAK else ()
        group_of[row.usage_point_id] = members.setdefault((row.option, windows), len(members))
    ranges = [
        price_range(tariff, at_s, windows=windows, calendar=calendar, prices=prices) for tariff, windows in members
    ]
    relays = [relay_ratio(tariff, at_s, windows=windows, calendar=calendar) for tariff, windows in members]
    place = np.array([group_of[one] for one in usage_point_ids], dtype=np.int64)
    if not place.size:
        return TariffSlots(*(np.zeros((0, slots)) for _ in range(3)))
    return TariffSlots(
        np.stack([one.low_eur_per_mwh for one in ranges])[place],
        np.stack([one.high_eur_per_mwh for one in ranges])[place],
        np.stack(relays)[place],
    )


def bill_change_eur(before_w: Float, after_w: Float, tariffs: TariffSlots | PriceRange) -> Float:
    """Return by how much bills rise at most when loads change from one schedule to another.

    Parameters
    ----------
    before_w, after_w : ndarray, shape (usage_point, slot)
        Mean power of what is planned: by itself, and by the plan. [W]
    tariffs : TariffSlots or PriceRange
        Prices of the same usage points and slots.

    Returns
    -------
    ndarray, shape (usage_point,), float64
        Above 0: the resident pays more. Exact where all colours are known; else no colour makes it more, for what is
        drawn besides is priced by the dearest and what is left out by the cheapest. NaN without a price for a slot that
        changes. [EUR]

    Examples
    --------
    >>> prices = PriceRange(np.array([[200.0, 100.0]]), np.array([[200.0, 100.0]]))
    >>> bill_change_eur(np.array([[2_000.0, 0.0]]), np.array([[0.0, 2_000.0]]), prices).tolist()
    [-0.1]
    """
    more_w = after_w - before_w
    price = np.where(more_w > 0, tariffs.high_eur_per_mwh, tariffs.low_eur_per_mwh)
    change: Float = np.where(more_w == 0, 0.0, more_w * price).sum(axis=-1) * _MWH_PER_W
    return change
