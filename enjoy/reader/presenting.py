"""What somebody shows at a reader: a token as it is, or with the signature of their phone over this half minute."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.signature import SIGNATURE_BYTES, Verifier
from enjoy.reader import base45, cbor, cose
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.tokens import Token, token_of

#: How a code begins: a token alone, or a token that a phone shows.
PLAIN, SHOWN = "SMP1:", "SMP2:"
STEP_S: Final = 30
#: A phone's clock may be one step off, either way.
STEPS_OFF: Final = 1
_PURPOSE: Final = b"somel-pass-proof"
_MOST_BYTES: Final = 1_400
_MOST_SIGNS: Final = len(PLAIN) + (_MOST_BYTES // 2 + 1) * 3
_MOST_STEP: Final = 2**53
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Presented:
    """Hold a token that is believed, and how it was shown.

    Attributes
    ----------
    token : Token
        What it says; it holds now, by its own times. Whether it was revoked is for the status list to say.
    proof : Proof
        ``DEVICE`` where the phone that it is bound to signed this moment, else ``TOKEN``.
    step : int or None
        Half minute that the phone signed, counted from 1970; None: it was shown as it is.
    digest : bytes
        SHA-256 of the token: the same however often it is shown.
    """

    token: Token
    proof: Proof
    step: int | None
    digest: bytes


def step_of(now: datetime) -> int:
    """Return the half minute that a time is in, counted from 1970."""
    return int(now.timestamp() // STEP_S)


def proof_message(digest: bytes, step: int) -> bytes:
    """Return what a phone signs to show a token, given by its SHA-256, at a step."""
    return _PURPOSE + digest + step.to_bytes(8, "big")


def plain_text(token: bytes) -> str:
    """Return a token as the text of a code."""
    return PLAIN + base45.encode(token)


def shown_text(token: bytes, step: int, signature: bytes) -> str:
    """Return a token that a phone shows as the text of a code."""
    return SHOWN + base45.encode(cbor.encode([token, step, signature]))


def read_presented(text: str, keys: Mapping[bytes, str], now: datetime) -> Presented | Reason:
    """Return what somebody shows, or why it is not believed.

    Parameters
    ----------
    text : str
        Of the code, as any reader of QR codes gives it.
    keys : mapping
        Public keys that tokens may be signed with, base64, by identifier (8 bytes).
    now : datetime
        Time.
    """
    read = _read(text)
    if read is None:
        return Reason.UNREADABLE
    message, step, signature = read
    sealed = cose.unseal(message, keys, most=_MOST_BYTES)
    if isinstance(sealed, Reason):
        return sealed
    token = token_of(sealed.kid, sealed.claims)
    if token is None:
        return Reason.UNREADABLE
    digest = hashlib.sha256(message).digest()
    wrong = _time_wrong(token, now) or _proof_wrong(token, digest, step, signature, now)
    if wrong is not None:
        return wrong
    return Presented(token, Proof.TOKEN if step is None else Proof.DEVICE, step, digest)


def _read(text: str) -> tuple[bytes, int | None, bytes] | None:
    """Return the token, and step and signature of the phone where it is shown by one."""
    if len(text) > _MOST_SIGNS or not text.startswith((PLAIN, SHOWN)):
        return None
    content = base45.decode(text[len(PLAIN) :])
    if content is None:
        return None
    if text.startswith(PLAIN):
        return content, None, b""
    parts = cbor.decode(content, most=_MOST_BYTES)
    if not (isinstance(parts, list) and len(parts) == _PARTS):
        return None
    message, step, signature = parts
    if not (type(message) is type(signature) is bytes and len(signature) == SIGNATURE_BYTES):
        return None
    return (message, step, signature) if cbor.is_number(step, most=_MOST_STEP) else None


def _time_wrong(token: Token, now: datetime) -> Reason | None:
    if now < token.not_before:
        return Reason.NOT_YET_VALID
    return Reason.EXPIRED if now >= token.expires_at else None


def _proof_wrong(token: Token, digest: bytes, step: int | None, signature: bytes, now: datetime) -> Reason | None:
    """Return what is wrong with the proof: a token that is bound to a phone is worth nothing without it."""
    if step is None:
        return None if token.device_key is None else Reason.PROOF_MISSING
    if token.device_key is None:
        return Reason.PROOF_INVALID
    if abs(step - step_of(now)) > STEPS_OFF:
        return Reason.PROOF_STALE
    return None if Verifier(token.device_key).accepts(proof_message(digest, step), signature) else Reason.PROOF_INVALID
