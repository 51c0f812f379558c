"""The secret of passes: what serials of cards are hashed under, and what signing keys are kept under."""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from core.errors import ConfigurationError
from core.settings import Settings


@dataclass(frozen=True, slots=True, repr=False)
class PassSecret:
    """Derive what is kept secret for passes from one secret, which is in the settings alone and never in the database.

    Parameters
    ----------
    master : bytes
        At least 32 bytes.
    """

    master: bytes

    def serial_hmac(self, service_id: int, serial: bytes) -> bytes:
        """Return a card's serial as one service has it, 32 bytes: two services cannot tell that it is the same card."""
        return hmac.digest(self._derived(f"serial/{service_id}"), serial, hashlib.sha256)

    def claim(self, sale_id: UUID, number: int) -> bytes:
        """Return what the code of a sold pass is made of, 32 bytes."""
        return self._derived(f"claim/{sale_id}/{number}")

    @property
    def passphrase(self) -> str:
        """Return the passphrase that signing keys are encrypted under in the database."""
        return self._derived("signing keys").hex()

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.master, purpose.encode(), hashlib.sha256)


def secret_of(settings: Settings) -> PassSecret:
    """Return the secret that the settings name.

    Raises
    ------
    ConfigurationError
        ``pass_secret_missing``.
    """
    if settings.pass_secret is None:
        message = "Passes need a secret of 32 characters or more, the same for every process: set SOMEL_PASS_SECRET."
        raise ConfigurationError("pass_secret_missing", message)
    return PassSecret(settings.pass_secret.get_secret_value().encode())
