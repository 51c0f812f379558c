"""Tokens are blocked, free again, revoked and forgotten, and readers that have no connection learn of it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from core.errors import ConflictError, GoneError
from db.connection import Role, connect
from enjoy.passes import listing
from enjoy.passes.issuing import issue
from enjoy.passes.keeping import forget_old_passes, list_put_off_passes
from enjoy.passes.published import PublishedList
from enjoy.passes.revoking import (
    BLOCKED,
    REVOKED,
    VALID,
    set_status_of_medium,
    set_status_of_subject,
    set_status_of_token,
)
from enjoy.passes.signing import signer_now
from enjoy.reader.reasons import Reason
from tests.db.village import ask
from tests.enjoy.lending import standing
from tests.enjoy.passes.desk import ADDRESS, PHONE_KEY, SECRET, opened
from tests.enjoy.passes.town import NOON, add_holder, add_medium, add_subject


async def test_what_is_lost_is_blocked_found_again_and_revoked_for_good(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper, phone = add_medium(desk.town, holder, "paper"), add_medium(desk.town, holder)
        pool, library = (add_subject(desk.town, holder, name) for name in ("pool", "library"))
        kept, lost, read = (
            await desk.issue(pool, paper),
            await desk.issue(pool, phone, PHONE_KEY),
            await desk.issue(library, phone, PHONE_KEY),
        )
        assert [await desk.told(one) for one in (kept, lost, read)] == [None, None, None]

        ask(database_url, "UPDATE pass.medium SET status = 'blocked' WHERE medium_id = %s", phone)
        assert await set_status_of_medium(desk.connection, phone, BLOCKED, now=NOON) == 2
        assert [await desk.told(one) for one in (kept, lost, read)] == [None, None, None]  # a holder's: by night
        await desk.sleep()
        assert [await desk.told(one) for one in (kept, lost, read)] == [None, Reason.BLOCKED, Reason.BLOCKED]
        with pytest.raises(ConflictError, match="medium_inactive"):
            await desk.issue(pool, phone, PHONE_KEY)

        assert await set_status_of_subject(desk.connection, pool, BLOCKED, now=NOON) == 1
        ask(database_url, "UPDATE pass.medium SET status = 'active' WHERE medium_id = %s", phone)
        assert await set_status_of_medium(desk.connection, phone, VALID, now=desk.now) == 1
        await desk.sleep()
        blocked = Reason.BLOCKED
        assert [await desk.told(one) for one in (kept, lost, read)] == [blocked, blocked, None]  # the pool blocked them
        with pytest.raises(ConflictError, match="pass_blocked"):
            await desk.issue(pool, paper)
        assert await set_status_of_subject(desk.connection, pool, VALID, now=NOON) == 2
        assert await set_status_of_token(desk.connection, lost.token_id, REVOKED, now=NOON) == 1
        assert await set_status_of_token(desk.connection, lost.token_id, VALID, now=NOON) == 0  # for good
        assert [await desk.told(one) for one in (kept, lost, read)] == [None, Reason.REVOKED, None]
        assert await set_status_of_token(desk.connection, kept.token_id, BLOCKED, now=NOON) == 1
        with pytest.raises(ConflictError, match="pass_blocked"):
            await desk.issue(pool, paper)
        assert desk.known is not None
        assert ask(database_url, "SELECT version FROM pass.status_list") == [(desk.known.version + 1,)]


async def test_the_list_grows_and_forgets_what_expired_long_ago(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper = add_medium(desk.town, holder, "paper")
        pool = add_subject(desk.town, holder, "pool")
        await desk.issue(pool, paper)
        kept = await desk.issue(pool, paper)
        night = standing(NOON + timedelta(days=1))
        await list_put_off_passes(desk.lend, night, wall=night)
        assert await desk.told(kept) is None
        await listing.grow(desk.connection, 2**20, now=NOON)
        await listing.grow(desk.connection, 2**20, now=NOON)  # somebody else saw it too
        assert await desk.told(kept) is None
        assert desk.known is not None
        assert desk.known.size == 2**21
        before = desk.known.version
        later = NOON + timedelta(days=80)
        ask(database_url, "UPDATE pass.token SET expires_at = %s WHERE token_id = %s", later, kept.token_id)
        await forget_old_passes(desk.lend, standing(NOON), wall=standing(NOON))
        assert ask(database_url, "SELECT count(*) FROM pass.token") == [(2,)]
        await listing.tidy(desk.connection, now=later)
        assert ask(database_url, "SELECT token_id FROM pass.token") == [(kept.token_id,)]
        assert ask(database_url, "SELECT count(*) FROM pass.status_listed") == [(0,)]
        signer = await signer_now(desk.connection, SECRET, later, holds_until=later)
        with pytest.raises(GoneError, match="status_changes_gone"):
            await desk.published.changes(desk.connection, signer, 0, uri=ADDRESS, now=later)
        with pytest.raises(ConflictError, match="status_version_unknown"):
            await desk.published.changes(desk.connection, signer, before + 99, uri=ADDRESS, now=later)
        assert (await PublishedList().current(desk.connection)).packed == bytes(2**19)


async def test_many_who_issue_and_block_at_once_leave_versions_without_gaps(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        media = [add_medium(desk.town, holder, "paper") for _ in range(8)]
        pool = add_subject(desk.town, holder, "pool")

        async def issue_and_block(medium: UUID) -> UUID:
            async with await connect(database_url, Role.ENJOY_PASS) as connection:
                made = await issue(connection, SECRET, pool, medium, None, address=ADDRESS, now=NOON)
            async with await connect(database_url, Role.ENJOY_PASS) as connection:
                await set_status_of_token(connection, made.token_id, BLOCKED, now=NOON)
            async with await connect(database_url, Role.ENJOY_PASS) as connection:
                await set_status_of_token(connection, made.token_id, VALID, now=NOON)
            async with await connect(database_url, Role.ENJOY_PASS) as connection:
                await set_status_of_medium(connection, medium, BLOCKED, now=NOON)
            async with await connect(database_url, Role.ENJOY_PASS) as connection:
                await set_status_of_medium(connection, medium, VALID, now=NOON)
            return made.token_id

        assert len(set(await asyncio.gather(*map(issue_and_block, media)))) == 8
        assert ask(database_url, "SELECT count(*) FROM pass.signing_key") == [(1,)]
        versions = [row for (row,) in ask(database_url, "SELECT version FROM pass.status_change ORDER BY version")]
        assert versions == list(range(1, 17))
        await desk.sleep()  # blocked and free again before the night: the list never tells
        assert ask(database_url, "SELECT max(version) FROM pass.status_change") == [(16,)]
        assert ask(database_url, "SELECT count(*) FROM pass.status_listed") == [(0,)]
        assert not any((await PublishedList().current(desk.connection)).packed)
