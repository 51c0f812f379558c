"""What a token says, to whom it is given, and that a new one takes the place of the one before."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import ConflictError, InputError, NotFoundError
from enjoy.passes.listing import RENEWED_NIGHTS
from enjoy.passes.revoking import BLOCKED, set_status_of_medium
from enjoy.reader.presenting import Presented
from enjoy.reader.reasons import Proof, Reason
from tests.db.village import ask
from tests.enjoy.passes.desk import PHONE_KEY, opened
from tests.enjoy.passes.town import NOON, TODAY, add_holder, add_medium, add_subject


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


async def test_a_new_token_takes_the_place_of_the_one_before(database_url: str) -> None:
    async with opened(database_url) as desk:
        holder = add_holder(desk.town)
        paper, phone = add_medium(desk.town, holder, "paper"), add_medium(desk.town, holder)
        pool = add_subject(desk.town, holder, "pool")
        first, bound = await desk.issue(pool, paper), await desk.issue(pool, phone, PHONE_KEY)
        second, renewed = await desk.issue(pool, paper), await desk.issue(pool, phone, PHONE_KEY)
        assert [await desk.told(one) for one in (first, second, bound)] == [None, None, None]  # not before the night
        listed = "SELECT status FROM pass.token WHERE token_id = %s"
        assert [ask(database_url, listed, one.token_id) for one in (bound, renewed)] == [[(1,)], [(0,)]]
        await desk.sleep()
        assert [await desk.told(one) for one in (first, second)] == [
            Reason.REVOKED,
            None,
        ]  # paper may be in other hands
        for _ in range(RENEWED_NIGHTS - 1):  # a phone's comes with any night of the week
            await desk.sleep()
        assert [await desk.told(one) for one in (bound, renewed)] == [Reason.REVOKED, None]

        again = await desk.issue(pool, phone, PHONE_KEY)
        await set_status_of_medium(desk.connection, phone, BLOCKED, now=desk.now)  # what is lost is put off no further
        assert [await desk.told(one) for one in (renewed, again)] == [None, None]
        await desk.sleep()
        assert [await desk.told(one) for one in (renewed, again)] == [Reason.REVOKED, Reason.BLOCKED]
        assert ask(database_url, "SELECT count(*) FROM pass.status_due") == [(0,)]
