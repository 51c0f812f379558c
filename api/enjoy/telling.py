"""The task that tells webhooks of changes: one for all API processes, by a lock that ends with whoever holds it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Final

from api.webhooks.delivery import Courier, Patience
from api.webhooks.notifying import keep_at
from api.webhooks.parcels import Due, Parcel
from core.settings import Settings
from core.tasks import end
from db import webhook_queue as store
from db.changes import RecordChange
from db.connection import Connection, Role, connect
from db.datasets import act_for, find_published
from db.notifications import listen_for_news, wait_for_news
from db.webhook_queue import Listener, NewDelivery
from enjoy.events import event_of, type_of
from outward.callbacks import Callbacks, callbacks

_AGAIN_AFTER_S: Final = 1.0
_LOOK_EVERY_S: Final = 2.0
_FORGET_EVERY_S: Final = 3_600.0
#: Changes that are fanned out in a transaction.
_AT_ONCE: Final = 50
_TABLES: Final = ("record_change", "webhook_delivery")
_TYPE: Final = "application/cloudevents+json"
_UNWANTED: Final = "Given up: the dataset may not be read any more, or the webhook no longer names it."


class WebhookQueue:
    """Take from the webhooks' queues.

    Parameters
    ----------
    connection : Connection
        Autocommit, in the role `Role.ENJOY_ACCOUNT`.
    disable_s : float
        For how long a webhook may fail before it is disabled. [s]
    """

    def __init__(self, connection: Connection, *, disable_s: float) -> None:
        self._connection, self._disable_s = connection, disable_s

    async def due(self, *, busy: Sequence[int], per_owner: int, limit: int) -> list[Due]:
        """Return webhooks that may be called."""
        found = await store.due_webhooks(self._connection, busy=busy, per_organisation=per_owner, limit=limit)
        return [Due(one.webhook_id, str(one.organisation_id), one.failure_count) for one in found]

    async def next_of(self, callback_id: int) -> Parcel | None:
        """Return what a webhook is to be told next."""
        found = await store.next_delivery(self._connection, callback_id)
        if found is None:
            return None
        return Parcel(
            found.webhook_delivery_id,
            f"enjoy-{found.webhook_delivery_id}",
            found.url,
            found.body,
            found.attempt_count,
            found.age_s,
            found.failure_count,
            found.is_wanted,
            secrets=[one for one in (found.secret, found.secret_before) if one is not None],
            content_type=_TYPE,
        )

    async def withdraw(self, parcel: Parcel) -> None:
        """Give up what is no longer wanted."""
        await store.withdraw_delivery(self._connection, parcel.number, _UNWANTED)

    async def delivered(self, parcel: Parcel, answer: str) -> None:
        """Note that it was taken."""
        await store.mark_delivered(self._connection, parcel.number, answer)

    async def failed(self, parcel: Parcel, answer: str, *, wait_s: float, is_last: bool, is_gone: bool) -> None:
        """Note that it was not taken."""
        facts = {"wait_s": wait_s, "disable_s": self._disable_s}
        await store.mark_failed(self._connection, parcel.number, answer, is_last=is_last, is_gone=is_gone, **facts)

    async def give_up(self, parcel: Parcel, *, give_up_s: float) -> None:
        """Give up what has waited too long."""
        await store.give_up(self._connection, parcel.number, give_up_s=give_up_s)


async def fan_out(connection: Connection, reading: Connection) -> int:
    """Write down which webhooks are told of the next changes, and in which words; return how many changes there were.

    Parameters
    ----------
    connection : Connection
        In the role `Role.ENJOY_ACCOUNT`; nothing or all is committed.
    reading : Connection
        In the role `Role.ENJOY_READ`: acting for an organisation, it reads what that may read and no more.
    """
    async with connection.transaction():
        changes = await store.waiting_changes(connection, limit=_AT_ONCE)
        if changes:
            listeners = await store.listeners_of(connection, sorted({one.dataset_id for one in changes}))
            told = [one for change in changes for one in await _told(reading, change, listeners)]
            await store.put_deliveries(connection, changes, told)
    return len(changes)


async def _told(reading: Connection, change: RecordChange, listeners: Sequence[Listener]) -> list[NewDelivery]:
    """Return what each listener is told of a change: once an organisation, in the words of what it may read."""
    wanted = [one for one in listeners if one.dataset_id == change.dataset_id and type_of(change) in one.events]
    bodies: dict[int, str | None] = {}
    for one in wanted:
        if one.organisation_id not in bodies:
            bodies[one.organisation_id] = await _body(reading, one, change)
    return [
        NewDelivery(one.webhook_id, change.dataset_id, change.number, body)
        for one in wanted
        if (body := bodies[one.organisation_id]) is not None
    ]


async def _body(reading: Connection, listener: Listener, change: RecordChange) -> str | None:
    async with reading.transaction():
        await act_for(reading, [listener.organisation_id])
        published = await find_published(reading, listener.dataset)
        if published is None:
            return None
        return json.dumps(await event_of(reading, published, change), ensure_ascii=False)


async def tell(settings: Settings, *, database_url: str, door: Callbacks | None = None) -> None:
    """Tell webhooks of changes until cancelled; any number of processes may run this, and one works."""
    way_out = door or callbacks(is_development=settings.enjoy_development)
    await keep_at(lambda: _work(settings, database_url, way_out))


async def _work(settings: Settings, database_url: str, door: Callbacks) -> None:
    patience = Patience(
        settings.enjoy_webhook_attempts, settings.enjoy_webhook_wait_s, settings.enjoy_webhook_give_up_s
    )
    async with await connect(database_url, Role.ENJOY_ACCOUNT, autocommit=True) as connection:
        while not await store.lock_telling(connection):  # noqa: ASYNC110 - who holds it is another process
            await asyncio.sleep(_AGAIN_AFTER_S)
        queue = WebhookQueue(connection, disable_s=settings.enjoy_webhook_disable_s)
        courier = Courier(queue, door, patience)
        async with (
            await connect(database_url, Role.ENJOY_ACCOUNT, autocommit=True) as listening,
            await connect(database_url, Role.ENJOY_READ, autocommit=True) as reading,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(courier.run(), name="deliver")
            tasks.create_task(_follow(listening, reading, courier), name="fan out")


async def _follow(connection: Connection, reading: Connection, courier: Courier) -> None:
    """Fan out what changes, and forget from time to time what was told long ago."""
    loop = asyncio.get_running_loop()
    await listen_for_news(connection)
    forgot_s = -_FORGET_EVERY_S
    while True:
        if loop.time() - forgot_s >= _FORGET_EVERY_S:
            await store.forget_old(connection)
            forgot_s = loop.time()
        if not await fan_out(connection, reading):
            await wait_for_news(connection, _TABLES, within_s=_LOOK_EVERY_S)
        courier.tell()


@contextlib.asynccontextmanager
async def telling(settings: Settings, *, database_url: str) -> AsyncIterator[None]:
    """Tell webhooks for as long as the block runs."""
    task = asyncio.create_task(tell(settings, database_url=database_url))
    try:
        yield
    finally:
        await end(task)
