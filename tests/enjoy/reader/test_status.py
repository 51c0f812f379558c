"""A reader's status list: read, brought up to date, and never set back, forked or left with a gap."""

import secrets
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.signature import Signer, make_key
from enjoy.passes.published import PackedList, PublishedList
from enjoy.reader import cose, status
from enjoy.reader.reasons import Reason
from enjoy.reader.status import BLOCKED, LIST_TYP, REVOKED, StatusList, digest_of, set_status
from enjoy.reader.status_changes import CHANGES_TYP, Changes, changes_of, claims_of, gaps_of, indices_of
from tests.enjoy.reader.test_presenting import NOON, TOKEN

ISSUER, STRANGER = Signer(make_key()), Signer(make_key())
KEYS = {bytes.fromhex(ISSUER.key_id): ISSUER.public_key}
URI = "https://data.lille.test/enjoy/v1/passes/status"
SIZE = 2**20
LEAKED = b"\x01" * 8


def packed_list(version: int, statuses: dict[int, int], *, kids: frozenset[bytes] = frozenset(), size: int = SIZE):
    packed = bytearray(size // 4)
    for index, value in statuses.items():
        set_status(packed, index, value)
    return PackedList(version, size, bytes(packed), kids)


def listed(version: int, statuses: dict[int, int], *, now: datetime = NOON, signer: Signer = ISSUER) -> bytes:
    return PublishedList().list_cwt(packed_list(version, statuses), signer, uri=URI, now=now).content


def changes(since: int, after: PackedList, statuses: dict[int, int], *, now: datetime = NOON) -> Changes:
    by_status = tuple(tuple(sorted(one for one in statuses if statuses[one] == value)) for value in range(3))
    digest = digest_of(after.packed, after.revoked_keys)
    return Changes(URI, now, since, after.version, after.size, digest, by_status, after.revoked_keys)


def sealed(said: Changes, signer: Signer = ISSUER) -> bytes:
    return cose.seal(signer, claims_of(said), typ=CHANGES_TYP)


def refused(code: str, call: Any, *arguments: Any) -> None:
    with pytest.raises(InputError) as error:
        call(*arguments)
    assert error.value.code == code


def test_a_list_says_of_each_token_whether_it_is_refused() -> None:
    known = StatusList.read(listed(5, {4711: REVOKED, 4712: BLOCKED}), KEYS, NOON)
    assert (known.version, known.size, known.issued_at, known.uri) == (5, SIZE, NOON, URI)
    assert [known.status_of(index) for index in (4710, 4711, 4712, 4713)] == [0, 1, 2, 0]
    assert known.refusal(TOKEN) is Reason.REVOKED
    assert known.refusal(replace(TOKEN, status_index=4712)) is Reason.BLOCKED
    assert known.refusal(replace(TOKEN, status_index=0)) is None
    assert known.refusal(replace(TOKEN, status_index=SIZE)) is Reason.LIST_STALE  # younger than the list
    assert known.age(NOON + timedelta(hours=3)) == timedelta(hours=3)


def test_changes_lead_from_one_version_to_another_and_grow_the_list() -> None:
    known = StatusList.read(listed(5, {1: BLOCKED, 2: BLOCKED}), KEYS, NOON)
    changed = {1: REVOKED, 2: 0, SIZE + 9: REVOKED}
    after = packed_list(9, {1: REVOKED, SIZE + 9: REVOKED}, kids=frozenset({LEAKED}), size=SIZE * 2)
    later = NOON + timedelta(hours=1)
    new = known.updated(sealed(changes(5, after, changed, now=later)), KEYS, later)
    assert (new.version, new.size, new.issued_at) == (9, SIZE * 2, later)
    assert [new.status_of(index) for index in (1, 2, SIZE + 9)] == [1, 0, 1]
    assert new.refusal(replace(TOKEN, kid=LEAKED)) is Reason.KEY_UNKNOWN
    again = new.updated(sealed(changes(9, after, {}, now=later + timedelta(hours=1))), KEYS, later + timedelta(hours=1))
    assert (again.version, again.age(later + timedelta(hours=1))) == (
        9,
        timedelta(0),
    )  # nothing changed, and that is new


def test_gaps_forks_and_what_is_older_are_refused() -> None:
    known = StatusList.read(listed(5, {1: BLOCKED}), KEYS, NOON)
    after = packed_list(7, {1: BLOCKED, 2: REVOKED})
    said = changes(5, after, {2: REVOKED})
    refused("status_gap", known.updated, sealed(replace(said, since=6)), KEYS, NOON)
    refused("status_rolled_back", known.updated, sealed(replace(said, since=3, version=4)), KEYS, NOON)
    refused("status_rolled_back", known.replaced, listed(4, {}), KEYS, NOON)
    refused("status_forked", known.updated, sealed(replace(said, digest=bytes(32))), KEYS, NOON)
    refused("status_forked", known.updated, sealed(replace(said, size=4, indices=((), (), ()))), KEYS, NOON)
    forked = StatusList.read(listed(5, {9: BLOCKED}), KEYS, NOON)
    refused("status_forked", forked.updated, sealed(said), KEYS, NOON)
    refused("status_forked", known.replaced, listed(5, {9: BLOCKED}), KEYS, NOON)
    assert known.replaced(listed(7, {2: REVOKED}), KEYS, NOON).version == 7
    assert known.replaced(listed(5, {1: BLOCKED}, now=NOON - timedelta(minutes=1)), KEYS, NOON).issued_at == NOON


def test_what_is_not_signed_for_this_or_not_of_today_is_refused() -> None:
    known = StatusList.read(listed(5, {}), KEYS, NOON)
    said = changes(5, packed_list(5, {}), {})
    refused("status_not_believed", StatusList.read, listed(5, {}, signer=STRANGER), KEYS, NOON)
    refused("status_not_believed", known.updated, sealed(said, STRANGER), KEYS, NOON)
    refused("status_unreadable", StatusList.read, sealed(said), KEYS, NOON)
    refused("status_unreadable", known.updated, listed(6, {}), KEYS, NOON)
    refused("status_expired", StatusList.read, listed(5, {}), KEYS, NOON + timedelta(days=8))
    refused("status_expired", StatusList.read, listed(5, {}), KEYS, NOON - timedelta(hours=1))
    refused("status_expired", known.updated, sealed(replace(said, issued_at=NOON + timedelta(hours=1))), KEYS, NOON)


@pytest.mark.parametrize(
    "lst", [b"", b"no zlib", zlib.compress(b""), zlib.compress(bytes(8))[:-2], zlib.compress(bytes(8)) + b"more"]
)
def test_bits_that_do_not_unpack_are_refused(lst: bytes) -> None:
    claims = {
        2: URI, 6: int(NOON.timestamp()), 4: int(NOON.timestamp()) + 60, 65534: 60, 65533: {"bits": 2, "lst": lst},
        status.VERSION: 1, status.REVOKED_KEYS: [],
    }  # fmt: skip
    refused("status_unreadable", StatusList.read, cose.seal(ISSUER, claims, typ=LIST_TYP), KEYS, NOON)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(bytes(status.MOST_BYTES + 1), 9)
    claims = {
        2: URI, 6: int(NOON.timestamp()), 4: int(NOON.timestamp()) + 60, 65534: 60, 65533: {"bits": 2, "lst": bomb},
        status.VERSION: 1, status.REVOKED_KEYS: [],
    }  # fmt: skip
    refused("status_unreadable", StatusList.read, cose.seal(ISSUER, claims, typ=LIST_TYP), KEYS, NOON)


@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_unreadable(content: bytes) -> None:
    known = StatusList(1, NOON, URI, bytes(4))
    refused("status_unreadable", StatusList.read, content, KEYS, NOON)
    refused("status_unreadable", known.updated, content, KEYS, NOON)


numbers = st.none() | st.booleans() | st.integers(-5, 2**70) | st.binary(max_size=4) | st.text(max_size=4)


@given(st.dictionaries(st.sampled_from(list(claims_of(changes(1, packed_list(1, {}), {})))), numbers, max_size=4))
def test_no_signed_changes_are_an_exception(changed: dict[int, Any]) -> None:
    said = claims_of(changes(1, packed_list(1, {}, size=16), {})) | changed
    assert changes_of(said) is None or isinstance(changes_of(said), Changes)


@given(st.sets(st.integers(0, 2**20 - 1), max_size=300))
def test_gaps_give_back_the_numbers(numbers: set[int]) -> None:
    assert indices_of(gaps_of(sorted(numbers)), size=2**20) == tuple(sorted(numbers))


@given(st.binary(max_size=40))
def test_there_is_one_way_to_write_gaps(gaps: bytes) -> None:
    found = indices_of(gaps, size=2**16)
    assert found is None or gaps_of(found) == gaps


def test_ten_thousand_revocations_in_a_million_take_less_than_twenty_kilobytes() -> None:
    drawn = {secrets.randbelow(SIZE): REVOKED for _ in range(10_000)}
    message = sealed(changes(1, packed_list(2, drawn), drawn))
    assert 10_000 < len(message) < 20_000
    known = StatusList(1, NOON, URI, bytes(SIZE // 4)).updated(message, KEYS, datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert sum(known.status_of(index) == REVOKED for index in drawn) == len(drawn)
