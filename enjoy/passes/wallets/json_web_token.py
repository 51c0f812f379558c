"""A door to joserfc: claims signed with a service account's key (JWS RS256, RFC 7515 and 7519)."""

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from core.errors import InputError


def sign_rs256(claims: Mapping[str, Any], key: str, key_id: str = "") -> str:
    """Return claims signed with an RSA key in PEM.

    Raises
    ------
    InputError
        ``token_key_unreadable``.
    """
    header = {"alg": "RS256", "typ": "JWT"} | ({"kid": key_id} if key_id else {})
    try:
        return jwt.encode(header, dict(claims), RSAKey.import_key(key), algorithms=["RS256"])
    except (JoseError, ValueError, TypeError) as error:
        raise InputError("token_key_unreadable", "This is not an RSA private key in PEM.") from error
