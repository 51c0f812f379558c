"""Commands to resources: the outbox that ingest empties, and the answers."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL = statements("commands")
#: Tables whose changes may make something due.
_NEWS: Final = frozenset({"command", "gateway_change", "firmware_rollout"})


@dataclass(frozen=True, slots=True)
class DueCommand:
    """A command to publish now, or its withdrawal; `dispatch_setpoint_w` holds one value a step. [W]."""

    command_id: UUID
    gateway_name: str
    shard: int
    resource_name: str
    issued_at: datetime
    expires_at: datetime
    start_at: datetime
    step_s: int
    dispatch_setpoint_w: list[float]
    is_followed: bool
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndedCommand:
    """A command that nobody will answer any more: expired, unanswered or replaced."""

    command_id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway answered: accepted, opted_out, refused, expired or withdrawn."""

    command_id: UUID
    gateway_id: int
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class AnsweredCommand:
    """A command that an answer was stored for."""

    command_id: UUID
    gateway_id: int


async def due_commands(
    connection: Connection, shards: Sequence[int], *, now: datetime, attempts: int, limit: int
) -> list[DueCommand]:
    """Return what has to be published now to gateways of `shards`, at most `limit`, the oldest first.

    Parameters
    ----------
    connection : Connection
        In the role of ingest.
    shards : sequence of int
        Shards that the caller publishes for.
    now : datetime
        Time by which commands expire.
    attempts : int
        How often a command is sent at most.
    limit : int
        Most rows.
    """
    parameters = {"shards": list(shards), "now": now, "attempts": attempts, "row_limit": limit}
    return await all_rows(connection, DueCommand, _SQL["due_commands"], parameters)


async def ended_commands(connection: Connection, shards: Sequence[int], *, now: datetime) -> list[EndedCommand]:
    """Return open commands to gateways of `shards` that are past their expiry or were replaced by a later one."""
    parameters = {"shards": list(shards), "now": now}
    return await all_rows(connection, EndedCommand, _SQL["ended_commands"], parameters)


async def mark_commands_sent(
    connection: Connection, heard: Mapping[UUID, bool], *, at: datetime, answer_s: float
) -> None:
    """Note that the broker has taken commands; an answer that came first is kept.

    Parameters
    ----------
    connection : Connection
        In the role of ingest.
    heard : mapping of UUID to bool
        The commands, and whether the broker knows somebody who subscribes to them.
    at : datetime
        Time.
    answer_s : float
        How long the first answer is waited for; twice as long after each repetition, at most 600 s. [s]
    """
    parameters = {"command_ids": list(heard), "heard": list(heard.values()), "at": at, "answer_s": answer_s}
    async with translated_errors(), connection.transaction():
        await connection.execute(_SQL["mark_commands_sent"], parameters)


async def mark_commands_ended(connection: Connection, ended: Sequence[EndedCommand], *, at: datetime) -> None:
    """Note that nobody will answer the commands any more; an answer that came meanwhile is kept."""
    parameters = {
        "command_ids": [command.command_id for command in ended],
        "statuses": [command.status for command in ended],
        "at": at,
    }
    async with translated_errors(), connection.transaction():
        await connection.execute(_SQL["mark_commands_ended"], parameters)


async def answer_commands(connection: Connection, answers: Sequence[Answer], *, at: datetime) -> set[AnsweredCommand]:
    """Store answers in their order, the last to a command wins; return those that there is a command for.

    A command is found only when its resource stands behind the gateway that answered.
    """
    last = {AnsweredCommand(answer.command_id, answer.gateway_id): answer for answer in answers}.values()
    parameters = {
        "command_ids": [answer.command_id for answer in last],
        "gateway_ids": [answer.gateway_id for answer in last],
        "statuses": [answer.status for answer in last],
        "reasons": [answer.reason for answer in last],
        "at": at,
    }
    return set(await all_rows(connection, AnsweredCommand, _SQL["answer_commands"], parameters))


async def listen_for_commands(connection: Connection) -> None:
    """Ask to be told of commands from now on; the connection must be in autocommit mode."""
    async with translated_errors():
        await connection.execute("LISTEN somel")


async def wait_for_commands(connection: Connection, *, within_s: float) -> bool:
    """Wait until a command, a gateway's state or a roll-out has changed, or the time is up; tell which."""
    async with translated_errors(), aclosing(connection.notifies(timeout=within_s)) as notices:
        async for notice in notices:
            if notice.payload in _NEWS:
                return True
    return False
