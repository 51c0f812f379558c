"""What the status list says, as it changes: every change has a version, and versions are in the order of commits."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from db import status_list as store
from db.connection import Connection
from db.pass_tokens import Whose, forget_tokens, set_tokens
from enjoy.reader.status import REVOKED, VALID
from enjoy.reader.tokens import MOST_INDEX

#: Tokens that were replaced come into the list at a random time within this.
PUT_OFF: Final = timedelta(hours=24)
#: How long changes are kept for readers that were without connection, and tokens after they expired.
CHANGES_KEPT: Final = timedelta(days=35)
TOKENS_KEPT: Final = timedelta(days=30)
_AT_ONCE: Final = 5_000


async def publish(
    connection: Connection, changes: Mapping[int, int], *, now: datetime, is_new_version: bool = False
) -> int:
    """Change what the list says and return its version, which is a new one where anything differs.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes; its transaction holds the list from now on.
    changes : mapping
        Status by place in the list.
    now : datetime
        Time; its day is noted.
    is_new_version : bool, default False
        Whether something else changed that lists tell of.
    """
    head = await store.hold_list(connection)
    known = await store.listed_of(connection, list(changes))
    differing = {index: status for index, status in changes.items() if known.get(index, VALID) != status}
    if not differing and not is_new_version:
        return head.version
    version = head.version + 1
    await store.store_changes(connection, version, differing, now.date())
    await store.set_head(connection, replace(head, version=version))
    return version


async def set_statuses(connection: Connection, whose: Whose, status: int, *, now: datetime) -> int:
    """Set the status of tokens, in the list as well, and return how many had another."""
    await store.hold_list(connection)  # before the tokens, always: two that set statuses wait for each other once
    due = [] if status == VALID else await store.due_of(connection, whose)  # what was lost is not put off
    changed = await set_tokens(connection, whose, status)
    listed = {one.status_index: status for one in changed if one.expires_at > now}
    await publish(connection, {**dict.fromkeys(due, REVOKED), **listed}, now=now)
    return len(changed)


async def list_anew(connection: Connection, kid: str, *, now: datetime) -> int:
    """Publish that a key is no longer believed, and revoke what it signed; return how many tokens that were."""
    await store.hold_list(connection)
    lost = await set_tokens(connection, Whose(kid=kid), REVOKED)
    listed = {one.status_index: REVOKED for one in lost if one.expires_at > now}
    await publish(connection, listed, now=now, is_new_version=True)
    return len(lost)


async def put_off(connection: Connection, indices: Iterable[int], *, now: datetime) -> None:
    """Let tokens that were replaced come into the list later, each at a time of its own."""
    due = {index: now + secrets.SystemRandom().random() * PUT_OFF for index in indices}
    await store.put_off(connection, due)


async def publish_due(connection: Connection, *, now: datetime) -> int:
    """List the replaced tokens whose time has come, and return how many."""
    await store.hold_list(connection)
    due = await store.take_due(connection, now)
    await publish(connection, dict.fromkeys(due, REVOKED), now=now)
    return len(due)


async def tidy(connection: Connection, *, now: datetime) -> None:
    """Forget tokens that expired long ago, whose places become free, and old changes; let the list grow in time."""
    head = await store.hold_list(connection)
    freed = await forget_tokens(connection, now - TOKENS_KEPT, most=_AT_ONCE)
    await publish(connection, dict.fromkeys(freed, VALID), now=now)
    last = await store.forget_changes(connection, (now - CHANGES_KEPT).date())
    if last is not None:
        head = await store.hold_list(connection)
        await store.set_head(connection, replace(head, kept_from=max(head.kept_from, last)))
    if await store.token_count(connection) * 2 > head.size:
        await grow(connection, head.size, now=now)


async def grow(connection: Connection, size: int, *, now: datetime) -> None:
    """Double the places of the list, unless it is larger already than the caller knew."""
    head = await store.hold_list(connection)
    if head.size > size or head.size > MOST_INDEX:
        return
    await store.set_head(connection, replace(head, size=head.size * 2))
    await publish(connection, {}, now=now, is_new_version=True)
