"""The Enjoy process: what has to be done again and again, by one process at a time.

Any number of processes may run; one has the work, by a lock that ends with its connection, and the others wait for it.
A job that fails is logged and tried again, the later the more often it failed; the other jobs go on meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import structlog

from core.clock import WALL_CLOCK, Clock
from core.errors import ConfigurationError, PlatformError, RetryableError
from core.settings import Settings
from core.tasks import outcome_of
from db.connection import Connection, Role, borrow, connect, open_pool
from db.enjoy_work import lock_working, look_alive
from db.idempotency import forget_answers
from db.inbox import forget_refused_messages
from enjoy.acting import Connect, act_for_all
from enjoy.disclosure.rules import rules_of
from enjoy.energy import publish_energy
from enjoy.inbox import publish_inbox
from enjoy.passes.deriving import derive_due
from enjoy.passes.families import end_at_majority
from enjoy.passes.figures import keep_validations
from enjoy.passes.keeping import forget_old_passes, keep_pass_keys, list_put_off_passes
from enjoy.passes.secret import secret_of
from enjoy.passes.tourism.ending import end_passes
from enjoy.passes.tourism.paying import expire_unpaid
from enjoy.passes.tourism.refunding import Refunding
from enjoy.privacy.erasure import keep_erased
from enjoy.pulling.pulls import Pulls
from enjoy.retention import keep_retention
from enjoy.shops.delivering import Delivering, keep_outbox
from enjoy.shops.directory import publish_directory
from enjoy.shops.slots import renew_all_slots
from enjoy.shops.steps import end_what_is_over, forget_customers

_log = structlog.get_logger()

Work: TypeAlias = Callable[[Connect, Clock], Awaitable[object]]

_AGAIN_AFTER_S: Final = 1.0
_LOOK_EVERY_S: Final = 2.0
#: Roles that jobs act in, and connections that there may be in each.
ROLES: Final = (Role.ENJOY_WRITE, Role.COMPUTE, Role.ENJOY_PASS, Role.ENJOY_SHOP)
_CONNECTIONS: Final = 6
#: A job that goes on failing is tried this often at least. [s]
LONGEST_WAIT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Job:
    """Name what is done again and again.

    Attributes
    ----------
    name : str
        For the log.
    every_s : float
        Pause after it was done. [s]
    work : callable
        Does it, with connections that it is lent and the clock of the platform.
    """

    name: str
    every_s: float
    work: Work


def jobs_of(settings: Settings) -> tuple[Job, ...]:
    """Return all that the process does."""
    return (
        Job("pulls", 1.0, Pulls(is_development=settings.enjoy_development)),
        Job("inbox", 0.5, publish_inbox),
        Job("energy", 60.0, partial(publish_energy, rules=rules_of(settings))),
        Job("directory", 60.0, publish_directory),
        Job("erased", 3600.0, keep_erased),
        Job("retention", 60.0, keep_retention),
        Job("forgetting", 600.0, forget_old),
        Job("rights", 60.0, rights_by_the_wall),
        Job("cards", 600.0, cards_by_the_wall),
        Job("orders", 5.0, end_what_is_over),
        Job("mails", 1.0, Delivering(("email",), settings)),
        Job("hooks", 1.0, Delivering(("webhook", "provider"), settings)),
        Job("slots", 600.0, renew_all_slots),
        Job("customers", 3600.0, forget_customers),
        Job("outbox", 3600.0, keep_outbox),
        *_pass_jobs(settings),
    )


def _pass_jobs(settings: Settings) -> tuple[Job, ...]:
    """Return what is done for passes: nothing where the settings name no secret to keep them under."""
    if settings.pass_secret is None:
        return ()
    return (
        Job("pass-keys", 3600.0, partial(keep_pass_keys, secret=secret_of(settings))),
        Job("pass-list", 60.0, list_put_off_passes),
        Job("pass-ends", 60.0, end_passes),
        Job("pass-unpaid", 60.0, expire_unpaid),
        Job("pass-refunds", 5.0, Refunding(settings)),
        Job("pass-forgetting", 3600.0, forget_old_passes),
        Job("validations", 60.0, partial(keep_validations, least=settings.pass_least_holders)),
    )


async def rights_by_the_wall(lend: Connect, _replayed: Clock) -> int:
    """Derive rights of holders: people's time is the wall's, whatever is replayed."""
    return await derive_due(lend, now=WALL_CLOCK.now())


async def cards_by_the_wall(lend: Connect, _replayed: Clock) -> None:
    """End guardianships at majority; people's time is the wall's, whatever is replayed."""
    await end_at_majority(lend, now=WALL_CLOCK.now())


async def forget_old(lend: Connect, clock: Clock) -> None:
    """Forget the answers of requests that were asked a day ago, and messages that were given up long ago."""
    async with lend(Role.ENJOY_WRITE) as connection:
        await act_for_all(connection)
        await forget_answers(connection, now=clock.now())
        await forget_refused_messages(connection, now=clock.now())


async def run(
    settings: Settings,
    *,
    database_url: str,
    ready: Callable[[], None] | None = None,
    jobs: Sequence[Job] | None = None,
) -> None:
    """Work, or wait for the work, until cancelled.

    Parameters
    ----------
    settings : Settings
        The clock, and where sources may be.
    database_url : str
        Migrated database.
    ready : callable, optional
        Called once when the database has answered.
    jobs : sequence of Job, optional
        What to do; `jobs_of` the settings by default.

    Raises
    ------
    ConfigurationError
        When the database refuses us for good, or has not our tables.
    """
    wanted = jobs_of(settings) if jobs is None else jobs
    said = ""
    while True:
        try:
            async with await connect(database_url, Role.ENJOY_WRITE, autocommit=True) as connection:
                if ready is not None:
                    ready()
                    ready = None
                await _take_turn(connection, database_url, settings.clock, wanted)
        except RetryableError as error:
            if error.code != said:  # an outage is told of once
                _log.warning("enjoy_waits", code=error.code, reason=error.message)
            said = error.code
        await asyncio.sleep(_AGAIN_AFTER_S)


async def _take_turn(connection: Connection, database_url: str, clock: Clock, jobs: Sequence[Job]) -> None:
    """Wait for the lock and do the jobs for as long as its connection lives."""
    while not await lock_working(connection):  # noqa: ASYNC110 - who holds it is another process
        await asyncio.sleep(_AGAIN_AFTER_S)
    _log.info("enjoy_works", jobs=[job.name for job in jobs])

    try:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            pools = {role: open_pool(database_url, role, min_size=0, max_size=_CONNECTIONS) for role in ROLES}
            for pool in pools.values():
                await stack.enter_async_context(pool)
            for job in jobs:
                tasks.create_task(_repeat(job, lambda role: borrow(pools[role]), clock), name=job.name)
            while True:
                await asyncio.sleep(_LOOK_EVERY_S)
                await look_alive(connection)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group


async def _repeat(job: Job, lend: Connect, clock: Clock) -> None:
    """Do a job again and again; whatever goes wrong is logged, and the others are not held up."""
    failures = 0
    while True:
        error = await outcome_of(job.work(lend, clock))
        if isinstance(error, ConfigurationError):
            raise error
        failures = failures + 1 if error else 0
        wait_s = waits_s(job.every_s, failures)
        if error:
            _tell(job, error, wait_s)
        await asyncio.sleep(wait_s)


def waits_s(every_s: float, failures: int) -> float:
    """Return how long to wait after so many failures in a row: twice as long after each, within bounds. [s].

    Examples
    --------
    >>> [waits_s(2.0, failures) for failures in (0, 1, 2, 20)]
    [2.0, 2.0, 4.0, 300.0]
    """
    return max(every_s, min(LONGEST_WAIT_S, every_s * 2.0 ** min(max(failures - 1, 0), 30)))


def _tell(job: Job, error: BaseException, wait_s: float) -> None:
    """Log what went wrong: what passes by itself in a line, what is our fault in full."""
    again_in_s = round(wait_s, 2)
    if isinstance(error, PlatformError):
        _log.warning("job_failed", job=job.name, code=error.code, reason=error.message, again_in_s=again_in_s)
    else:
        _log.error("job_failed", job=job.name, exc_info=error, again_in_s=again_in_s)
