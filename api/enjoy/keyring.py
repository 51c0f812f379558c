"""Keys that were shown lately, so that the database is asked once for many requests."""

import time
from typing import Final

from db.access import hash_of
from db.connection import Pool, borrow
from db.keys import ApiKey, find_key

#: A key that is revoked is forgotten when the database says so; should nobody hear it, after this at the latest. [s]
KEPT_S: Final = 5.0
_MOST: Final = 10_000
#: No secret is longer; longer ones need not be hashed.
_LONGEST_SECRET: Final = 200


class Keyring:
    """Find keys by their secrets.

    Parameters
    ----------
    readers : Pool
        Connections that may read keys.
    """

    def __init__(self, readers: Pool) -> None:
        self._readers = readers
        self._known: dict[bytes, tuple[ApiKey, float]] = {}
        self._changes = 0

    async def find(self, secret: str) -> ApiKey | None:
        """Return the key that a secret belongs to, or None where it is unknown, expired or revoked."""
        if len(secret) > _LONGEST_SECRET:
            return None
        digest, now_s = hash_of(secret), time.monotonic()
        known = self._known.get(digest)
        if known is not None and now_s < known[1]:
            return known[0]
        changes = self._changes
        async with borrow(self._readers) as connection:
            found = await find_key(connection, secret)
        if found is not None and changes == self._changes:  # else it may have changed while we asked
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[digest] = (found, now_s + KEPT_S)
        return found

    def forget(self) -> None:
        """Ask for every key anew."""
        self._known.clear()
        self._changes += 1
