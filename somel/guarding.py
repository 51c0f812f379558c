"""The guard of a broker on disk: what `edge.guard` describes, written where Mosquitto reads it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigurationError
from edge.files import PUBLIC, write_file
from edge.guard import INGEST, REVOKED, VEN_REVOKED, Guard
from somel.embedded.places import Account, give

#: What the folder says of itself; with it the broker is guarded.
FACTS: Final = "guard.json"


@dataclass(frozen=True, slots=True)
class GuardFolder:
    """The files of a guarded broker; `account` owns them where that is not the caller."""

    path: Path
    account: Account | None = None

    @property
    def is_there(self) -> bool:
        """Whether the broker is guarded."""
        return (self.path / FACTS).exists()

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of the platform's accounts."""
        found: dict[str, str] = self._facts()["passwords"]
        return found

    @property
    def gateway_port(self) -> int:
        """Port that gateways come to."""
        return int(self._facts()["gateway_port"])

    @property
    def ven_port(self) -> int | None:
        """Port that VENs come to; None where the guard was made before they had one."""
        port = self._facts().get("ven_port")
        return None if port is None else int(port)

    @property
    def hosts(self) -> list[str]:
        """Names and addresses that the broker's certificate is good for."""
        found: list[str] = self._facts()["hosts"]
        return found

    def write_revoked(self, revoked: bytes) -> None:
        """Replace the revocation list; the broker reads it at its start and when it is sent SIGHUP."""
        self.put(REVOKED, revoked, PUBLIC)

    def write_revoked_vens(self, revoked: bytes) -> None:
        """Replace the revocation list of VENs."""
        self.put(VEN_REVOKED, revoked, PUBLIC)

    def configuration(self, platform_port: int) -> str:
        """Return the part of Mosquitto's configuration that guards it."""
        facts = self._facts()
        guard = Guard(**facts["guard"])
        gateway_port, ven_port = int(facts["gateway_port"]), facts.get("ven_port")
        return guard.configuration(self.path, platform_port=platform_port, gateway_port=gateway_port, ven_port=ven_port)

    def url(self, platform_port: int, account: str = INGEST) -> str:
        """Return the URL by which a process of the platform reaches the broker; it holds a password."""
        return f"mqtt://{account}:{self.passwords[account]}@127.0.0.1:{platform_port}"

    def _facts(self) -> dict[str, Any]:
        try:
            facts: dict[str, Any] = json.loads((self.path / FACTS).read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigurationError("guard_unreadable", f"{self.path / FACTS} cannot be read: {error}.") from error
        return facts

    def put(self, name: str, content: bytes, mode: int) -> None:
        """Write one of the files."""
        write_file(self.path / name, content, mode)
        give(self.path / name, self.account)
