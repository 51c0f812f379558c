"""Commands from the database to the gateways."""

import asyncio
import math
from collections.abc import Mapping
from typing import Final

import msgspec
import structlog

from core.clock import Clock
from core.errors import RetryableError
from core.identifiers import Topic
from db.commands import (
    PendingCommand,
    listen_for_commands,
    mark_commands_expired,
    mark_commands_sent,
    pending_commands,
    wait_for_commands,
)
from db.connection import Connection
from ingest.line import DatabaseLine
from ingest.metrics import Metrics
from ingest.session import Session

_log = structlog.get_logger()

_AT_ONCE: Final = 200
_POLL_S: Final = 2.0
_PUBACK_WITHIN_S: Final = 10.0
_FAILED: Final = 0x80


class Outbox:
    """Publish pending commands of the shards that this worker has, and note what the broker has taken.

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
    """

    def __init__(self, line: DatabaseLine, sessions: Mapping[int, Session], metrics: Metrics, clock: Clock) -> None:
        self._line = line
        self._sessions = sessions
        self._metrics = metrics
        self._clock = clock

    async def run(self) -> None:
        """Publish commands as they come until cancelled."""
        while True:
            await self._line.retry(self._work_off)

    async def _work_off(self, connection: Connection) -> None:
        # Listening first: a command that comes after the look below wakes us up.
        await listen_for_commands(connection)
        pending = await pending_commands(connection, list(self._sessions), limit=_AT_ONCE)
        now = self._clock.now()
        expired = [command.command_id for command in pending if command.expires_at <= now]
        if expired:
            await mark_commands_expired(connection, expired)
            _log.warning("commands_expired", count=len(expired))
        due = [command for command in pending if command.expires_at > now]
        taken = await asyncio.gather(*(self._publish(command) for command in due))
        sent = [command.command_id for command, is_taken in zip(due, taken, strict=True) if is_taken]
        if sent:
            await mark_commands_sent(connection, sent, at=self._clock.now())
            self._metrics.commands.inc(len(sent))
        if len(pending) < _AT_ONCE or len(sent) < len(due):
            await wait_for_commands(connection, within_s=_POLL_S)

    async def _publish(self, command: PendingCommand) -> bool:
        topic = str(Topic(command.shard, command.gateway_name, "command"))
        expiry_s = max(1, math.ceil(self._clock.wall_s_until(command.expires_at)))
        try:
            async with asyncio.timeout(_PUBACK_WITHIN_S):
                reason = await self._sessions[command.shard].publish(
                    topic, encode_command(command), content_type="application/json", expiry_s=expiry_s
                )
        except (RetryableError, TimeoutError):
            return False  # it stays pending, and the gateway knows a command it has had by its identifier
        if reason >= _FAILED:
            _log.warning("command_refused_by_broker", topic=topic, reason=hex(reason))
        return reason < _FAILED


def encode_command(command: PendingCommand) -> bytes:
    """Return the payload of a command."""
    return msgspec.json.encode(
        {
            "command": str(command.command_id),
            "resource": command.resource_name,
            "issued_at": int(command.issued_at.timestamp()),
            "expires_at": int(command.expires_at.timestamp()),
            "start": int(command.start_at.timestamp()),
            "step_s": command.step_s,
            "dispatch_setpoint_w": [_number(setpoint_w) for setpoint_w in command.dispatch_setpoint_w],
        }
    )


def _number(value: float) -> float:
    return int(value) if value == int(value) else value
