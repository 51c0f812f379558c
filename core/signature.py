"""The one door to Ed25519 (RFC 8032): keys made, written and read; bytes signed and verified. Pure: no input or output.

Keys travel as PEM (PKCS 8 and SubjectPublicKeyInfo, RFC 8410), so that other tools read them. In messages a public key
is its 32 bytes in base64, a signature its 64 bytes in base64, and a key's identifier the first 16 hexadecimal digits of
the SHA-256 of its 32 bytes. What signs or verifies again and again keeps the key that it read: `Signer`, `Verifier`.
"""

import base64
import binascii
import hashlib
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import InputError

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_KEY_ID_DIGITS: Final = 16


class Verifier:
    """Verify signatures under one public key, which is read once.

    Parameters
    ----------
    public_key : bytes
        32 bytes.

    Raises
    ------
    InputError
        ``key_unreadable``.
    """

    __slots__ = ("_key",)

    def __init__(self, public_key: bytes) -> None:
        if len(public_key) != PUBLIC_KEY_BYTES:
            raise _unreadable()
        self._key = Ed25519PublicKey.from_public_bytes(public_key)

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Tell whether 64 bytes are the signature of a message; bytes of another length are not."""
        try:
            self._key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """Sign with one private key, which is read once: to decrypt it takes far longer than to sign.

    Parameters
    ----------
    pem : bytes
        Private key.
    passphrase : str, optional
        What it is encrypted under.

    Raises
    ------
    InputError
        ``key_unreadable``.

    Attributes
    ----------
    public_key : str
        Base64.
    key_id : str
        16 hexadecimal digits.
    """

    __slots__ = ("_key", "key_id", "public_key")

    def __init__(self, pem: bytes, passphrase: str | None = None) -> None:
        self._key = _private_key(pem, passphrase)
        self.public_key = _written(self._key.public_key())
        self.key_id = key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._key.sign(message)


@lru_cache(maxsize=64)
def verifier_of(public_key: str) -> Verifier:
    """Return what verifies under a public key in base64; the last ones are kept.

    Raises
    ------
    InputError
        ``key_unreadable``.
    """
    return Verifier(_bytes_of(public_key, PUBLIC_KEY_BYTES))


@lru_cache(maxsize=16)
def signer_of(pem: bytes, passphrase: str | None = None) -> Signer:
    """Return what signs with a private key; the last ones are kept, in memory alone.

    Raises
    ------
    InputError
        ``key_unreadable``.
    """
    return Signer(pem, passphrase)


def make_key(passphrase: str | None = None) -> bytes:
    """Return a new private key as PEM, encrypted when there is a passphrase."""
    encryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def needs_passphrase(pem: bytes) -> bool:
    """Tell whether a private key is encrypted."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in pem


def sign(pem: bytes, message: bytes, passphrase: str | None = None) -> str:
    """Return the signature of a message, base64.

    Raises
    ------
    InputError
        ``key_unreadable`` when the PEM is not an Ed25519 private key, or not under this passphrase.
    """
    return base64.b64encode(_private_key(pem, passphrase).sign(message)).decode()


def public_key_of(pem: bytes, passphrase: str | None = None) -> str:
    """Return the public key that belongs to a private one, base64.

    Raises
    ------
    InputError
        ``key_unreadable``.
    """
    return _written(_private_key(pem, passphrase).public_key())


def read_public_key(pem: bytes) -> str:
    """Return a public key in PEM as base64.

    Raises
    ------
    InputError
        ``key_unreadable``.
    """
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable() from error
    if not isinstance(key, Ed25519PublicKey):
        raise _unreadable()
    return _written(key)


def public_key_pem(public_key: str) -> bytes:
    """Return a public key, given in base64, as PEM.

    Raises
    ------
    InputError
        ``key_unreadable``.
    """
    return _public_key(public_key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_id(public_key: str) -> str:
    """Return the identifier of a public key that is given in base64.

    Raises
    ------
    InputError
        ``key_unreadable``.

    Examples
    --------
    >>> key_id("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    '21fe31dfa154a261'
    """
    return hashlib.sha256(_bytes_of(public_key, PUBLIC_KEY_BYTES)).hexdigest()[:_KEY_ID_DIGITS]


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Tell whether a signature in base64 is that of a message under a public key in base64; a misshapen one is not.

    Raises
    ------
    InputError
        ``key_unreadable`` when the public key is none.
    """
    try:
        _public_key(public_key).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _private_key(pem: bytes, passphrase: str | None) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unreadable() from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unreadable()
    return key


def _public_key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_bytes_of(text, PUBLIC_KEY_BYTES))


def _bytes_of(text: str, length: int) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable() from error
    if len(raw) != length:
        raise _unreadable()
    return raw


def _written(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)).decode()


def _unreadable() -> InputError:
    return InputError("key_unreadable", "This is not an Ed25519 key, or not under this passphrase.")
