"""Shares the shards out among all workers, on however many machines, with nobody configuring who has what.

Each worker holds an advisory lock for its name and one for each shard that it has, all in one session of the database.
A worker that dies lets go of them at once, and the others, which look several times a second, take what is free up to
their fair share. A worker that has more than its share gives shards up, one after the other, each when all it has
received of it is committed and acknowledged. While the database is away everybody keeps what they have and waits.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from core.errors import ConflictError, RetryableError
from db.connection import Connection, Role, connect
from db.workers import DUTIES, Situation, beat, end_session, give_shard, sign_on, situation, take_shard

_log = structlog.get_logger()

_LOOK_EVERY_S: Final = 0.25
_BEAT_EVERY_S: Final = 1.0
#: A look that takes longer is given up, and the connection with it. [s]
_LOOK_WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do now: shards to take, and those to give up."""

    take: tuple[int, ...]
    give: tuple[int, ...]


def plan(found: Situation, worker: str, mine: Iterable[int], shards: int) -> Steps:
    """Return what a worker does about its share.

    Parameters
    ----------
    found : Situation
        Who is there and what is taken.
    worker : str
        Its name.
    mine : iterable of int
        What it has.
    shards : int
        Shards of the installation.

    Notes
    -----
    The first of n workers by name have ``ceil(shards / n)``, the others ``floor(shards / n)``. `DUTIES` stays with
    whoever has it.

    Examples
    --------
    >>> plan(Situation(["a-1", "a-2"], [0, 1, 2], [], []), "a-1", [0, 1, 2], 4)
    Steps(take=(-1,), give=(2,))
    """
    workers = sorted({*found.workers, worker})
    rank, count = workers.index(worker), len(workers)
    share = shards // count + (rank < shards % count)
    held = sorted(shard for shard in mine if shard != DUTIES)
    unknown = {*found.held, *found.spoken_for, *held}
    free = [shard for shard in range(shards) if shard not in unknown]
    take = free[: max(0, share - len(held))]
    if DUTIES not in {*found.held, *found.spoken_for, *mine}:
        take.append(DUTIES)
    return Steps(tuple(take), tuple(held[share:]))


class Leases:
    """Hold a worker's name and its shards.

    Parameters
    ----------
    url : str
        Database URL.
    name : str
        First part of the worker's name; empty: the machine's.
    shards : int
        Shards of the installation.
    begin, end : callable
        Are awaited when a shard was taken, and before it is given up.
    facts : callable
        Returns the values in flight and whether the counts add up.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        shards: int,
        begin: Callable[[int], Awaitable[None]],
        end: Callable[[int], Coroutine[None, None, None]],
        facts: Callable[[], tuple[int, bool]],
    ) -> None:
        self._url = url
        self._host = socket.gethostname()
        self._wanted = name or self._host
        self._shards = shards
        self._begin = begin
        self._end = end
        self._facts = facts
        self._connection: Connection | None = None
        self._beaten_s = 0.0
        self.worker = ""
        self.mine: set[int] = set()
        self.has_looked = asyncio.Event()

    async def run(self) -> None:
        """Keep the worker's share until cancelled.

        Raises
        ------
        ConflictError
            ``shard_taken`` when another worker has one of ours: whatever is in flight must be forgotten.
        """
        while True:
            try:
                await self._look()
                self.has_looked.set()
            except (RetryableError, TimeoutError) as error:
                _log.debug("leases_lost", reason=str(error))
                await self.close()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def close(self) -> None:
        """Hang up, which lets go of everything."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _look(self) -> None:
        async with asyncio.timeout(_LOOK_WITHIN_S):
            connection = await self._signed_on()
            await self._beat(connection)
            found = await situation(connection, self.worker)
        steps = plan(found, self.worker, self.mine, self._shards)
        for pid in found.stuck_pids:
            await self._evict(pid)
        for shard in steps.take:
            if await take_shard(connection, self.worker, shard):
                self.mine.add(shard)
                _log.info("shard_taken", shard=shard, worker=self.worker)
                await self._begin(shard)
        if steps.give:
            await self._give(connection, steps.give[-1])

    async def _give(self, connection: Connection, shard: int) -> None:
        ending = asyncio.create_task(self._end(shard))
        while not ending.done():  # what is in flight may take a while; nobody shall think that we are stuck
            await asyncio.wait([ending], timeout=_BEAT_EVERY_S)
            with contextlib.suppress(RetryableError):
                await self._beat(connection)
        ending.result()
        self.mine.discard(shard)
        await give_shard(connection, shard)
        _log.info("shard_given_up", shard=shard, worker=self.worker)

    async def _beat(self, connection: Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._beaten_s >= _BEAT_EVERY_S:
            in_flight, is_sound = self._facts()
            await beat(connection, self.worker, in_flight=in_flight, is_sound=is_sound)
            self._beaten_s = now_s

    async def _signed_on(self) -> Connection:
        """Return the connection; on a new one, the name and the shards are taken again."""
        if self._connection is not None and not self._connection.closed:
            return self._connection
        connection = self._connection = await connect(self._url, Role.INGEST, autocommit=True)
        self.worker = await sign_on(
            connection, self._wanted, host=self._host, pid=os.getpid(), again=self.worker or None
        )
        _log.info("signed_on", worker=self.worker)
        for shard in sorted(self.mine):
            if not await take_shard(connection, self.worker, shard):
                raise ConflictError("shard_taken", f"Another worker has taken over shard {shard}.", shard=shard)
        return connection

    async def _evict(self, pid: int) -> None:
        """End the session of a worker that still holds its locks but does nothing any more."""
        _log.warning("worker_stuck", database_pid=pid)
        async with await connect(self._url, None, autocommit=True) as login:
            await end_session(login, pid)
