"""What goes down to the gateways: commands, repeated until they are answered, withdrawals, and offers of firmware.

What a command is at is written down only after the broker has taken it. A worker that is killed in between sends it
again, and so does one that hears no answer; the gateway knows a command by its UUID and obeys it once.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
import structlog

from core.clock import Clock
from core.identifiers import Topic
from db.commands import (
    DueCommand,
    due_commands,
    ended_commands,
    listen_for_commands,
    mark_commands_ended,
    mark_commands_sent,
    wait_for_commands,
)
from db.connection import Connection
from ingest.downward import LONGEST_EXPIRY_S, Downward
from ingest.line import DatabaseLine
from ingest.metrics import Metrics
from ingest.offers import Offers
from ingest.session import Session

_log = structlog.get_logger()

_AT_ONCE: Final = 200
_POLL_S: Final = 2.0


class Outbox:
    """Publish what is due to gateways of the shards that this worker has, and note what the broker has taken.

    Parameters
    ----------
    line : DatabaseLine
        Autocommit connection that nobody else uses.
    sessions : mapping of int to Session
        Session of each shard.
    metrics : Metrics
        Counts.
    clock : Clock
        Tells what has expired.
    answer_s : float, default 10
        How long the first answer to a command is waited for before it is sent again. [s]
    attempts : int, default 8
        How often a command is sent at most.
    images_url : str, default "http://127.0.0.1:8000/v1/firmware"
        Address below which gateways find firmware by its SHA-256.
    """

    def __init__(
        self,
        line: DatabaseLine,
        sessions: Mapping[int, Session],
        metrics: Metrics,
        clock: Clock,
        *,
        answer_s: float = 10.0,
        attempts: int = 8,
        images_url: str = "http://127.0.0.1:8000/v1/firmware",
    ) -> None:
        self._line = line
        self._downward = Downward(sessions)
        self._offers = Offers(self._downward, clock, images_url=images_url, answer_s=answer_s)
        self._metrics = metrics
        self._clock = clock
        self._answer_s, self._attempts = answer_s, attempts

    async def run(self) -> None:
        """Publish what becomes due until cancelled."""
        while True:
            await self._line.retry(self._work_off)

    async def _work_off(self, connection: Connection) -> None:
        # Listening first: what becomes due after the look below wakes us up.
        await listen_for_commands(connection)
        shards = self._downward.shards
        await self._end(connection, shards)
        due = await due_commands(connection, shards, now=self._clock.now(), attempts=self._attempts, limit=_AT_ONCE)
        heard = await self._publish_all(due)
        if heard:
            await mark_commands_sent(connection, heard, at=self._clock.now(), answer_s=self._answer_s)
            self._metrics.commands.inc(len(heard))
        has_more = await self._offers.work_off(connection)
        if not has_more and (len(due) < _AT_ONCE or len(heard) < len(due)):
            await wait_for_commands(connection, within_s=min(_POLL_S, self._answer_s))

    async def _end(self, connection: Connection, shards: Sequence[int]) -> None:
        """Note which commands nobody will answer any more."""
        now = self._clock.now()
        ended = await ended_commands(connection, shards, now=now)
        if not ended:
            return
        await mark_commands_ended(connection, ended, at=now)
        for status in sorted({command.status for command in ended}):
            count = sum(command.status == status for command in ended)
            _log.warning("commands_ended", status=status, count=count)

    async def _publish_all(self, due: Sequence[DueCommand]) -> dict[UUID, bool]:
        """Publish commands; return those that the broker has taken, and whether it knows a subscriber."""
        taken = await asyncio.gather(*(self._publish(command) for command in due))
        return {command.command_id: heard for command, heard in zip(due, taken, strict=True) if heard is not None}

    async def _publish(self, command: DueCommand) -> bool | None:
        is_withdrawal = command.withdrawn_at is not None
        left_s = LONGEST_EXPIRY_S if is_withdrawal else self._clock.wall_s_until(command.expires_at)
        return await self._downward.publish(
            Topic(command.shard, command.gateway_name, "command"),
            encode_command(command),
            answer_kind="answer",
            correlation=str(command.command_id),
            expiry_s=math.ceil(left_s),
        )


def encode_command(command: DueCommand) -> bytes:
    """Return the payload of a command, or of its withdrawal."""
    if command.withdrawn_at is not None:
        return msgspec.json.encode(
            {
                "withdraw": str(command.command_id),
                "resource": command.resource_name,
                "at": int(command.withdrawn_at.timestamp()),
            }
        )
    told: dict[str, object] = {
        "command": str(command.command_id),
        "resource": command.resource_name,
        "issued_at": int(command.issued_at.timestamp()),
        "expires_at": int(command.expires_at.timestamp()),
        "start": int(command.start_at.timestamp()),
        "step_s": command.step_s,
        "dispatch_setpoint_w": [_number(setpoint_w) for setpoint_w in command.dispatch_setpoint_w],
    }
    return msgspec.json.encode(told | {"follow": True} if command.is_followed else told)


def _number(value: float) -> float:
    return int(value) if value == int(value) else value
