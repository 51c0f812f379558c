"""Deliver what is queued for callbacks: each in order, none waiting for another, until it is taken or given up."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import structlog

from api.webhooks.parcels import Due, Parcel, Queue
from core.errors import InputError, RetryableError
from outward.callbacks import Callbacks
from outward.signing import authorization, signed_headers

#: Callbacks that are called at the same time; of these, such as failed before, and such of one owner.
_AT_ONCE, _FAILING_AT_ONCE, _OF_ONE_OWNER = 24, 12, 4
#: A callback that takes so many one after the other makes room for those that wait.
_IN_A_ROW: Final = 50
_LONGEST_WAIT_S: Final = 3_600.0
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
    queue : Queue
        What is to be told, and what became of it.
    door : Callbacks
        The way out.
    patience : Patience
        How long callbacks are tried.
    """

    def __init__(self, queue: Queue, door: Callbacks, patience: Patience) -> None:
        self._queue, self._door, self._patience = queue, door, patience
        self._busy: dict[int, Due] = {}
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Say that something may have become due."""
        self._news.set()

    async def run(self) -> None:
        """Deliver what becomes due until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                due = await self._queue.due(busy=list(self._busy), per_owner=_OF_ONE_OWNER, limit=_AT_ONCE)
                for callback in due:
                    if self._has_room(callback):
                        self._busy[callback.callback_id] = callback
                        tasks.create_task(self._serve(callback))
                await self._wait()

    def _has_room(self, callback: Due) -> bool:
        busy = self._busy.values()
        is_failing = callback.failure_count > 0
        return (
            len(busy) < _AT_ONCE
            and sum(other.owner == callback.owner for other in busy) < _OF_ONE_OWNER
            and not (is_failing and sum(other.failure_count > 0 for other in busy) >= _FAILING_AT_ONCE)
        )

    async def _wait(self) -> None:
        """Wait for news, or until a callback that was left alone may be due again."""
        try:
            async with asyncio.timeout(min(1.0, self._patience.wait_s)):
                await self._news.wait()
        except TimeoutError:
            return

    async def _serve(self, callback: Due) -> None:
        try:
            for _ in range(_IN_A_ROW):
                parcel = await self._queue.next_of(callback.callback_id)
                if parcel is None or not await self._deliver(parcel):
                    return
        finally:
            del self._busy[callback.callback_id]
            self.tell()

    async def _deliver(self, parcel: Parcel) -> bool:
        """Try once; tell whether the callback may be called for the next at once."""
        if not parcel.is_wanted:
            await self._queue.withdraw(parcel)
            return True
        status, answer = await self._post(parcel)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            await self._queue.delivered(parcel, answer)
            return True
        patience, attempt, is_gone = self._patience, parcel.attempt_count + 1, status == HTTPStatus.GONE
        is_last = is_gone or attempt >= patience.attempts or parcel.age_s >= patience.give_up_s
        wait_s = patience.wait_after(parcel.failure_count)
        facts = {"delivery": parcel.number, "attempt": attempt, "answer": answer}
        _log.info(
            "notification_given_up" if is_last else "notification_not_taken", again_in_s=round(wait_s, 1), **facts
        )
        await self._queue.failed(parcel, answer, wait_s=wait_s, is_last=is_last, is_gone=is_gone)
        await self._queue.give_up(parcel, give_up_s=patience.give_up_s)
        return False

    async def _post(self, parcel: Parcel) -> tuple[int, str]:
        """Return the status of the answer, 0 for none, and what came of it in words."""
        body = parcel.body.encode()
        headers = signed_headers(parcel.secrets, parcel.message_id, body, datetime.now(UTC))
        headers += authorization(parcel.bearer_token)
        try:
            status = await self._door.post(parcel.url, headers, body, content_type=parcel.content_type)
        except (InputError, RetryableError) as error:
            return 0, error.message
        return status, f"status {status}"
