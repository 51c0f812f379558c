"""Private keys: made, kept in files, read again."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from core.errors import ConfigurationError
from edge.files import PRIVATE, write_file

Key = ec.EllipticCurvePrivateKey


def new_key() -> Key:
    """Return a new key on the curve P-256, which every TLS library and every secure element of a gateway knows."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key, passphrase: str | None = None) -> bytes:
    """Return a key as PKCS 8, encrypted where a passphrase is given."""
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def write_key(path: Path, key: Key, passphrase: str | None = None) -> None:
    """Write a key for its owner alone."""
    write_file(path, key_pem(key, passphrase), PRIVATE)


def read_key(path: Path, passphrase: str | None = None) -> Key:
    """Read a key of ours.

    Raises
    ------
    ConfigurationError
        ``key_missing``, ``passphrase_wrong`` or ``authority_key_unreadable``.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode() if passphrase else None)
    except OSError as error:
        raise ConfigurationError("key_missing", f"The key {path} cannot be read: {error.strerror}.") from error
    except TypeError as error:  # a passphrase where none is needed, or none where one is
        raise ConfigurationError(
            "passphrase_wrong", f"The key {path} is encrypted: its passphrase is needed."
        ) from error
    except ValueError as error:
        raise ConfigurationError("passphrase_wrong", f"The key {path} does not open with this passphrase.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ConfigurationError("authority_key_unreadable", f"The key {path} is not one that `somel pki` made.")
    return key
