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
    VEN_CA,
    VEN_REVOKED,
    VEN_RULES,
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
    vens: Authority | None = None,
    ven_port: int | None = None,
) -> None:
    """Write everything anew, with a new key and new passwords; revocation lists of the authorities stay.

    Parameters
    ----------
    folder : GuardFolder
        Where to.
    authority : Authority
        Of gateways; it signs the broker's certificate.
    guard : Guard
        How the broker is guarded.
    hosts : sequence of str
        Names and addresses of the broker.
    gateway_port, ven_port : int or None
        Where gateways and VENs come to; None: a free port.
    now : datetime
        Time.
    vens : Authority, optional
        Of VENs; without it there is no door for them.
    """
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
    _keep_list(folder, REVOKED, authority, now)
    if vens is not None:
        folder.put(VEN_CA, pem(vens.certificate), PUBLIC)
        folder.put(VEN_RULES, guard.ven_rules().encode(), PRIVATE)
        _keep_list(folder, VEN_REVOKED, vens, now)
        ven_port = ven_port or _some_port()
    facts = {
        "guard": asdict(guard),
        "hosts": list(hosts),
        "gateway_port": gateway_port or _some_port(),
        "ven_port": None if vens is None else ven_port,
        "passwords": passwords,
    }
    folder.put(FACTS, json.dumps(facts).encode(), PRIVATE)  # last: with it the broker is guarded


def _keep_list(folder: GuardFolder, name: str, authority: Authority, now: datetime) -> None:
    """Write an empty revocation list where there is none of the authority."""
    revoked = folder.path / name
    if not (revoked.exists() and authority.has_signed_list(revoked.read_bytes())):
        folder.put(name, authority.revocation_list([], now), PUBLIC)


def _some_port() -> int:
    return free_port(_FIRST_PORT + secrets.randbelow(_PORTS))
