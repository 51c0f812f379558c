"""The job of the inbox: messages of publishers are read, checked against the contract and published.

A message is deleted in the transaction that stores its records. One that cannot be read, or is for no dataset, stays in
the inbox with a code; of a known dataset its publisher also finds it among the refused records.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from core.clock import Clock
from core.errors import InputError
from db.connection import Connection, Role
from db.dataset_rows import Published, RefusedRecord
from db.datasets import act_for, find_published, insert_refused
from db.inbox import (
    Message,
    delete_messages,
    refuse_dataset,
    refuse_message,
    waiting_datasets,
    waiting_messages,
)
from enjoy.acting import Connect, act_for_all
from enjoy.publishing import receive
from enjoy.records import KEPT, listed

_log = structlog.get_logger()

SOURCE: Final = "mqtt"
#: Messages that are published in one transaction.
_AT_ONCE: Final = 500


async def publish_inbox(lend: Connect, clock: Clock) -> None:
    """Publish what waits."""
    async with lend(Role.ENJOY_WRITE) as connection:
        await act_for_all(connection)
        names = [one.dataset for one in await waiting_datasets(connection)]
        found = {name: await find_published(connection, name) for name in names}
        for name, published in found.items():
            if published is None:
                reason = "There is no dataset of this name."
                await refuse_dataset(connection, name, code="dataset_unknown", reason=reason, now=clock.now())
                _log.warning("messages_refused", dataset=name[:100], code="dataset_unknown")
    for published in found.values():
        if published is not None:
            await _publish(lend, published, clock)


async def _publish(lend: Connect, published: Published, clock: Clock) -> None:
    """Publish what waits for a dataset, in the order received."""
    most = _AT_ONCE
    while True:
        try:
            async with lend(Role.ENJOY_WRITE) as connection:
                await act_for(connection, [published.dataset.organisation_id])
                messages = await waiting_messages(connection, published.dataset.name, limit=most)
                await _take(connection, published, messages, clock.now())
        except InputError as error:  # the database does not take it: find out which message it is
            if most > 1:
                most = 1
                continue
            await _refuse_first(lend, published, error, clock.now())
            most = _AT_ONCE
            continue
        if len(messages) < most:
            return


async def _take(connection: Connection, published: Published, messages: Sequence[Message], now: datetime) -> None:
    records, places, read = list[object](), list[int](), list[Message]()
    for message in messages:
        try:
            found = records_in(message.payload)
        except InputError as error:
            await _refuse(connection, published, message, error, now)
        else:
            records += found
            places += range(1, len(found) + 1)
            read.append(message)
    if records:
        await receive(connection, published, records, source=SOURCE, now=now, places=places)
    await delete_messages(connection, read)


def records_in(payload: bytes) -> list[object]:
    """Return the records of a message: one, a list of them, a Feature or a FeatureCollection.

    Raises
    ------
    InputError
        ``payload_unreadable``, ``records_malformed`` or ``records_too_many``.
    """
    try:
        return listed(json.loads(payload))
    except (ValueError, RecursionError) as error:
        raise InputError("payload_unreadable", "The message is not JSON in UTF-8.") from error


async def _refuse_first(lend: Connect, published: Published, error: InputError, now: datetime) -> None:
    async with lend(Role.ENJOY_WRITE) as connection:
        await act_for(connection, [published.dataset.organisation_id])
        for message in await waiting_messages(connection, published.dataset.name, limit=1):
            await _refuse(connection, published, message, error, now)


async def _refuse(
    connection: Connection, published: Published, message: Message, error: InputError, now: datetime
) -> None:
    content = message.payload[:KEPT].decode(errors="replace").replace("\0", "")
    refused = RefusedRecord(0, now, SOURCE, 1, None, error.code, error.message, content)
    await insert_refused(connection, published.dataset.dataset_id, SOURCE, [refused])
    await refuse_message(connection, message, code=error.code, reason=error.message, now=now)
    _log.warning("message_refused", dataset=published.dataset.name, code=error.code)
