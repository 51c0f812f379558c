"""What opens an order: a secret that its customer alone holds, and the pickup code that follows from it.

The server keeps neither. The secret is made from a salt, which is stored, and from something that the caller alone
knows: the ``Idempotency-Key`` of the request, or random bytes. So a request that is repeated has the same secret again,
and nobody finds it in the database.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Final
from uuid import UUID

SALT_BYTES: Final = 16
#: What cannot be taken for another sign, by eye or by ear: 31 of them, 8 are 39 bits.
_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH: Final = 8
#: 4 MB and about 10 ms.
_N, _R, _P = 2**12, 8, 1
_MEMORY: Final = 64 * 1024 * 1024


def new_salt() -> bytes:
    """Return a salt."""
    return secrets.token_bytes(SALT_BYTES)


def secret_of(salt: bytes, known: str) -> str:
    """Return the secret of an order, given what the caller alone knows."""
    digest = hmac.new(salt, b"somel order\n" + known.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def code_of(secret: str) -> str:
    """Return the pickup code of an order, as its customer shows it.

    Examples
    --------
    >>> code_of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") == code_of("A" * 43)
    True
    >>> len(code_of("A" * 43))
    8
    """
    number = int.from_bytes(hmac.new(secret.encode(), b"somel pickup code", hashlib.sha256).digest())
    signs = ""
    for _ in range(_CODE_LENGTH):
        number, sign = divmod(number, len(_SIGNS))
        signs += _SIGNS[sign]
    return signs


def read_code(text: str) -> str:
    """Return a code as it is hashed, from what somebody typed or a camera read."""
    return "".join(sign for sign in text.rpartition(":")[2].upper() if sign.isalnum())


def hash_of_code(code: str, order_id: UUID) -> bytes:
    """Return what is kept of a pickup code; takes about 10 ms, so do it in a thread."""
    return hashlib.scrypt(code.encode(), salt=order_id.bytes, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=32)


def is_code(code: str, order_id: UUID, kept: bytes) -> bool:
    """Tell whether a code is the one that was kept, as slowly as it was hashed."""
    return hmac.compare_digest(hash_of_code(code, order_id), kept)
