"""Keys and signed claims as JSON has them: JWK sets (RFC 7517, RFC 8037) and JWTs (RFC 7519) under Ed25519."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from core.signature import Signer


def sign(signer: Signer, claims: Mapping[str, object], *, typ: str) -> bytes:
    """Return claims as a signed JWT."""
    header = {"alg": "EdDSA", "kid": signer.key_id, "typ": typ}
    signed = b".".join(_url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return signed + b"." + _url(signer.sign(signed))


def jwk_set(keys: Mapping[bytes, str]) -> dict[str, Any]:
    """Return public keys, given in base64 by identifier, as a JWK set."""
    return {"keys": [_jwk(kid, base64.b64decode(public_key)) for kid, public_key in keys.items()]}


def cose_key_set(keys: Mapping[bytes, str]) -> list[dict[int, object]]:
    """Return public keys, given in base64 by identifier, as a COSE_KeySet (RFC 9052), not encoded yet."""
    return [{1: 1, 2: kid, 3: -8, 4: [2], -1: 6, -2: base64.b64decode(public_key)} for kid, public_key in keys.items()]


def _jwk(kid: bytes, raw: bytes) -> dict[str, str]:
    known = {"kty": "OKP", "crv": "Ed25519", "x": _url(raw).decode()}
    return {**known, "kid": kid.hex(), "use": "sig", "alg": "EdDSA"}


def _url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
