"""Two services that join all they hold cannot match their holders better than chance.

All that a service holds of a holder, and where it has it from:

- the pseudonym, from the flags of its admissions (no other route of a service names a holder);
- the token, from its readers: number, times, place in the status list, key of the phone, rights, key that signed it,
  and the digest that a reader's journal keeps;
- what the public status list says of that place, and with which change;
- when its readers saw the holder, and so the order in which it got to know them.

What both may know is granted to the attacker: the rights (and so the price class) and the week of the token, and the
night on which the list began to refuse it. Meanwhile holders lose phones and find some again, unlink them, renew their
tokens, withdraw what a desk saw, leave both services or the platform: each touches both services in one moment. A
serial that a reader was shown is not among what they hold: it names the card itself, which is why the platform keeps
and gives no service any.
"""

import base64
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.signature import Signer, make_key
from db import pass_rights
from db.connection import Connection, Role, connect
from db.pass_tokens import Whose
from enjoy.passes.deriving import derive_holder, withdraw
from enjoy.passes.issuing import issue
from enjoy.passes.joining import join, leave, own_service
from enjoy.passes.leaving import leave_all
from enjoy.passes.listing import publish_due, set_statuses
from enjoy.passes.media import add_medium, find_again, lose, unlink
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import published_keys
from enjoy.reader import cose
from enjoy.reader.status import BLOCKED
from enjoy.reader.tokens import Token, token_of
from tests.db.village import ask
from tests.enjoy.passes.matching import Row, Seen, attacked
from tests.enjoy.passes.town import NOON, Town, add_holder, add_organisation, add_service

SECRET = PassSecret(b"a secret of thirty-two characters")
ADDRESS = "https://data.lille.test/enjoy"
HOLDERS = 200
SERVICES = ("pool", "library")
SEED = 20261125


@dataclass
class Member:
    """Hold what a holder has: for each service the token on their phone."""

    holder_id: UUID
    medium_id: UUID
    tokens: dict[str, bytes]


async def populated(connection: Connection, town: Town, chance: random.Random) -> list[Member]:
    """Let holders join both services in one go each, on days of their own, and fetch the week's tokens for both."""
    for service in SERVICES:
        add_service(town, service, proof="device")
    organisation = add_organisation(town, "lille")
    members = []
    for _ in range(HOLDERS):
        holder_id, came = add_holder(town), NOON - timedelta(days=chance.randrange(90), minutes=chance.randrange(600))
        joined = {service: await join(connection, holder_id, service, now=came) for service in SERVICES}
        await pass_rights.put_attestation(
            connection,
            holder_id,
            kind="residence",
            insee_code="59350",
            born_on=None,
            quotient_below_eur=None,
            document="utility_bill",
            valid_until=(came + timedelta(days=chance.randrange(100, 390))).date(),
            today=came.date(),
            organisation_id=organisation,
        )
        await derive_holder(connection, holder_id, now=came)
        medium_id = await add_medium(connection, holder_id, "phone", "", now=came)
        now, tokens = NOON + timedelta(minutes=chance.randrange(2 * 24 * 60)), {}
        for service in SERVICES:
            key, subject_id = base64.b64decode(Signer(make_key()).public_key), joined[service].subject_id
            made = await issue(connection, SECRET, subject_id, medium_id, key, address=ADDRESS, now=now)
            tokens[service] = made.token
        members.append(Member(holder_id, medium_id, tokens))
    return members


def number_of(value: bytes | str | UUID) -> float:
    plain = value.int.to_bytes(16, "big") if isinstance(value, UUID) else value
    return float(int.from_bytes(plain.encode() if isinstance(plain, str) else plain, "big"))


def columns_of(token: Token, message: bytes, changed: Mapping[int, tuple[int, int]]) -> Row:
    version, status = changed.get(token.status_index, (0, 0))
    return {
        "token_id": number_of(token.token_id),
        "status_index": float(token.status_index),
        "not_before": token.not_before.timestamp(),
        "expires_at": token.expires_at.timestamp(),
        "device_key": number_of(token.device_key or b""),
        "rights": sum(right.until.timestamp() * right.number for right in token.rights),
        "signature": number_of(message[-64:]),
        "changed_with": float(version),
        "status": float(status),
    }


async def held_by(
    connection: Connection, url: str, service: str, members: Sequence[Member], chance: random.Random
) -> list[Seen]:
    """Return what a service holds, in the order in which its holders first came to its door."""
    keys = await published_keys(connection, NOON + timedelta(days=2))
    query = "SELECT status_index, version, status, changed_on FROM pass.status_change ORDER BY version"
    changed = {index: (version, status) for index, version, status, _ in ask(url, query)}
    nights = {index: day for index, _, _, day in ask(url, query)}
    query = "SELECT token_id, subject_id FROM pass.token"
    pseudonyms = dict(ask(url, query))
    seen: list[Seen] = []
    for place in chance.sample(range(len(members)), len(members)):
        message = members[place].tokens[service]
        sealed = cose.unseal(message, keys, most=1_000)
        assert isinstance(sealed, cose.Sealed)
        token = token_of(sealed.kid, sealed.claims)
        assert token is not None
        row = columns_of(token, message, changed)
        row |= {"pseudonym": number_of(pseudonyms[token.token_id]), "came_at": chance.random() * 86_400}
        row["came_as"] = float(len(seen))
        granted = (token.rights, token.not_before, token.expires_at, nights.get(token.status_index), row["status"])
        seen.append(Seen(place, granted, row))
    return seen


async def lived(connection: Connection, members: Sequence[Member], chance: random.Random) -> list[int]:
    """Let some holders do what touches both services, over two days and at hours of their own; return who did.

    The first does the first of `ACTS`, the second the second, and so on.
    """
    acting = chance.sample(range(len(members)), 20 * len(ACTS))
    for number, place in enumerate(acting):
        member, now = members[place], NOON + timedelta(days=2, minutes=chance.randrange(2 * 24 * 60))
        await ACTS[number % len(ACTS)](connection, member, now)
    for night in range(2, 12):
        async with connection.transaction():
            await publish_due(connection, now=NOON + timedelta(days=night))
    return acting


async def loses(connection: Connection, member: Member, now: datetime) -> None:
    await lose(connection, member.holder_id, member.medium_id, now=now)


async def loses_and_finds(connection: Connection, member: Member, now: datetime) -> None:
    await loses(connection, member, now)
    await find_again(connection, member.holder_id, member.medium_id, now=now + timedelta(days=3))


async def unlinks(connection: Connection, member: Member, now: datetime) -> None:
    await unlink(connection, member.holder_id, member.medium_id, now=now)


async def renews(connection: Connection, member: Member, now: datetime) -> None:
    for service in SERVICES:
        subject = (await own_service(connection, member.holder_id, service)).subject_id
        key = base64.b64decode(Signer(make_key()).public_key)
        await issue(connection, SECRET, subject, member.medium_id, key, address=ADDRESS, now=now)


async def withdraws(connection: Connection, member: Member, now: datetime) -> None:
    (seen,) = await pass_rights.attestations_of(connection, {member.holder_id})
    await withdraw(connection, member.holder_id, seen.attestation_id, now=now)


async def leaves_both(connection: Connection, member: Member, now: datetime) -> None:
    for service in SERVICES:
        await leave(connection, member.holder_id, service, now=now)


async def leaves_for_good(connection: Connection, member: Member, now: datetime) -> None:
    await leave_all(connection, member.holder_id, now=now)


ACTS: tuple[Callable[[Connection, Member, datetime], Awaitable[None]], ...] = (
    loses,
    loses_and_finds,
    unlinks,
    renews,
    withdraws,
    leaves_both,
    leaves_for_good,
)


@pytest.mark.slow(30)
async def test_services_that_join_all_they_hold_match_holders_no_better_than_chance(database_url: str) -> None:
    chance, town = random.Random(SEED), Town(database_url)
    async with await connect(database_url, Role.ENJOY_PASS, autocommit=True) as connection:
        members = await populated(connection, town, chance)
        quiet = [await held_by(connection, database_url, one, members, chance) for one in SERVICES]
        found, bound = attacked(*quiet)
        assert len(quiet[0]) == len(quiet[1]) == HOLDERS
        assert {name: count for name, count in found.items() if count > bound} == {}, bound

        acted = await lived(connection, members, chance)
        ours, theirs = [await held_by(connection, database_url, one, members, chance) for one in SERVICES]
        assert sum(one.columns["status"] > 0 for one in ours) > len(acted) / 2  # the list does say something of them
        found, bound = attacked(ours, theirs)
        assert {name: count for name, count in found.items() if count > bound} == {}, bound
        # what a phone renewed comes with different nights: these say no more than the week
        renewed = acted[ACTS.index(renews) :: len(ACTS)]
        found, bound = attacked(
            *[[without_night(one) for one in rows if one.holder in renewed] for rows in (ours, theirs)]
        )
        assert {name: count for name, count in found.items() if count > bound} == {}, bound


def without_night(one: Seen) -> Seen:
    return Seen(one.holder, one.granted[:3], one.columns)


@pytest.mark.slow(30)
async def test_an_attack_finds_whatever_is_the_same_or_happens_in_one_moment(database_url: str) -> None:
    chance, town = random.Random(SEED), Town(database_url)
    async with await connect(database_url, Role.ENJOY_PASS, autocommit=True) as connection:
        members = await populated(connection, town, chance)
        ours, theirs = [await held_by(connection, database_url, one, members, chance) for one in SERVICES]
        for leak in (float, lambda n: n * n / 7.0, lambda n: n + chance.random() / 3):
            for rows in (ours, theirs):
                for one in rows:
                    one.columns["leak"] = leak(one.holder)
            leaking, bound = attacked(ours, theirs)
            assert max(leaking.values()) > 10 * bound
        lost = set(chance.sample(range(HOLDERS), 20))
        for place in lost:  # listed at once, for each in one moment: why the list waits for the night
            await set_statuses(connection, Whose(medium_id=members[place].medium_id), BLOCKED, now=NOON)
        ours, theirs = [await held_by(connection, database_url, one, members, chance) for one in SERVICES]
        seen = [[one for one in rows if one.columns["status"]] for rows in (ours, theirs)]
        assert {one.holder for rows in seen for one in rows} == lost
        for rows in seen:
            for one in rows:
                one.granted = ()
        leaking, bound = attacked(*seen)
        assert leaking["by_nearest(changed_with, changed_with)"] == len(lost) > bound
