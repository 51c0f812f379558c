"""Keys that sign tokens follow each other, and what a leaked one signed is refused everywhere."""

from datetime import timedelta
from functools import partial

import pytest

from core.errors import NotFoundError
from db import audit
from db.connection import Role, connect
from enjoy.passes import signing
from enjoy.passes.keeping import keep_pass_keys
from enjoy.passes.signing import published_keys
from enjoy.reader.reasons import Reason
from tests.db.village import ask
from tests.enjoy.lending import standing
from tests.enjoy.passes.desk import SECRET, opened
from tests.enjoy.passes.town import NOON, add_holder, add_medium, add_subject


async def test_keys_follow_each_other_and_what_an_old_one_signed_is_good_to_its_end(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper = add_medium(desk.town, holder, "paper")
        pool = add_subject(desk.town, holder, "pool", days=150)
        keep = partial(signing.keep_keys, desk.connection, SECRET)
        await keep_pass_keys(desk.lend, standing(NOON), secret=SECRET, wall=standing(NOON))
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
