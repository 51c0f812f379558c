"""Two services that join all they hold cannot match their holders better than chance.

All that a service holds of a holder, and where it has it from:

- the pseudonym, from the flags of its admissions (no other route of a service names a holder);
- the token, from its readers: number, times, place in the status list, key of the phone, rights, key that signed it,
  and the digest that a reader's journal keeps;
- what the public status list says of that place, and with which change;
- when its readers saw the holder, and so the order in which it got to know them.

What both may know is granted to the attacker: the rights (and so the price class) and the week of the token. A serial
that a reader was shown is not: it names the card itself, which is why the platform keeps and gives no service any. Nor
is the moment at which a holder has a lost medium blocked everywhere: see the last test, and the decision.
"""

import base64
import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

from core.signature import Signer, make_key
from db import pass_rights
from db.connection import Connection, Role, connect
from enjoy.passes.deriving import derive_holder
from enjoy.passes.issuing import issue
from enjoy.passes.joining import join
from enjoy.passes.media import add_medium, lose
from enjoy.passes.secret import PassSecret
from enjoy.passes.signing import published_keys
from enjoy.reader import cose
from enjoy.reader.tokens import Token, token_of
from tests.db.village import ask
from tests.enjoy.passes.town import NOON, Town, add_holder, add_organisation, add_service

SECRET = PassSecret(b"a secret of thirty-two characters")
ADDRESS = "https://data.lille.test/enjoy"
HOLDERS = 200
SERVICES = ("pool", "library")
SEED = 20261125
#: Chance that honest services are found guilty, over all strategies together.
FALSE_ALARM = 0.001

Row = dict[str, float]


@dataclass
class Seen:
    """Hold what one service has of one holder; `holder` is the truth that the attacker is judged by."""

    holder: int
    granted: tuple[Any, ...]
    columns: Row


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
    query = "SELECT status_index, version, status FROM pass.status_change ORDER BY version"
    changed = {index: (version, status) for index, version, status in ask(url, query)}
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
        seen.append(Seen(place, (token.rights, token.not_before, token.expires_at), row))
    return seen


def by_rank(ours: Sequence[Seen], theirs: Sequence[Seen], a: str, b: str) -> int:
    """Put both in order and match what stands at the same place; of equals, whoever comes."""
    left = sorted(range(len(ours)), key=lambda i: ours[i].columns[a])
    right = sorted(range(len(theirs)), key=lambda i: theirs[i].columns[b])
    return sum(ours[i].holder == theirs[j].holder for i, j in zip(left, right, strict=False))


def by_rank_backwards(ours: Sequence[Seen], theirs: Sequence[Seen], a: str, b: str) -> int:
    left = sorted(range(len(ours)), key=lambda i: ours[i].columns[a])
    right = sorted(range(len(theirs)), key=lambda i: -theirs[i].columns[b])
    return sum(ours[i].holder == theirs[j].holder for i, j in zip(left, right, strict=False))


def by_nearest(ours: Sequence[Seen], theirs: Sequence[Seen], a: str, b: str) -> int:
    """Match everybody with the nearest value that is left, which finds equal ones too."""
    left = list(theirs)
    hits = 0
    for one in ours:
        place = min(range(len(left)), key=lambda j: abs(left[j].columns[b] - one.columns[a]))
        hits += left.pop(place).holder == one.holder
    return hits


STRATEGIES: tuple[Callable[[Sequence[Seen], Sequence[Seen], str, str], int], ...] = (
    by_rank,
    by_rank_backwards,
    by_nearest,
)


def most_by_chance(classes: int, tries: int) -> int:
    """Return how many right matches random guesses reach with `FALSE_ALARM` at most, in any of some tries.

    A random matching of a class has as many right ones as a Poisson variable of mean 1, nearly; classes add up.
    """
    limit, tail = FALSE_ALARM / tries, 1.0
    for count in range(1_000):
        tail -= math.exp(-classes) * classes**count / math.factorial(count)
        if tail <= limit:
            return count
    raise AssertionError("no bound")


def attacked(ours: Sequence[Seen], theirs: Sequence[Seen]) -> tuple[dict[str, int], int]:
    """Return the right matches of every strategy for every pair of columns, and what chance reaches."""
    classes: defaultdict[tuple[Any, ...], tuple[list[Seen], list[Seen]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((ours, theirs)):
        for one in rows:
            classes[one.granted][side].append(one)
    names = sorted(ours[0].columns)
    found = {
        f"{how.__name__}({a}, {b})": sum(how(left, right, a, b) for left, right in classes.values() if left and right)
        for how, a, b in product(STRATEGIES, names, names)
    }
    return found, most_by_chance(len(classes), len(found))


async def test_services_that_join_all_they_hold_match_holders_no_better_than_chance(database_url: str) -> None:
    chance, town = random.Random(SEED), Town(database_url)
    async with await connect(database_url, Role.ENJOY_PASS, autocommit=True) as connection:
        members = await populated(connection, town, chance)
        ours, theirs = [await held_by(connection, database_url, one, members, chance) for one in SERVICES]
        found, bound = attacked(ours, theirs)
        assert len(ours) == len(theirs) == HOLDERS
        assert {name: count for name, count in found.items() if count > bound} == {}, bound
        # the test can fail: whatever is the same at both, or only nearly, or only in the same order, is found
        for leak in (float, lambda n: n * n / 7.0, lambda n: n + chance.random() / 3):
            for rows in (ours, theirs):
                for one in rows:
                    one.columns["leak"] = leak(one.holder)
            leaking, bound = attacked(ours, theirs)
            assert max(leaking.values()) > 10 * bound
        for rows in (ours, theirs):
            for one in rows:
                del one.columns["leak"]
        # a lost phone is refused everywhere at once: those who lose one are matched by that moment, and nobody else
        lost = chance.sample(range(HOLDERS), 20)
        for place in lost:
            await lose(connection, members[place].holder_id, members[place].medium_id, now=NOON)
        ours, theirs = [await held_by(connection, database_url, one, members, chance) for one in SERVICES]
        quiet = [[one for one in rows if one.holder not in lost] for rows in (ours, theirs)]
        found, bound = attacked(*quiet)
        assert {name: count for name, count in found.items() if count > bound} == {}, bound
        loud = [[one for one in rows if one.holder in lost] for rows in (ours, theirs)]
        assert max(attacked(*loud)[0].values()) == len(lost)
