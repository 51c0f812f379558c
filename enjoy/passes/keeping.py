"""What the Enjoy process does for passes: keys are made in time, the list is kept, old tokens are forgotten."""

from core.clock import WALL_CLOCK, Clock
from db.connection import Role
from enjoy.acting import Connect
from enjoy.passes.listing import publish_due, tidy
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import keep_keys


async def keep_pass_keys(lend: Connect, clock: Clock, *, secret: PassSecret, wall: Clock = WALL_CLOCK) -> None:
    """Make the next signing key when it is time to publish it."""
    del clock  # passes go by people's clock, whatever is replayed
    async with lend(Role.ENJOY_PASS) as connection:
        await keep_keys(connection, secret, wall.now())


async def list_put_off_passes(lend: Connect, clock: Clock, *, wall: Clock = WALL_CLOCK) -> None:
    """List what was put off until now."""
    del clock
    async with lend(Role.ENJOY_PASS) as connection:
        await publish_due(connection, now=wall.now())


async def forget_old_passes(lend: Connect, clock: Clock, *, wall: Clock = WALL_CLOCK) -> None:
    """Forget tokens that expired long ago and old changes of the list, and let the list grow in time."""
    del clock
    async with lend(Role.ENJOY_PASS) as connection:
        await tidy(connection, now=wall.now())
