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
        subscribed, audience = await subscriptions(connection), Audience(await vens(connection))
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


class Audience:
    """The VENs there are, found by what was granted to them.

    Parameters
    ----------
    known : sequence of Ven
        All of them.
    """

    def __init__(self, known: Sequence[Ven]) -> None:
        self._viewers = [Viewer(Role.VEN, ven.client_id, frozenset(ven.granted), ven.ven_id) for ven in known]
        self._granted: dict[str, list[int]] = {}
        for place, ven in enumerate(known):
            for target in ven.granted:
                self._granted.setdefault(target, []).append(place)

    def of(self, change: Change) -> Iterator[Viewer]:
        """Yield who may see a change of a program or an event."""
        wanted = change.targets or change.program_targets
        if wanted:
            places = sorted({place for target in wanted for place in self._granted.get(target, ())})
            possible = [self._viewers[place] for place in places]
        else:
            possible = self._viewers
        return (viewer for viewer in possible if visible_to(viewer, change, None))


def publications_of(change: Change, audience: Audience) -> Iterator[NewPublication]:
    """Yield what topics are told of a change: business logic's, and those of each VEN that may see it."""
    yield from _publications(change, BUSINESS_LOGIC, notification(change, _BUSINESS_LOGIC, None))
    if ObjectType(change.object_type) not in TARGETED:
        if change.ven_id is not None:  # it is theirs, even where their VEN object is what was deleted
            owner = Viewer(Role.VEN, change.client_id or "")
            yield from _publications(change, audience_of(change.ven_id), notification(change, owner, None))
        return
    told: dict[tuple[str, ...], str] = {}  # many are told the same
    for viewer in audience.of(change):
        targets = tuple(shown_targets(viewer, change, None))
        if targets not in told:
            told[targets] = notification(change, viewer, None)
        yield from _publications(change, audience_of(viewer.ven_id or ""), told[targets])


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
