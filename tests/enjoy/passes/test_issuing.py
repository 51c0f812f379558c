"""Tokens are issued, replaced, revoked, blocked and free again, and readers that have no connection learn of it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import ConflictError, GoneError, InputError, NotFoundError
from core.signature import Signer, make_key
from db import audit
from db.connection import Connection, Role, connect
from enjoy.passes import listing, signing
from enjoy.passes.issuing import Issued, issue
from enjoy.passes.keeping import forget_old_passes, keep_pass_keys, list_replaced_passes
from enjoy.passes.published import PublishedList
from enjoy.passes.revoking import (
    BLOCKED,
    REVOKED,
    VALID,
    set_status_of_medium,
    set_status_of_subject,
    set_status_of_token,
)
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import published_keys, signer_now
from enjoy.reader.presenting import Presented, read_presented
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.status import StatusList
from enjoy.reader.tokens import Token
from tests.db.village import ask
from tests.enjoy.passes.town import NOON, TODAY, Town, add_holder, add_medium, add_service, add_subject, standing
from tests.enjoy.reader.test_presenting import shown

SECRET = PassSecret(b"a secret of thirty-two characters")
ADDRESS = "https://data.lille.test/enjoy"
PHONE = Signer(make_key())
PHONE_KEY = base64.b64decode(PHONE.public_key)


@dataclass
class Desk:
    """Issue in a town, and read as a reader that fetches the list and its changes."""

    connection: Connection
    town: Town
    now: datetime = NOON
    published: PublishedList = field(default_factory=PublishedList)
    known: StatusList | None = None

    async def issue(self, subject: UUID, medium: UUID, device_key: bytes | None = None) -> Issued:
        return await issue(self.connection, SECRET, subject, medium, device_key, address=ADDRESS, now=self.now)

    async def read(self, issued: Issued) -> Presented | Reason:
        """Return what is read of a token, shown by the phone where it is a phone's."""
        keys = await published_keys(self.connection, self.now)
        seen = read_presented(issued.text, keys, self.now)
        return read_presented(shown(issued.token, self.now, PHONE), keys, self.now) if seen == "proof_missing" else seen

    async def token(self, issued: Issued) -> Token:
        seen = await self.read(issued)
        assert isinstance(seen, Presented)
        return seen.token

    async def told(self, issued: Issued) -> Reason | None:
        """Return what a reader without connection is told of a token, once it has what changed."""
        keys = await published_keys(self.connection, self.now)
        signer = await signer_now(self.connection, SECRET, self.now, holds_until=self.now + timedelta(days=7))
        to: dict[str, Any] = {"uri": ADDRESS, "now": self.now}
        if self.known is None:
            current = await self.published.current(self.connection)
            self.known = StatusList.read(self.published.list_cwt(current, signer, **to).content, keys, self.now)
        changed = await self.published.changes(self.connection, signer, self.known.version, **to)
        self.known = self.known.updated(changed.content, keys, self.now)
        return self.known.refusal(await self.token(issued))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Desk]:
    town = Town(url)
    add_service(town, "pool")
    add_service(town, "library", organisation="roubaix")
    async with await connect(url, Role.ENJOY_PASS, autocommit=True) as connection:
        yield Desk(connection, town)


async def test_a_token_says_what_the_holder_may_and_ends_with_everybody_elses(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper, phone, card = (add_medium(desk.town, holder, kind) for kind in ("paper", "phone", "card"))
        pool = add_subject(desk.town, holder, "pool", rights=(1, 2), days=200)
        library = add_subject(desk.town, holder, "library", rights=(2,), days=900)
        still = await desk.token(await desk.issue(pool, paper))
        assert (still.service, still.issuer, still.device_key) == ("pool", "data.lille.test", None)
        assert [right.number for right in still.rights] == [1, 2]
        assert still.expires_at == NOON + timedelta(days=200)  # with its last right
        assert still.not_before.isoformat() == "2026-11-23T02:00:00+00:00"  # Monday at three in Lille
        long = await desk.token(await desk.issue(library, paper))
        assert timedelta(days=393) < long.expires_at - NOON <= timedelta(days=400)
        bound = await desk.issue(pool, phone, PHONE_KEY)
        seen = await desk.read(bound)
        assert isinstance(seen, Presented)
        assert seen.proof is Proof.DEVICE
        assert bound.expires_at.isoformat() == "2026-12-14T02:00:00+00:00"
        assert all(right.until == bound.expires_at for right in seen.token.rights)  # no more than what has to be known
        stranger = add_medium(desk.town, add_holder(desk.town), "paper")
        for medium in (stranger, uuid4()):
            with pytest.raises(NotFoundError, match="pass_unknown"):
                await desk.issue(pool, medium)
        with pytest.raises(ConflictError, match="medium_without_code"):
            await desk.issue(pool, card)
        for medium, key in ((paper, PHONE_KEY), (phone, b"short")):
            with pytest.raises(InputError, match="device_key_invalid"):
                await desk.issue(pool, medium, key)
        assert ask(database_url, "SELECT count(*) FROM pass.token WHERE status = 0") == [(3,)]
        ask(database_url, "UPDATE pass.subject SET left_on = %s WHERE subject_id = %s", TODAY, pool)
        with pytest.raises(ConflictError, match="pass_left"):
            await desk.issue(pool, paper)


async def test_two_tokens_of_one_holder_have_nothing_in_common_but_what_all_have(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder, other = add_holder(desk.town), add_holder(desk.town)
        phone, others = add_medium(desk.town, holder), add_medium(desk.town, other)
        tokens = []
        for hours, service, who, medium in (
            (0, "pool", holder, phone),
            (1, "library", holder, phone),
            (40, "library", other, others),
        ):
            desk.now = NOON + timedelta(hours=hours)
            tokens.append(await desk.token(await desk.issue(add_subject(desk.town, who, service), medium, PHONE_KEY)))
        mine, same, stranger = tokens
        assert len({one.token_id for one in tokens}) == len({one.status_index for one in tokens}) == 3
        assert (mine.not_before, mine.expires_at) == (same.not_before, same.expires_at)
        assert (stranger.not_before, stranger.expires_at) == (same.not_before, same.expires_at)
        assert (stranger.rights, stranger.issuer, stranger.kid) == (same.rights, same.issuer, same.kid)


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
        assert [await desk.told(one) for one in (kept, lost, read)] == [None, Reason.BLOCKED, Reason.BLOCKED]
        with pytest.raises(ConflictError, match="medium_inactive"):
            await desk.issue(pool, phone, PHONE_KEY)

        assert await set_status_of_subject(desk.connection, pool, BLOCKED, now=NOON) == 1
        ask(database_url, "UPDATE pass.medium SET status = 'active' WHERE medium_id = %s", phone)
        assert await set_status_of_medium(desk.connection, phone, VALID, now=NOON) == 1
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


async def test_a_new_token_takes_the_place_of_the_one_before(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper, phone = add_medium(desk.town, holder, "paper"), add_medium(desk.town, holder)
        pool = add_subject(desk.town, holder, "pool")
        first, bound = await desk.issue(pool, paper), await desk.issue(pool, phone, PHONE_KEY)
        second, renewed = await desk.issue(pool, paper), await desk.issue(pool, phone, PHONE_KEY)
        assert await desk.told(first) is Reason.REVOKED  # what is on paper may be in other hands
        assert await desk.told(second) is None
        listed = "SELECT status FROM pass.token WHERE token_id = %s"
        assert [ask(database_url, listed, one.token_id) for one in (bound, renewed)] == [[(1,)], [(0,)]]
        assert await desk.told(bound) is None  # in the list at a time of its own
        wall = standing(NOON + timedelta(days=1))
        await list_replaced_passes(_lender(desk), wall, wall=wall)
        assert [await desk.told(one) for one in (bound, renewed)] == [Reason.REVOKED, None]

        again = await desk.issue(pool, phone, PHONE_KEY)
        assert await desk.told(renewed) is None
        await set_status_of_medium(desk.connection, phone, BLOCKED, now=NOON)  # what is lost is not put off
        assert [await desk.told(one) for one in (renewed, again)] == [Reason.REVOKED, Reason.BLOCKED]
        assert ask(database_url, "SELECT count(*) FROM pass.status_due") == [(0,)]


def _lender(desk: Desk):
    @asynccontextmanager
    async def lend(role: Role) -> AsyncIterator[Connection]:
        assert role is Role.ENJOY_PASS
        async with desk.connection.transaction():
            yield desk.connection

    return lend


async def test_keys_follow_each_other_and_what_an_old_one_signed_is_good_to_its_end(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper = add_medium(desk.town, holder, "paper")
        pool = add_subject(desk.town, holder, "pool", days=150)
        keep = partial(signing.keep_keys, desk.connection, SECRET)
        await keep_pass_keys(_lender(desk), standing(NOON), secret=SECRET, wall=standing(NOON))
        assert await keep(NOON) is None
        old = await desk.issue(pool, paper)
        assert len(await published_keys(desk.connection, NOON)) == 1
        desk.now = NOON + signing.SIGNS_FOR - signing.PUBLISHED_BEFORE
        assert await keep(desk.now) is not None
        first, second = await published_keys(desk.connection, desk.now)
        add = add_subject(desk.town, holder, "library", days=400)
        assert (await desk.token(await desk.issue(add, paper))).kid == first
        desk.now = NOON + signing.SIGNS_FOR
        assert (await desk.token(await desk.issue(add, paper))).kid == second
        assert (await desk.token(old)).kid == first  # believed for as long as it lasts
        assert await keep(desk.now) is None
        desk.now = NOON + timedelta(days=500)
        assert first not in await published_keys(desk.connection, desk.now)
        shown = [row for (row,) in ask(database_url, "SELECT private_key FROM pass.signing_key")]
        assert all(b"ENCRYPTED" in bytes(pem) for pem in shown)


async def test_what_a_leaked_key_signed_is_refused_everywhere(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper = add_medium(desk.town, holder, "paper")
        pool = add_subject(desk.town, holder, "pool")
        old = await desk.issue(pool, paper)
        token = await desk.token(old)
        assert await desk.told(old) is None
        revoke = partial(signing.revoke_key, desk.connection, SECRET, actor="operator", now=NOON)
        async with desk.connection.transaction():
            assert await revoke(token.kid.hex()) == 1
        assert await desk.read(old) is Reason.KEY_UNKNOWN
        new = await desk.issue(pool, paper)
        assert await desk.told(new) is None
        assert desk.known is not None
        assert desk.known.refusal(token) is Reason.KEY_UNKNOWN  # by the list alone as well
        for kid in (token.kid.hex(), "no key"):
            with pytest.raises(NotFoundError, match="signing_key_unknown"):
                await revoke(kid)
        async with desk.connection.transaction():
            next_kid = await signing.rotate(desk.connection, SECRET, NOON)
            at_once = await signing.rotate(desk.connection, SECRET, NOON, is_at_once=True)
        assert (await desk.token(await desk.issue(pool, paper))).kid.hex() == at_once
        assert [key.kid for key in await signing.keys_known(desk.connection) if key.revoked_at is None][-1] == next_kid
    async with await connect(database_url, Role.OWNER) as owner:
        said = await audit.newest_entries(owner, audit.WantedEntries(action="pass_key"), limit=9)
        assert [one.action for one in said].count("pass_key.revoked") == 1


async def test_the_list_grows_and_forgets_what_expired_long_ago(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper = add_medium(desk.town, holder, "paper")
        pool = add_subject(desk.town, holder, "pool")
        gone, kept = await desk.issue(pool, paper), await desk.issue(pool, paper)
        assert await desk.told(kept) is None
        await listing.grow(desk.connection, 2**20, now=NOON)
        await listing.grow(desk.connection, 2**20, now=NOON)  # somebody else saw it too
        assert await desk.told(kept) is None
        assert desk.known is not None
        assert desk.known.size == 2**21
        before = desk.known.version
        later = NOON + timedelta(days=80)
        ask(database_url, "UPDATE pass.token SET expires_at = %s WHERE token_id = %s", later, kept.token_id)
        await forget_old_passes(_lender(desk), standing(NOON), wall=standing(NOON))
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
        del gone


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
                await set_status_of_medium(connection, medium, VALID, now=NOON)
            return made.token_id

        assert len(set(await asyncio.gather(*map(issue_and_block, media)))) == 8
        assert ask(database_url, "SELECT count(*) FROM pass.signing_key") == [(1,)]
        versions = [row for (row,) in ask(database_url, "SELECT version FROM pass.status_change ORDER BY version")]
        assert versions == list(range(1, 17))
        assert ask(database_url, "SELECT count(*) FROM pass.status_listed") == [(0,)]
        assert not any((await PublishedList().current(desk.connection)).packed)
