"""What a token says: which service, until when, which rights by number, and where it stands in the status list.

It names nobody. Its times are bounds that many share, and its numbers are random: two services that lay their holders'
tokens side by side find nothing in them that is the same for one person alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from enjoy.reader import cbor

#: Claims (RFC 8392; RFC 8747 for `cnf`; the IETF's Token Status List for `status`); those below -65536 are ours.
ISS, AUD, EXP, NBF, CTI, CNF, STATUS, RIGHTS = 1, 3, 4, 5, 7, 8, 65535, -65537
_ALWAYS: Final = frozenset({ISS, AUD, EXP, NBF, CTI, STATUS, RIGHTS})
_STATUS_KEYS: Final = frozenset({"idx", "uri"})
#: Key of the holder in `cnf`: COSE_Key, of type OKP on the curve Ed25519.
_COSE_KEY: Final = 1
_KEY_TYPE, _CURVE, _X = 1, -1, -2
_OKP, _ED25519, _X_BYTES = 1, 6, 32
_CTI_BYTES: Final = 16
#: The end of the year 9999, which is as far as clocks go.
_LAST_SECOND: Final = 253_402_300_799
MOST_INDEX: Final = 2**27 - 1
_MOST_NUMBER: Final = 32_767
_MOST_TEXT: Final = 200
MOST_RIGHTS: Final = 32


class Right(NamedTuple):
    """Tell one right of a token: its number at the service, and until when it holds."""

    number: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """Hold what a token says.

    Attributes
    ----------
    token_id : UUID
        Random number of the token.
    issuer : str
        Who signed it.
    service : str
        Name of the service that it is for.
    not_before, expires_at : datetime
        When it holds, ``[not_before, expires_at)``.
    status_index : int
        Place in the status list.
    status_uri : str
        Address of the status list.
    device_key : bytes or None
        Ed25519 public key of the phone that it is bound to; None: it may stand on paper.
    rights : tuple of Right
        What its holder may do at the service, by numbers of the service.
    kid : bytes
        Identifier of the key that signed it.
    """

    token_id: UUID
    issuer: str
    service: str
    not_before: datetime
    expires_at: datetime
    status_index: int
    status_uri: str
    device_key: bytes | None
    rights: tuple[Right, ...]
    kid: bytes


def claims_of(token: Token) -> dict[int, object]:
    """Return what a token says as claims."""
    claims: dict[int, object] = {
        ISS: token.issuer,
        AUD: token.service,
        EXP: int(token.expires_at.timestamp()),
        NBF: int(token.not_before.timestamp()),
        CTI: token.token_id.bytes,
        STATUS: {"status_list": {"idx": token.status_index, "uri": token.status_uri}},
        RIGHTS: [[right.number, int(right.until.timestamp())] for right in token.rights],
    }
    if token.device_key is not None:
        claims[CNF] = {_COSE_KEY: {_KEY_TYPE: _OKP, _CURVE: _ED25519, _X: token.device_key}}
    return claims


def token_of(kid: bytes, claims: Mapping[int, Any]) -> Token | None:
    """Return the token that claims are, or None where one is missing, too many, or of another type."""
    if not (cbor.is_map(claims, _ALWAYS, frozenset({CNF})) and _is_plain(claims)):
        return None
    status = claims[STATUS]["status_list"]
    rights = _rights_of(claims[RIGHTS])
    device_key = _device_key_of(claims[CNF]) if CNF in claims else None
    if rights is None or (CNF in claims and device_key is None):
        return None
    return Token(
        token_id=UUID(bytes=claims[CTI]),
        issuer=claims[ISS],
        service=claims[AUD],
        not_before=_time(claims[NBF]),
        expires_at=_time(claims[EXP]),
        status_index=status["idx"],
        status_uri=status["uri"],
        device_key=device_key,
        rights=rights,
        kid=kid,
    )


def _is_plain(claims: Mapping[int, Any]) -> bool:
    return (
        _is_text(claims[ISS])
        and _is_text(claims[AUD])
        and cbor.is_number(claims[EXP], most=_LAST_SECOND)
        and cbor.is_number(claims[NBF], most=_LAST_SECOND)
        and type(claims[CTI]) is bytes
        and len(claims[CTI]) == _CTI_BYTES
        and _is_status(claims[STATUS])
    )


def _is_status(content: Any) -> bool:
    if not cbor.is_map(content, frozenset({"status_list"})) or not cbor.is_map(content["status_list"], _STATUS_KEYS):
        return False
    return cbor.is_number(content["status_list"]["idx"], most=MOST_INDEX) and _is_text(content["status_list"]["uri"])


def _is_text(content: object) -> bool:
    return type(content) is str and 0 < len(content) <= _MOST_TEXT


def _device_key_of(content: Any) -> bytes | None:
    key: Any = content[_COSE_KEY] if cbor.is_map(content, frozenset({_COSE_KEY})) else None
    if not cbor.is_map(key, frozenset({_KEY_TYPE, _CURVE, _X})) or (key[_KEY_TYPE], key[_CURVE]) != (_OKP, _ED25519):
        return None
    return key[_X] if type(key[_X]) is bytes and len(key[_X]) == _X_BYTES else None


def _rights_of(content: Any) -> tuple[Right, ...] | None:
    if type(content) is not list or len(content) > MOST_RIGHTS or not all(_is_right(one) for one in content):
        return None
    return tuple(Right(number, _time(until)) for number, until in content)


def _is_right(content: Sequence[Any]) -> bool:
    return (
        type(content) is list
        and len(content) == len(Right._fields)
        and cbor.is_number(content[0], most=_MOST_NUMBER)
        and cbor.is_number(content[1], most=_LAST_SECOND)
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
