"""The page on a filled world, and what can happen in that world while it is looked at."""

from dataclasses import dataclass
from datetime import timedelta

from playwright.async_api import Page, expect

from core.slots import SLOT
from db.connection import connect
from tests.api.world import DAY, World

#: The evening of the world's day: a forecast is known, and half of it has come.
EVENING = DAY + timedelta(hours=23, minutes=45)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page on a filled world, and everything that its console said."""

    page: Page
    world: World
    address: str
    said: list[str]

    async def sign_in(self, name: str = "all") -> None:
        await self.page.goto(f"{self.address}/#token={self.world.secrets[name]}")
        await expect(self.page.locator("#place-name")).to_have_text("Départ République")


async def run_event(world: World) -> None:
    """Let one event run at the feeder that is shown, for an hour, and no other."""
    start = EVENING.replace(minute=0)
    async with await connect(world.url, None) as connection:
        await connection.execute("UPDATE event SET status = 'cancelled'")
        cursor = await connection.execute(
            "INSERT INTO event (name, place_id, status, starts_at, ends_at, created_at, status_at)"
            " VALUES ('Pointe du soir', %s, 'active', %s, %s, %s, %s) RETURNING event_id",
            [world.place["F-1"], start, start + 2 * SLOT, start, start],
        )
        ((event_id,),) = await cursor.fetchall()
        await connection.execute(
            "INSERT INTO dispatch_plan (event_id, planned_at, start_at, slot_count, objective, dual_bound, unserved_wh,"
            " planned_reduction_w) VALUES (%s, %s, %s, 2, 1, 1, 0, '{42000, 39000}')",
            [event_id, start, start],
        )
        await connection.execute(
            "INSERT INTO event_result VALUES (%s, %s, %s, 3, 60000, 21000, 42000)", [event_id, start, start]
        )
        await connection.commit()
