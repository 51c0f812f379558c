"""Who is told of a change: callbacks whose subscriptions ask for it, topics of those who may see it; each what he may.

What is told is written down here in the words in which it will be sent. Whoever sends it afterwards needs to know
nothing of privacy.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from db.connection import Connection, translated_errors
from db.notifications import (
    Change,
    NewDelivery,
    NewPublication,
    Subscription,
    Ven,
    put_notifications,
    subscriptions,
    vens,
    waiting_changes,
)
from grid.openadr.nouns import TARGETED, ObjectType, Operation, Role
from grid.openadr.privacy import Viewer, shown_targets, visible_to
from grid.openadr.topics import BUSINESS_LOGIC, audience_of, publishing_topics

_AT_ONCE: Final = 100
#: A change may be for every VEN there is: no more are begun once so many notifications are queued in a transaction.
_ENOUGH: Final = 20_000
_BUSINESS_LOGIC: Final = Viewer(Role.BL, "")


async def fan_out(connection: Connection) -> int:
    """Queue the notifications of changes that wait, and return of how many; 0 when none is left.

    Parameters
    ----------
    connection : Connection
        In the role `Role.COMPUTE`. Either all of a change's notifications are queued or none, and never twice.
    """
    async with translated_errors(), connection.transaction():
        changes = await waiting_changes(connection, limit=_AT_ONCE)
        if not changes:
            return 0
        subscribed, audience = await subscriptions(connection), await vens(connection)
        deliveries: list[NewDelivery] = []
        publications: list[NewPublication] = []
        done: list[Change] = []
        for change in changes:
            deliveries += deliveries_of(change, subscribed)
            publications += publications_of(change, audience)
            done.append(change)
            if len(deliveries) + len(publications) >= _ENOUGH:
                break
        await put_notifications(connection, done, deliveries, publications)
    return len(done)


def deliveries_of(change: Change, subscribed: Sequence[Subscription]) -> Iterator[NewDelivery]:
    """Yield what callbacks are told of a change: each callback of a subscription once.

    A subscription's targets count as those of a request do: without any, a VEN is told of programs and events that have
    none.
    """
    for subscription in subscribed:
        viewer = Viewer(Role(subscription.role), subscription.client_id, frozenset(subscription.granted))
        urls = dict.fromkeys(_asking(change, subscription))
        if urls and visible_to(viewer, change, subscription.targets):
            told = notification(change, viewer, subscription.targets)
            for url in urls:
                yield NewDelivery(subscription.subscription_id, url, change.openadr_change_id, told)


def publications_of(change: Change, audience: Sequence[Ven]) -> Iterator[NewPublication]:
    """Yield what topics are told of a change: business logic's, and those of each VEN that may see it."""
    yield from _publications(change, BUSINESS_LOGIC, notification(change, _BUSINESS_LOGIC, None))
    if ObjectType(change.object_type) not in TARGETED:
        if change.ven_id is not None:  # it is theirs, even where their VEN object is what was deleted
            owner = Viewer(Role.VEN, change.client_id or "")
            yield from _publications(change, audience_of(change.ven_id), notification(change, owner, None))
        return
    for ven in audience:
        viewer = Viewer(Role.VEN, ven.client_id, frozenset(ven.granted), ven.ven_id)
        if visible_to(viewer, change, None):
            yield from _publications(change, audience_of(ven.ven_id), notification(change, viewer, None))


def notification(change: Change, viewer: Viewer, requested: Sequence[str] | None) -> str:
    """Return the JSON that tells somebody of a change, without the targets that he is not to know of."""
    targets = shown_targets(viewer, change, requested)
    shown = {name: value for name, value in change.object.items() if name != "targets"}
    told: dict[str, Any] = {
        "objectType": change.object_type,
        "operation": change.operation,
        "object": {**shown, "targets": targets} if targets else shown,
        "targets": targets or None,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _asking(change: Change, subscription: Subscription) -> Iterator[str]:
    """Yield the callbacks of a subscription that want to know of such a change."""
    if subscription.program_id is not None and subscription.program_id != change.program_id:
        return
    for wanted in subscription.object_operations or ():
        if change.object_type in wanted["objects"] and change.operation in wanted["operations"]:
            yield wanted["callbackUrl"]


def _publications(change: Change, audience: str, told: str) -> Iterator[NewPublication]:
    topics = publishing_topics(
        ObjectType(change.object_type),
        Operation(change.operation),
        audience,
        object_id=change.object_id,
        program_id=change.program_id,
    )
    for topic in topics:
        yield NewPublication(topic, told)
