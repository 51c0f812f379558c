"""What is shown at a reader is believed when it is signed, whole and of now; anything else is a reason."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.signature import Signer, make_key
from enjoy.reader import base45, cbor, cose
from enjoy.reader.presenting import Presented, plain_text, proof_message, read_presented, shown_text, step_of
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.tokens import CNF, CTI, EXP, ISS, RIGHTS, STATUS, Right, Token, claims_of, token_of

NOON = datetime(2026, 11, 25, 11, tzinfo=UTC)
ISSUER, PHONE, STRANGER = Signer(make_key()), Signer(make_key()), Signer(make_key())
KEYS = {bytes.fromhex(ISSUER.key_id): ISSUER.public_key}
PHONE_KEY = base64.b64decode(PHONE.public_key)
TOKEN = Token(
    token_id=UUID(int=7),
    issuer="data.lille.test",
    service="pool",
    not_before=NOON - timedelta(days=2),
    expires_at=NOON + timedelta(days=20),
    status_index=4711,
    status_uri="https://data.lille.test/enjoy/v1/passes/status",
    device_key=None,
    rights=(Right(1, NOON + timedelta(days=10)), Right(2, NOON + timedelta(days=20))),
    kid=bytes.fromhex(ISSUER.key_id),
)
CLAIMS = claims_of(TOKEN)
PLAIN = cose.seal(ISSUER, CLAIMS)
BOUND = cose.seal(ISSUER, {**CLAIMS, CNF: {1: {1: 1, -1: 6, -2: PHONE_KEY}}})

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-9, 9) | st.text(), inner, max_size=4),
    max_leaves=8,
)


def read(text: str, now: datetime = NOON) -> Presented | Reason:
    return read_presented(text, KEYS, now)


def shown(token: bytes, at: datetime, signer: Signer = PHONE) -> str:
    step = step_of(at)
    return shown_text(token, step, signer.sign(proof_message(hashlib.sha256(token).digest(), step)))


def test_what_was_signed_is_read_as_it_was_said() -> None:
    seen = read(plain_text(PLAIN))
    assert seen == Presented(TOKEN, Proof.TOKEN, None, hashlib.sha256(PLAIN).digest())
    assert token_of(TOKEN.kid, CLAIMS) == TOKEN


def test_a_token_that_is_bound_to_a_phone_needs_the_signature_of_this_moment() -> None:
    code = shown(BOUND, NOON)
    seen = read(code)
    assert isinstance(seen, Presented)
    assert (seen.proof, seen.step, seen.token.device_key) == (Proof.DEVICE, step_of(NOON), PHONE_KEY)
    assert isinstance(read(code, NOON + timedelta(seconds=59)), Presented)
    assert isinstance(read(code, NOON - timedelta(seconds=30)), Presented)
    assert read(code, NOON + timedelta(seconds=60)) is Reason.PROOF_STALE  # a screenshot
    assert read(code, NOON - timedelta(seconds=31)) is Reason.PROOF_STALE
    assert read(plain_text(BOUND)) is Reason.PROOF_MISSING  # a copy without the phone
    assert read(shown(BOUND, NOON, STRANGER)) is Reason.PROOF_INVALID  # a copy on another phone
    assert read(shown(PLAIN, NOON)) is Reason.PROOF_INVALID
    other = shown_text(BOUND, step_of(NOON), PHONE.sign(proof_message(bytes(32), step_of(NOON))))
    assert read(other) is Reason.PROOF_INVALID  # the signature of another token


def test_times_are_half_open() -> None:
    assert read(plain_text(PLAIN), TOKEN.not_before - timedelta(seconds=1)) is Reason.NOT_YET_VALID
    assert isinstance(read(plain_text(PLAIN), TOKEN.not_before), Presented)
    assert read(plain_text(PLAIN), TOKEN.expires_at) is Reason.EXPIRED


def test_a_token_of_another_key_or_that_was_changed_is_not_believed() -> None:
    assert read(plain_text(cose.seal(STRANGER, CLAIMS))) is Reason.KEY_UNKNOWN
    longer = cbor.encode({**CLAIMS, EXP: int(TOKEN.expires_at.timestamp()) + 60})
    parts = cbor2.loads(PLAIN).value
    forged = b"\xd2" + cbor.encode([parts[0], {}, longer, parts[3]])
    assert read(plain_text(forged)) is Reason.SIGNATURE_INVALID
    assert read_presented(plain_text(PLAIN), {}, NOON) is Reason.KEY_UNKNOWN


@pytest.mark.parametrize(
    "message",
    [
        b"",
        PLAIN[1:],
        PLAIN + b"\x00",
        PLAIN[:-1],
        b"\xd2" + PLAIN,
        b"\xd8\x12" + PLAIN[1:],  # the tag written longer than need be
        cose.seal(ISSUER, CLAIMS, typ="application/statuslist+cwt"),  # signed for something else
    ],
)
def test_there_is_one_way_to_write_a_token(message: bytes) -> None:
    assert read(plain_text(message)) is Reason.UNREADABLE


@pytest.mark.parametrize(
    "changed",
    [
        {ISS: ""},
        {ISS: 5},
        {CTI: b"short"},
        {EXP: -1},
        {EXP: True},
        {EXP: 1.5},
        {EXP: 2**60},
        {STATUS: {}},
        {STATUS: {"status_list": {"idx": -1, "uri": "x"}}},
        {STATUS: {"status_list": {"idx": 1, "uri": "x", "more": 1}}},
        {RIGHTS: [[1]]},
        {RIGHTS: [[0.5, 1]]},
        {RIGHTS: [[1, 1]] * 33},
        {RIGHTS: {1: 1}},
        {CNF: {1: {1: 1, -1: 6, -2: b"short"}}},
        {CNF: {1: {1: 1, -1: 4, -2: PHONE_KEY}}},
        {CNF: {1: PHONE_KEY}},
        {CNF: None},
        {99: "unknown"},
    ],
    ids=lambda changed: str(changed).replace(str(PHONE_KEY), "key")[:60],  # the same in every process of a run
)
def test_a_claim_of_another_form_is_unreadable_even_if_it_is_signed(changed: dict[int, object]) -> None:
    assert read(plain_text(cose.seal(ISSUER, {**CLAIMS, **changed}))) is Reason.UNREADABLE


@given(st.text() | st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:").map("SMP1:{}".format))
def test_no_text_is_an_exception(text: str) -> None:
    assert read(text) is Reason.UNREADABLE


@given(st.binary(max_size=200) | anything.map(cbor2.dumps) | anything.map(lambda one: cbor2.dumps([PLAIN, one, one])))
def test_no_bytes_are_an_exception(content: bytes) -> None:
    for prefix in ("SMP1:", "SMP2:"):
        assert read(prefix + base45.encode(content)) is Reason.UNREADABLE


@given(st.dictionaries(st.sampled_from([*CLAIMS, CNF, 0, 99]), anything, max_size=9))
def test_no_signed_claims_are_an_exception(changed: dict[int, Any]) -> None:
    assert isinstance(read(plain_text(cose.seal(ISSUER, {**CLAIMS, **changed}))), Presented | Reason)


@given(st.integers(0, len(BOUND) * 8 - 1))
def test_one_bit_that_is_turned_is_enough(bit: int) -> None:
    turned = bytearray(BOUND)
    turned[bit // 8] ^= 1 << bit % 8
    wrong = {Reason.UNREADABLE, Reason.KEY_UNKNOWN, Reason.SIGNATURE_INVALID}
    assert read(shown(bytes(turned), NOON)) in wrong


@given(st.binary(max_size=60))
def test_base45_gives_back_what_it_was_given(content: bytes) -> None:
    assert base45.decode(base45.encode(content)) == content


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")],
)
def test_base45_is_that_of_the_rfc(content: bytes, text: str) -> None:
    assert (base45.encode(content), base45.decode(text)) == (text, content)


@pytest.mark.parametrize("text", ["A", "AAAA", "::", ":::", "GGW", "ab", "Ä00", "000\n"])
def test_what_is_no_base45_is_none(text: str) -> None:
    assert base45.decode(text) is None
