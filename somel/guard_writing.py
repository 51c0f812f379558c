"""The guard of a broker, made: apart from reading it, for set-up reads it before any library is there."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from edge.authority import Authority
from edge.certificates import pem
from edge.files import PRIVATE, PUBLIC
from edge.guard import (
    CA,
    GATEWAY_RULES,
    PASSWORDS,
    PLATFORM_RULES,
    REVOKED,
    SERVER,
    SERVER_KEY,
    Guard,
    new_passwords,
    password_file,
)
from edge.keys import key_pem, new_key
from somel.embedded.loopback import free_port
from somel.embedded.places import private_folder
from somel.guarding import FACTS, GuardFolder

#: Gateways' ports of embedded brokers are looked for from here on.
_FIRST_PORT: Final = 28_000
#: Brokers that are set up at the same moment begin to look at different ones: a port is only taken when one starts.
_PORTS: Final = 4_000


def write_guard(
    folder: GuardFolder,
    authority: Authority,
    guard: Guard,
    *,
    hosts: Sequence[str],
    gateway_port: int | None,
    now: datetime,
) -> None:
    """Write everything anew, with a new key and new passwords; a revocation list of the authority stays."""
    private_folder(folder.path.parent, folder.account)
    private_folder(folder.path, folder.account)
    key, passwords = new_key(), new_passwords()
    certificate = authority.sign_server(key.public_key(), hosts, now)
    folder.put(SERVER_KEY, key_pem(key), PRIVATE)
    folder.put(SERVER, pem(certificate, authority.certificate), PUBLIC)
    folder.put(CA, authority.chain, PUBLIC)
    folder.put(GATEWAY_RULES, guard.gateway_rules().encode(), PRIVATE)
    folder.put(PLATFORM_RULES, guard.platform_rules().encode(), PRIVATE)
    folder.put(PASSWORDS, password_file(passwords).encode(), PRIVATE)
    revoked = folder.path / REVOKED
    if not (revoked.exists() and authority.has_signed_list(revoked.read_bytes())):
        folder.write_revoked(authority.revocation_list([], now))
    facts = {
        "guard": asdict(guard),
        "hosts": list(hosts),
        "gateway_port": gateway_port or free_port(_FIRST_PORT + secrets.randbelow(_PORTS)),
        "passwords": passwords,
    }
    folder.put(FACTS, json.dumps(facts).encode(), PRIVATE)  # last: with it the broker is guarded
