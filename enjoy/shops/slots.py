"""Pickup slots: the opening hours of the days to come, cut into pieces of one length."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from core.clock import WALL_CLOCK, Clock
from db.connection import Connection, Role
from db.shops import Shop, find_shop, hold_shop
from db.stock import Capacity, fit_slots, shops_with_slots
from enjoy.acting import Connect
from enjoy.shops.hours import ZONE, Hours, read_hours

_SHORTEST: Final = timedelta(minutes=5)


def cut(hours: Hours, first: date, days: int, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Cut the opening hours of some days into slots; what is left of a span and too short for one is left out."""
    for start, end in hours.spans_between(first, first + timedelta(days=days)):
        begins = start
        while begins + length <= end:
            yield begins, begins + length
            begins += length


async def renew_slots(connection: Connection, shop: Shop, *, is_anew: bool, now: datetime) -> None:
    """Let a shop have the slots that its hours say.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_SHOP`.
    shop : Shop
        As it is now.
    is_anew : bool
        Whether hours or capacity have changed: slots that are not wanted any more are taken away where nobody ordered
        for them, and closed where somebody did.
    now : datetime
        Time.
    """
    await hold_shop(connection, shop.shop_id)
    wanted: list[tuple[datetime, datetime]] = []
    if shop.slot_min is not None:
        length = max(timedelta(minutes=shop.slot_min), _SHORTEST)
        found = cut(read_hours(shop.hours), now.astimezone(ZONE).date(), shop.slot_ahead_days, length)
        wanted = sorted({(start, end) for start, end in found if start > now})
    # Without a length none is wanted; the capacity is that of none.
    capacity = Capacity(shop.slot_orders, shop.slot_eur_cent)
    await fit_slots(connection, shop.shop_id, wanted, capacity, is_anew=is_anew, now=now)


async def renew_all_slots(lend: Connect, _clock: Clock, *, wall: Clock = WALL_CLOCK) -> None:
    """Add the slots of the day that has come within reach, in every shop."""
    async with lend(Role.ENJOY_SHOP) as connection:
        shops = await shops_with_slots(connection)
    for shop_id in shops:
        async with lend(Role.ENJOY_SHOP) as connection:
            shop = await find_shop(connection, shop_id=shop_id)
            if shop is not None:
                await renew_slots(connection, shop, is_anew=False, now=wall.now())
