"""Who is there to write, and who has which shard: advisory locks of the sessions of the living."""

from dataclasses import dataclass
from itertools import count
from typing import Final

from core.errors import InvariantError
from db.connection import Connection, translated_errors
from db.rows import one_row
from db.statements import statements

_SQL: Final = statements("workers")
#: Classes of the advisory locks.
LOCKED_NAMES: Final = 0x736F6D01
LOCKED_SHARDS: Final = 0x736F6D02
#: How long after the server has started a shard is left to the worker that had it. [s]
_GRACE_S: Final = 3.0
#: A worker that has not been seen for so long has its session ended. [s]
_STUCK_S: Final = 10.0

#: What there is once in an installation, shared out like a shard.
DUTIES: Final = -1


@dataclass(frozen=True, slots=True)
class Situation:
    """Who is there and what is taken.

    Attributes
    ----------
    workers : list of str
        Workers alive, by name.
    held : list of int
        Shards that somebody holds, `DUTIES` among them.
    spoken_for : list of int
        Shards that are left to the worker that had them before the server was started a moment ago.
    stuck_pids : list of int
        Sessions of other workers that hold locks and have not been seen for long.
    """

    workers: list[str]
    held: list[int]
    spoken_for: list[int]
    stuck_pids: list[int]


async def sign_on(connection: Connection, wanted: str, *, host: str, pid: int, again: str | None = None) -> str:
    """Take a name that nobody alive has, ``<wanted>-<number>`` with the lowest number free, and return it.

    Parameters
    ----------
    connection : Connection
        Autocommit, in the role `Role.INGEST`; the name is ours as long as it lives.
    wanted : str
        First part of the name.
    host, pid : str, int
        Machine and process, for people.
    again : str, optional
        The name that this process had before its connection was lost; taken if it is still free.
    """
    async with translated_errors():
        for number in count(0 if again else 1):
            worker = again if number == 0 and again else f"{wanted}-{number}"
            if await _is_true(connection, "lock_name", names=LOCKED_NAMES, worker=worker):
                await connection.execute(_SQL["sign_on"], {"worker": worker, "host": host, "pid": pid})
                return worker
    raise InvariantError("numbers_ended", "There is always another number.")


async def beat(connection: Connection, worker: str, *, in_flight: int, is_sound: bool) -> None:
    """Say that a worker is there, with its values in flight, and whether its counts add up."""
    said = {"worker": worker, "in_flight": in_flight, "is_sound": is_sound}
    async with translated_errors():
        await connection.execute(_SQL["beat"], said)


async def situation(connection: Connection, worker: str) -> Situation:
    """Look who is there and what is taken."""
    asked = {"worker": worker, "names": LOCKED_NAMES, "shards": LOCKED_SHARDS, "grace_s": _GRACE_S, "stuck_s": _STUCK_S}
    found = await one_row(connection, Situation, _SQL["situation"], asked)
    return found or Situation([], [], [], [])


async def take_shard(connection: Connection, worker: str, shard: int) -> bool:
    """Take a shard if nobody holds it; wait for the batch that its former owner may just be committing."""
    async with translated_errors():
        if not await _is_true(connection, "lock_shard", shards=LOCKED_SHARDS, shard=shard):
            return False
        await connection.execute(_SQL["take_shard"], {"shard": shard, "worker": worker})
    return True


async def give_shard(connection: Connection, shard: int) -> None:
    """Let go of a shard."""
    async with translated_errors():
        await connection.execute(_SQL["unlock_shard"], {"shards": LOCKED_SHARDS, "shard": shard})


async def end_session(connection: Connection, pid: int) -> None:
    """End the session of a worker that is stuck; `connection` acts as the login role itself."""
    async with translated_errors():
        await connection.execute(_SQL["end_session"], {"pid": pid})


async def _is_true(connection: Connection, name: str, **parameters: object) -> bool:
    row = await (await connection.execute(_SQL[name], parameters)).fetchone()
    return row is not None and bool(row[0])
