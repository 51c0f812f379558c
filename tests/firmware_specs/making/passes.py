"""Golden vectors of passes: what is shown at a reader, with keys, lists and times, and what a reader makes of it."""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from core.signature import Signer
from enjoy.reader import base45, cbor, cose
from enjoy.reader.presenting import SHOWN, plain_text, proof_message, shown_text, step_of
from enjoy.reader.reasons import Reason
from enjoy.reader.status import BLOCKED, LIST_TYP, REVOKED, digest_of, set_status
from enjoy.reader.status_changes import CHANGES_TYP, Changes
from enjoy.reader.status_changes import claims_of as changes_claims
from enjoy.reader.tokens import CNF, CTI, EXP, RIGHTS, Right, Token, claims_of

FILE: Final = "tokens.json"
NOON: Final = datetime(2026, 11, 25, 11, tzinfo=UTC)
_URI: Final = "https://data.example.org/enjoy/v1/passes/status"
_PLACES: Final = 1024
_PKCS8: Final = bytes.fromhex("302e020100300506032b657004220420")


def _signer(name: str) -> Signer:
    """Return a key that anybody can make: its seed is the SHA-256 of its name."""
    der = base64.b64encode(_PKCS8 + hashlib.sha256(name.encode()).digest()).decode()
    return Signer(f"-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n".encode())


ISSUER, NEXT, LEAKED, STRANGER = (_signer(f"somel pass {name}") for name in ("issuer", "next", "leaked", "stranger"))
PHONE, OTHER_PHONE = _signer("somel pass phone"), _signer("somel pass other phone")


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what is shown, and what a reader makes of it."""

    name: str
    description: str
    text: str
    verdict: str = "admitted"
    at: datetime = NOON


def _token(index: int, *, signer: Signer = ISSUER, device_key: bytes | None = None) -> Token:
    ends = NOON + timedelta(days=18, hours=15)
    return Token(
        token_id=UUID(int=0x1F00 + index),
        issuer="data.example.org",
        service="pool",
        not_before=NOON - timedelta(days=2, hours=9),
        expires_at=ends,
        status_index=index,
        status_uri=_URI,
        device_key=device_key,
        rights=(Right(1, ends), Right(2, NOON + timedelta(days=6))),
        kid=bytes.fromhex(signer.key_id),
    )


def _sealed(token: Token, signer: Signer = ISSUER, changed: Mapping[int, Any] = MappingProxyType({})) -> bytes:
    return cose.seal(signer, {**claims_of(token), **changed})


def _shown(message: bytes, *, at: datetime = NOON, phone: Signer = PHONE) -> str:
    proof = proof_message(hashlib.sha256(message).digest(), step_of(at))
    return shown_text(message, step_of(at), phone.sign(proof))


STILL: Final = _token(5)
MESSAGE: Final = _sealed(STILL)
BOUND: Final = _sealed(_token(6, device_key=base64.b64decode(PHONE.public_key)))


def cases() -> Iterator[Case]:
    """Return all that is shown."""
    yield Case("still", "A token on paper", plain_text(MESSAGE))
    yield Case("next-key", "Signed with the key that follows", plain_text(_sealed(_token(8, signer=NEXT), NEXT)))
    yield Case(
        "no-rights", "A token without rights is one: the rules decide", plain_text(_sealed(replace(STILL, rights=())))
    )
    yield Case("shown", "A token that its phone shows", _shown(BOUND))
    yield from _times()
    yield from _unproven()
    yield from _listed()
    yield from _unbelieved()


def _times() -> Iterator[Case]:
    text, end = plain_text(MESSAGE), STILL.expires_at
    yield Case("last-second", "The last second", text, at=end - timedelta(seconds=1))
    yield Case("expired", "The end does not belong to it", text, Reason.EXPIRED, end)
    early = STILL.not_before - timedelta(seconds=1)
    yield Case("not-yet", "A second before it begins", text, Reason.NOT_YET_VALID, early)
    yield Case("slow-phone", "A phone's clock is one step slow", _shown(BOUND, at=NOON - timedelta(seconds=30)))
    yield Case("fast-phone", "A phone's clock is one step fast", _shown(BOUND, at=NOON + timedelta(seconds=30)))
    old = _shown(BOUND, at=NOON - timedelta(seconds=60))
    yield Case("screenshot", "Two steps old", old, Reason.PROOF_STALE)


def _unproven() -> Iterator[Case]:
    yield Case("copied", "A phone's token without its signature", plain_text(BOUND), Reason.PROOF_MISSING)
    yield Case("other-phone", "Signed by another phone", _shown(BOUND, phone=OTHER_PHONE), Reason.PROOF_INVALID)
    yield Case("proof-of-paper", "A signature that no key is for", _shown(MESSAGE), Reason.PROOF_INVALID)
    step = step_of(NOON)
    moved = SHOWN + base45.encode(cbor.encode([BOUND, step + 1, PHONE.sign(proof_message(bytes(32), step))]))
    yield Case("moved", "A signature for something else", moved, Reason.PROOF_INVALID)


def _listed() -> Iterator[Case]:
    yield Case("revoked", "Revoked in the list", plain_text(_sealed(_token(17))), Reason.REVOKED)
    yield Case("blocked", "Blocked in the list", plain_text(_sealed(_token(18))), Reason.BLOCKED)
    yield Case("beyond", "The list has no such place", plain_text(_sealed(_token(_PLACES))), Reason.LIST_STALE)
    leaked = plain_text(_sealed(_token(9, signer=LEAKED), LEAKED))
    yield Case("leaked-key", "The list says that the key leaked", leaked, Reason.KEY_UNKNOWN)


def _unbelieved() -> Iterator[Case]:
    stranger = plain_text(_sealed(STILL, STRANGER))
    yield Case("stranger", "Signed by somebody else", stranger, Reason.KEY_UNKNOWN)
    turned = MESSAGE[:-1] + bytes([MESSAGE[-1] ^ 1])
    yield Case("turned", "One bit of the signature turned", plain_text(turned), Reason.SIGNATURE_INVALID)
    longer = MESSAGE.replace(_seconds(STILL.expires_at), _seconds(STILL.expires_at + timedelta(days=365)), 1)
    yield Case("longer", "Made to last a year longer", plain_text(longer), Reason.SIGNATURE_INVALID)
    other = cose.seal(ISSUER, claims_of(STILL), typ=LIST_TYP)
    for name, description, message in (
        ("other-purpose", "Signed as a status list", other),
        ("trailing", "A byte behind the end", MESSAGE + b"\x00"),
        ("truncated", "Cut off", MESSAGE[:-1]),
        ("untagged", "Without the tag of COSE_Sign1", MESSAGE[1:]),
        ("long-tag", "A number longer than need be", b"\xd8\x12" + MESSAGE[1:]),
        ("claim-unknown", "A claim that there is not", _sealed(STILL, changed={2: "Ada"})),
        ("claim-type", "A time that is no whole number", _sealed(STILL, changed={EXP: 1.5})),
        ("short-number", "A number of the token of 15 bytes", _sealed(STILL, changed={CTI: bytes(15)})),
        ("rights-type", "Rights that are no list of pairs", _sealed(STILL, changed={RIGHTS: [1, 2]})),
        (
            "other-curve",
            "A key of the phone on another curve",
            _sealed(STILL, changed={CNF: {1: {1: 1, -1: 4, -2: bytes(32)}}}),
        ),
    ):
        yield Case(name, description, plain_text(message), Reason.UNREADABLE)
    yield Case("no-prefix", "Another prefix", "SMP3:" + plain_text(MESSAGE)[5:], Reason.UNREADABLE)
    yield Case("small-letters", "Not base 45", plain_text(MESSAGE).lower(), Reason.UNREADABLE)
    yield Case("empty", "Nothing", "", Reason.UNREADABLE)


def _seconds(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(4, "big")


def _packed(revoked: tuple[int, ...], blocked: tuple[int, ...]) -> bytes:
    packed = bytearray(_PLACES // 4)
    for status, indices in ((REVOKED, revoked), (BLOCKED, blocked)):
        for index in indices:
            set_status(packed, index, status)
    return bytes(packed)


def status_list(signer: Signer = ISSUER, *, version: int = 41) -> bytes:
    """Return the list; its bits are stored, not squeezed, so that every zlib writes the same bytes."""
    now = int(NOON.timestamp())
    stored = zlib.compress(_packed((17,), (18, 300)), 0)
    claims = {2: _URI, 4: now + 604_800, 6: now, 65534: 300, 65533: {"bits": 2, "lst": stored}}
    return cose.seal(signer, {**claims, -65538: version, -65539: [bytes.fromhex(LEAKED.key_id)]}, typ=LIST_TYP)


def changes(*, since: int = 41, version: int = 43, digest: bytes | None = None) -> bytes:
    """Return changes that revoke three tokens more, one of which was blocked, and free one."""
    kids = frozenset({bytes.fromhex(LEAKED.key_id)})
    after = digest_of(_packed((5, 17, 300, 1023), ()), kids)
    indices = ((18,), (5, 300, 1023), ())
    said = Changes(_URI, NOON, since, version, _PLACES, digest or after, indices, kids)
    return cose.seal(ISSUER, changes_claims(said), typ=CHANGES_TYP)


def passes_text() -> str:
    """Return the file of vectors."""
    content = {
        "keys": {signer.key_id: signer.public_key for signer in (ISSUER, NEXT, LEAKED)},
        "status_list": _text(status_list()),
        "presentations": [
            {
                "name": case.name,
                "description": case.description,
                "at": int(case.at.timestamp()),
                "text": case.text,
                "verdict": str(case.verdict),
            }
            for case in cases()
        ],
        "changes": [
            {
                "name": "three-revoked-one-freed",
                "message": _text(changes()),
                "expected": {"5": 1, "17": 1, "18": 0, "300": 1},
            },
            {"name": "gap", "message": _text(changes(since=42)), "refused": "status_gap"},
            {"name": "older", "message": _text(changes(since=39, version=40)), "refused": "status_rolled_back"},
            {"name": "fork", "message": _text(changes(digest=bytes(32))), "refused": "status_forked"},
            {"name": "list", "message": _text(status_list()), "refused": "status_unreadable"},
        ],
    }
    return json.dumps(content, indent=2) + "\n"


def _text(message: bytes) -> str:
    return base64.b64encode(message).decode()
