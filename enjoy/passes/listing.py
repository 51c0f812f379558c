"""What the status list says, as it changes: every change has a version, and versions are in the order of commits."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from db import status_list as store
from db.connection import Connection
from db.pass_tokens import Whose, forget_tokens, set_tokens
from enjoy.passes.bounds import night_after
from enjoy.reader.status import REVOKED, VALID
from enjoy.reader.tokens import MOST_INDEX

#: Tokens that a phone renewed come into the list with any of so many nights.
RENEWED_NIGHTS: Final = 7
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
    await store.drop_due(connection, list(changes))
    known = await store.listed_of(connection, list(changes))
    differing = {index: status for index, status in changes.items() if known.get(index, VALID) != status}
    if not differing and not is_new_version:
        return head.version
    version = head.version + 1
    await store.store_changes(connection, version, differing, now.date())
    await store.set_head(connection, replace(head, version=version))
    return version


async def set_statuses(connection: Connection, whose: Whose, status: int, *, now: datetime) -> int:
    """Set the status of tokens, in the list at once, and return how many had another: for what one service does."""
    count, changes = await _set(connection, whose, status, now)
    await publish(connection, changes, now=now)
    return count


async def set_statuses_by_night(connection: Connection, whose: Whose, status: int, *, now: datetime) -> int:
    """Set the status of tokens, in the list with the next night, and return how many had another: for what holders do.

    A lost phone is refused at all of its services. Were the list to say so at once, two of them that lay side by side
    what they saw would know by the moment that they have one holder; so it says by night what all holders did that day.
    """
    count, changes = await _set(connection, whose, status, now)
    await store.put_off(connection, changes, dict.fromkeys(changes, night_after(now)))
    return count


async def _set(connection: Connection, whose: Whose, status: int, now: datetime) -> tuple[int, dict[int, int]]:
    """Set the status of tokens; return how many had another, and what the list has to say of which places."""
    await store.hold_list(connection)  # before the tokens, always: two that set statuses wait for each other once
    due = {} if status == VALID else await store.due_of(connection, whose)  # what is refused is put off no further
    changed = await set_tokens(connection, whose, status)
    return len(changed), {**due, **{one.status_index: status for one in changed if one.expires_at > now}}


async def list_anew(connection: Connection, kid: str, *, now: datetime) -> int:
    """Publish that a key is no longer believed, and revoke what it signed; return how many tokens that were."""
    await store.hold_list(connection)
    lost = await set_tokens(connection, Whose(kid=kid), REVOKED)
    listed = {one.status_index: REVOKED for one in lost if one.expires_at > now}
    await publish(connection, listed, now=now, is_new_version=True)
    return len(lost)


async def put_off(connection: Connection, replaced: Mapping[int, bool], *, now: datetime) -> None:
    """Let tokens that were replaced come into the list, by whether a phone renewed them.

    A phone renews those of all its services together: each comes with some night of the week after. What stands still
    in a code, which may be in other hands, comes with the next.
    """
    nights = {
        index: night_after(now + timedelta(days=secrets.randbelow(RENEWED_NIGHTS) if is_phones else 0))
        for index, is_phones in replaced.items()
    }
    await store.put_off(connection, dict.fromkeys(replaced, REVOKED), nights)


async def publish_due(connection: Connection, *, now: datetime) -> int:
    """List all whose night has come with one version, and return how many."""
    await store.hold_list(connection)
    due = await store.take_due(connection, now)
    await publish(connection, due, now=now)
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
