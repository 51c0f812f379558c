"""Deliver what is queued for callbacks: each in order, none waiting for another, until it is taken or given up."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import structlog

from api.webhooks.callbacks import Callbacks
from api.webhooks.signing import signature_headers
from core.errors import InputError, RetryableError
from db.connection import Connection
from db.notifications import (
    Delivery,
    DueCallback,
    due_callbacks,
    give_up,
    mark_attempt_failed,
    mark_delivered,
    next_delivery,
    withdraw_delivery,
)

#: Callbacks that are called at the same time; of these, such as failed before, and such of one client.
_AT_ONCE, _FAILING_AT_ONCE, _OF_ONE_CLIENT = 24, 12, 4
#: A callback that takes so many one after the other makes room for those that wait.
_IN_A_ROW: Final = 50
_LONGEST_WAIT_S: Final = 3_600.0
_UNWANTED: Final = "Given up: the subscription no longer names this callback, or its client is revoked."
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a callback is tried.

    Attributes
    ----------
    attempts : int
        How often a notification is sent at most.
    wait_s : float
        Wait after the first failure; twice as long after each next, at most an hour. [s]
    give_up_s : float
        Age at which a notification is given up in any case. [s]
    """

    attempts: int
    wait_s: float
    give_up_s: float

    def wait_after(self, failures: int) -> float:
        """Return how long to leave a callback alone that has failed so often before, with jitter. [s]."""
        longest_s: float = min(_LONGEST_WAIT_S, self.wait_s * 2.0 ** min(failures, 20))
        return longest_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret


class Courier:
    """Deliver for all callbacks.

    Parameters
    ----------
    connection : Connection
        Autocommit, in the role `Role.COMPUTE`.
    door : Callbacks
        The way out.
    patience : Patience
        How long callbacks are tried.
    """

    def __init__(self, connection: Connection, door: Callbacks, patience: Patience) -> None:
        self._connection, self._door, self._patience = connection, door, patience
        self._busy: dict[int, DueCallback] = {}
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Say that something may have become due."""
        self._news.set()

    async def run(self) -> None:
        """Deliver what becomes due until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                due = await due_callbacks(
                    self._connection, busy=list(self._busy), per_client=_OF_ONE_CLIENT, limit=_AT_ONCE
                )
                for callback in due:
                    if self._has_room(callback):
                        self._busy[callback.openadr_callback_id] = callback
                        tasks.create_task(self._serve(callback))
                await self._wait()

    def _has_room(self, callback: DueCallback) -> bool:
        busy = self._busy.values()
        is_failing = callback.failure_count > 0
        return (
            len(busy) < _AT_ONCE
            and sum(other.client_id == callback.client_id for other in busy) < _OF_ONE_CLIENT
            and not (is_failing and sum(other.failure_count > 0 for other in busy) >= _FAILING_AT_ONCE)
        )

    async def _wait(self) -> None:
        """Wait for news, or until a callback that was left alone may be due again."""
        try:
            async with asyncio.timeout(min(1.0, self._patience.wait_s)):
                await self._news.wait()
        except TimeoutError:
            return

    async def _serve(self, callback: DueCallback) -> None:
        try:
            for _ in range(_IN_A_ROW):
                delivery = await next_delivery(self._connection, callback.openadr_callback_id)
                if delivery is None or not await self._deliver(delivery):
                    return
        finally:
            del self._busy[callback.openadr_callback_id]
            self.tell()

    async def _deliver(self, delivery: Delivery) -> bool:
        """Try once; tell whether the callback may be called for the next at once."""
        if not delivery.is_wanted:
            await withdraw_delivery(self._connection, delivery, _UNWANTED)
            return True
        status, answer = await self._post(delivery)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            await mark_delivered(self._connection, delivery, answer)
            return True
        patience, attempt = self._patience, delivery.attempt_count + 1
        is_last = status == HTTPStatus.GONE or attempt >= patience.attempts or delivery.age_s >= patience.give_up_s
        wait_s = patience.wait_after(delivery.failure_count)
        facts = {"delivery": delivery.openadr_delivery_id, "attempt": attempt, "answer": answer}
        _log.info(
            "notification_given_up" if is_last else "notification_not_taken", again_in_s=round(wait_s, 1), **facts
        )
        await mark_attempt_failed(self._connection, delivery, answer, wait_s=wait_s, is_last=is_last)
        await give_up(self._connection, delivery, give_up_s=patience.give_up_s)
        return False

    async def _post(self, delivery: Delivery) -> tuple[int, str]:
        """Return the status of the answer, 0 for none, and what came of it in words."""
        body = delivery.notification.encode()
        message_id = f"delivery-{delivery.openadr_delivery_id}"
        headers = signature_headers(delivery.bearer_token, message_id, body, datetime.now(UTC))
        try:
            status = await self._door.post(delivery.callback_url, headers, body)
        except (InputError, RetryableError) as error:
            return 0, error.message
        return status, f"status {status}"
