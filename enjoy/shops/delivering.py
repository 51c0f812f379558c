"""The outbox is emptied: e-mails to the relay, webhooks to merchants and payment providers; each at least once.

A message is held by a row lock for as long as it is being sent, and marked in the same transaction. Of a process that
is killed in between the message is free again, and is sent once more under the same number.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import structlog

from core.clock import WALL_CLOCK, Clock
from core.errors import InputError, RetryableError
from core.settings import Settings
from db.connection import Connection, Role
from db.outbox import Kind, Message, forget_messages, mark_failed, mark_sent, next_message, waiting
from enjoy.acting import Connect
from outward.callbacks import Callbacks, callbacks
from outward.mail import Letter, Mailer, read_smtp_url
from outward.signing import signed_headers

_AT_ONCE: Final[dict[Kind, int]] = {"email": 1, "webhook": 2, "provider": 1}
_IN_A_ROW: Final = 100
_LONGEST_WAIT_S: Final = 3_600.0
_KEPT_FOR: Final = timedelta(days=30)
_CLOUD_EVENT: Final = "application/cloudevents+json"
_log = structlog.get_logger()


class Delivering:
    """Send what is due of some kinds; a job of the Enjoy process.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of messages, each of which is sent by itself: none waits for another.
    settings : Settings
        The relay, and how long what is not taken is tried again.
    mailer : Mailer, optional
        Sends e-mails; by default the one that the settings name. Without either, e-mails stay where they are.
    door : Callbacks, optional
        Calls webhooks.
    wall : Clock, optional
        What time it is.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        settings: Settings,
        *,
        mailer: Mailer | None = None,
        door: Callbacks | None = None,
        wall: Clock = WALL_CLOCK,
    ) -> None:
        url = settings.smtp_url
        self._mailer = mailer or (None if url is None else Mailer(read_smtp_url(url.get_secret_value())))
        self._door = door or callbacks(is_development=settings.enjoy_development)
        self._kinds = [kind for kind in kinds if kind != "email" or self._mailer is not None]
        self._settings, self._wall = settings, wall

    async def __call__(self, lend: Connect, _clock: Clock) -> None:
        """Send what is due."""
        async with asyncio.TaskGroup() as tasks:
            for kind in self._kinds:
                for _ in range(_AT_ONCE[kind]):
                    tasks.create_task(self._empty(lend, kind))

    async def _empty(self, lend: Connect, kind: Kind) -> None:
        for _ in range(_IN_A_ROW):
            async with lend(Role.ENJOY_SHOP) as connection:
                message = await next_message(connection, [kind], now=self._wall.now())
                if message is None:
                    return
                await self._deliver(connection, message)

    async def _deliver(self, connection: Connection, message: Message) -> None:
        try:
            answer = await (self._mail(message) if message.kind == "email" else self._call(message))
        except (InputError, RetryableError) as error:
            await self._put_off(connection, message, error)
            return
        await mark_sent(connection, message.outbox_id, answer, now=self._wall.now())

    async def _put_off(self, connection: Connection, message: Message, error: InputError | RetryableError) -> None:
        attempt, now = message.attempt_count + 1, self._wall.now()
        age_s = (now - message.made_at) / timedelta(seconds=1)
        limits = self._settings
        is_last = (
            isinstance(error, InputError)
            or attempt >= limits.enjoy_webhook_attempts
            or age_s >= limits.enjoy_webhook_give_up_s
        )
        longest_s = min(_LONGEST_WAIT_S, limits.enjoy_webhook_wait_s * 2.0 ** min(message.attempt_count, 20))
        wait = timedelta(seconds=longest_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        said = "message_given_up" if is_last else "message_not_taken"
        _log.info(said, message=message.outbox_id, kind=message.kind, attempt=attempt, code=error.code)
        await mark_failed(connection, message.outbox_id, error.message, due_from=now + wait, is_last=is_last, now=now)

    async def _mail(self, message: Message) -> str:
        assert self._mailer is not None  # noqa: S101 - e-mails are asked for only with one; for the type checker
        letter = Letter(
            str(message.message_id),
            self._settings.mail_from,
            message.recipient,
            message.subject,
            message.body,
            message.made_at,
        )
        return await self._mailer.send(letter)

    async def _call(self, message: Message) -> str:
        if message.url is None or message.secret is None:
            raise InputError("webhook_gone", "Given up: the shop names no address any more.")
        body = message.body.encode()
        headers = signed_headers([message.secret], str(message.message_id), body, datetime.now(UTC))
        typed = _CLOUD_EVENT if message.kind == "webhook" else "application/json"
        status = await self._door.post(message.url, headers, body, content_type=typed)
        if status == HTTPStatus.GONE:
            raise InputError("webhook_gone", "Given up: the address said that it is gone for good.")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise RetryableError("webhook_not_taken", f"status {status}")
        return f"status {status}"


async def keep_outbox(lend: Connect, _clock: Clock, *, wall: Clock = WALL_CLOCK) -> None:
    """Forget messages of long ago, and tell the operator of those that are not sent."""
    now = wall.now()
    async with lend(Role.ENJOY_SHOP) as connection:
        await forget_messages(connection, before=now - _KEPT_FOR)
        for one in await waiting(connection):
            facts = {"kind": one.kind, "status": one.status, "count": one.message_count}
            _log.warning("messages_wait", oldest_at=one.oldest_at.isoformat(), **facts)
