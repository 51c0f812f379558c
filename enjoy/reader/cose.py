"""Signed messages: COSE_Sign1 (RFC 9052) under Ed25519, with the claims of a CWT (RFC 8392) as payload.

One form of it is spoken: tagged, algorithm and key in the protected header, nothing in the unprotected one. What a
message is for stands in its header `typ` (RFC 9596), so that none can be taken for another; tokens, which have to be
short, have none.
"""

from collections.abc import Mapping
from typing import Any, Final

from core.signature import SIGNATURE_BYTES, Signer, verifier_of
from enjoy.reader import cbor
from enjoy.reader.reasons import Reason

#: The tag of COSE_Sign1, 18 (RFC 9052, section 2), as it is written.
_TAG: Final = b"\xd2"
#: Headers: algorithm, key, type.
_ALG, _KID, _TYP = 1, 4, 16
_EDDSA: Final = -8
KID_BYTES: Final = 8
_PARTS: Final = 4


class Sealed:
    """Hold what was signed: the claims, and the key that signed them.

    Parameters
    ----------
    kid : bytes
        Identifier of the key, 8 bytes.
    claims : dict
        Payload; only that its keys are numbers was looked at.
    """

    __slots__ = ("claims", "kid")

    def __init__(self, kid: bytes, claims: dict[int, Any]) -> None:
        self.kid = kid
        self.claims = claims


def seal(signer: Signer, claims: Mapping[int, object], *, typ: str | None = None) -> bytes:
    """Return claims as a signed message."""
    header: dict[int, object] = {_ALG: _EDDSA, _KID: bytes.fromhex(signer.key_id)}
    if typ is not None:
        header[_TYP] = typ
    protected, payload = cbor.encode(header), cbor.encode(dict(claims))
    signature = signer.sign(_to_be_signed(protected, payload))
    return _TAG + cbor.encode([protected, {}, payload, signature])


def unseal(message: bytes, keys: Mapping[bytes, str], *, most: int, typ: str | None = None) -> Sealed | Reason:
    """Return what was signed, or why it is not believed.

    Parameters
    ----------
    message : bytes
        Signed message.
    keys : mapping
        Public keys in base64 by identifier.
    most : int
        Longer messages are not read. [bytes]
    typ : str, optional
        What the message has to be for; None: a token.

    Returns
    -------
    Sealed or Reason
        ``UNREADABLE``, ``KEY_UNKNOWN`` or ``SIGNATURE_INVALID`` where it is not believed.
    """
    parts = _parts_of(message, most)
    kid = None if parts is None else _key_named(parts[0], typ)
    if parts is None or kid is None:
        return Reason.UNREADABLE
    protected, payload, signature = parts
    if kid not in keys:
        return Reason.KEY_UNKNOWN
    if not verifier_of(keys[kid]).accepts(_to_be_signed(protected, payload), signature):
        return Reason.SIGNATURE_INVALID
    claims = cbor.decode(payload, most=most)
    if type(claims) is not dict or any(type(key) is not int for key in claims):
        return Reason.UNREADABLE
    return Sealed(kid, claims)


def _parts_of(message: bytes, most: int) -> tuple[bytes, bytes, bytes] | None:
    """Return protected header, payload and signature, or None where it is no signed message."""
    parts = cbor.decode(message[len(_TAG) :], most=most) if message.startswith(_TAG) else None
    if not (isinstance(parts, list) and len(parts) == _PARTS and parts[1] == {}):
        return None
    protected, _, payload, signature = parts
    if not (type(protected) is type(payload) is type(signature) is bytes and len(signature) == SIGNATURE_BYTES):
        return None
    return protected, payload, signature


def _key_named(protected: bytes, typ: str | None) -> bytes | None:
    header = cbor.decode(protected, most=len(protected))
    wanted = frozenset({_ALG, _KID}) if typ is None else frozenset({_ALG, _KID, _TYP})
    if not cbor.is_map(header, wanted) or header[_ALG] != _EDDSA or header.get(_TYP) != typ:
        return None
    kid = header[_KID]
    return kid if type(kid) is bytes and len(kid) == KID_BYTES else None


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])
