"""Passphrases: kept as scrypt hashes, each with the costs it was made at."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from core.errors import InputError

#: Costs as OWASP advises: 32 MB and about 0.1 s.
_N, _R, _P = 2**15, 8, 3
_SALT_BYTES, _HASH_BYTES = 16, 32
_MEMORY: Final = 256 * 1024 * 1024
LEAST, MOST = 12, 200
#: Shorter parts of an address may be in a passphrase by chance.
_TELLING: Final = 4
#: What nobody's passphrase gives: checking against it takes as long as against a real one.
NOBODY: Final = f"scrypt${_N}${_R}${_P}${base64.b64encode(bytes(_SALT_BYTES)).decode()}$"


def check_passphrase(passphrase: str, email: str) -> None:
    """Refuse a passphrase that would be guessed.

    Raises
    ------
    InputError
        ``passphrase_weak``.
    """
    known = (email, email.partition("@")[0])
    fault = next((one for one in known if len(one) >= _TELLING and one in passphrase.lower()), None)
    if not LEAST <= len(passphrase) <= MOST or len(set(passphrase)) < LEAST // 2 or fault:
        message = f"A passphrase has {LEAST} to {MOST} characters, not always the same ones, and not your address."
        raise InputError("passphrase_weak", message, field="passphrase")


def hash_passphrase(passphrase: str) -> str:
    """Return what is kept of a passphrase: ``scrypt$<n>$<r>$<p>$<salt>$<hash>``.

    Notes
    -----
    Takes about 0.1 s and 32 MB: do it in a thread, and not many at a time.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(passphrase, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_right(passphrase: str, kept: str) -> bool:
    """Tell whether a passphrase is the one that was kept, as slowly as it was hashed."""
    _, n, r, p, salt, digest = kept.split("$")
    found = _digest(passphrase, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(digest))


def _digest(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_HASH_BYTES)
