"""Commands to resources: the outbox that ingest empties, and the answers."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.connection import Connection, translated_errors
from db.rows import all_rows
from db.statements import statements

_SQL = statements("commands")


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A command that has not been given to the broker yet; `dispatch_setpoint_w` holds one value a step. [W]."""

    command_id: UUID
    gateway_name: str
    shard: int
    resource_name: str
    issued_at: datetime
    expires_at: datetime
    start_at: datetime
    step_s: int
    dispatch_setpoint_w: list[float]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway answered: accepted, opted_out, refused or expired."""

    command_id: UUID
    gateway_id: int
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class AnsweredCommand:
    """A command that an answer was stored for."""

    command_id: UUID
    gateway_id: int


async def pending_commands(connection: Connection, shards: Sequence[int], *, limit: int) -> list[PendingCommand]:
    """Return the oldest commands to gateways of `shards` that have not been sent, at most `limit`."""
    parameters = {"shards": list(shards), "row_limit": limit}
    return await all_rows(connection, PendingCommand, _SQL["pending_commands"], parameters)


async def mark_commands_sent(connection: Connection, command_ids: Sequence[UUID], *, at: datetime) -> None:
    """Note that the broker has taken the commands; an answer that came first is kept."""
    async with translated_errors(), connection.transaction():
        await connection.execute(_SQL["mark_commands_sent"], {"command_ids": list(command_ids), "at": at})


async def mark_commands_expired(connection: Connection, command_ids: Sequence[UUID]) -> None:
    """Note that the commands were too old to be sent."""
    async with translated_errors(), connection.transaction():
        await connection.execute(_SQL["mark_commands_expired"], {"command_ids": list(command_ids)})


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
    """Wait until a command was inserted or changed, or the time is up; tell which."""
    async with translated_errors(), aclosing(connection.notifies(timeout=within_s)) as notices:
        async for notice in notices:
            if notice.payload == "command":
                return True
    return False
