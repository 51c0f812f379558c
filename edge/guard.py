"""The configuration of a Mosquitto that lets in only who it knows, and lets each do only what is his.

Gateways come by TLS with a certificate, and are whom it names: user name and client identifier are its common name, so
nobody can take over another's session. The platform's own processes come by the loopback with a password. VENs of
OpenADR come by TLS too, with certificates of an authority of their own, which signs nothing else: a VEN's certificate
opens nothing at the gateways' door, nor a gateway's at the VENs'. Each kind has a listener with rules of its own: no
certificate, whatever its name, opens what belongs to the platform.

Nobody may publish what the rules do not name: a gateway that tries is answered Not authorized (0x87), and the broker's
log says so. No message can therefore lie outside the shards, and ingest needs no session for strays.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.identifiers import DOWN_KINDS, PUBLISHERS_TOPIC_ROOT, TOPIC_ROOT, UP_KINDS

#: Files beside the configuration.
CA, REVOKED, SERVER, SERVER_KEY = "ca.pem", "revoked.pem", "server.pem", "server.key"
GATEWAY_RULES, PLATFORM_RULES, PASSWORDS = "gateways.acl", "platform.acl", "platform.passwords"
VEN_CA, VEN_REVOKED, VEN_RULES = "vens-ca.pem", "vens-revoked.pem", "vens.acl"

#: Accounts of the platform: ingest reads the shards and writes downwards, operators' tools only watch, and business
#: logic of OpenADR is notified.
INGEST, OBSERVER, BUSINESS_LOGIC = "ingest", "observer", "openadr"

#: Where OpenADR's notifications are published, `grid.openadr.topics.ROOT`: below it ``bl/`` and ``vens/<VEN>/``.
OPENADR_ROOT: Final = "openadr3/3.1.0"

_BELOW: Final = ("online", "status/+", "events/rpc", "emeter/+/+")  # what Shelly meters add to the kinds
_SPARKPLUG_UP: Final = ("NBIRTH/%u", "NDATA/%u", "NDEATH/%u", "DBIRTH/%u/+", "DDATA/%u/+", "DDEATH/%u/+")
_SPARKPLUG_DOWN: Final = ("NCMD/%u", "DCMD/%u/+")
_ROUNDS: Final = 101  # Mosquitto's own; the passwords are 256 random bits
_HASH: Final = "sha512"

_CONFIGURATION = """\
# Platform processes on this machine: by password.
listener {platform_port} 127.0.0.1
allow_anonymous false
password_file {folder}/{passwords}
acl_file {folder}/{platform_rules}

# Gateways: by certificate.
listener {gateway_port}{address}
allow_anonymous false
acl_file {folder}/{gateway_rules}
cafile {folder}/{ca}
certfile {folder}/{server}
keyfile {folder}/{server_key}
crlfile {folder}/{revoked}
tls_version tlsv1.2
ciphers ECDHE+AESGCM:ECDHE+CHACHA20
require_certificate true
use_identity_as_username true
use_username_as_clientid true
max_connections {max_connections}
"""

_VENS: Final = """\
# VENs of OpenADR: by certificate of an authority of their own.
listener {ven_port}{address}
allow_anonymous false
acl_file {folder}/{ven_rules}
cafile {folder}/{ven_ca}
certfile {folder}/{server}
keyfile {folder}/{server_key}
crlfile {folder}/{ven_revoked}
tls_version tlsv1.2
ciphers ECDHE+AESGCM:ECDHE+CHACHA20
require_certificate true
use_identity_as_username true
use_username_as_clientid true
max_connections {max_connections}
"""

#: What stands before the listeners: it holds for all.
_GLOBAL: Final = """\
per_listener_settings true
log_type error
log_type warning
log_type notice
connection_messages true
"""
#: Mosquitto tells of a publication that it denied in the same breath as of every one that it took.
_TELL_ALL: Final = "log_type debug\n"


@dataclass(frozen=True, slots=True)
class Guard:
    """Say how a broker is guarded.

    Attributes
    ----------
    shards : int
        Shards that there are; a gateway may publish under these alone.
    sparkplug_group : str
        Group of Sparkplug nodes, empty for none.
    gateway_address : str
        Address that gateways reach the broker at; empty for all of the host's.
    max_connections : int
        Gateways connected at once, and VENs.
    log_denied : bool
        Log every publication that is denied, and with it every other: about four lines a message.
    """

    shards: int
    sparkplug_group: str = ""
    gateway_address: str = ""
    max_connections: int = 20_000
    log_denied: bool = True

    def configuration(self, folder: Path, *, platform_port: int, gateway_port: int, ven_port: int | None = None) -> str:
        """Return what guards a broker, all listeners included; its files are in `folder`."""
        known = {
            "folder": folder,
            "platform_port": platform_port,
            "gateway_port": gateway_port,
            "ven_port": ven_port,
            "address": f" {self.gateway_address}" if self.gateway_address else "",
            "max_connections": self.max_connections,
            "passwords": PASSWORDS,
            "platform_rules": PLATFORM_RULES,
            "gateway_rules": GATEWAY_RULES,
            "ca": CA,
            "server": SERVER,
            "server_key": SERVER_KEY,
            "revoked": REVOKED,
            "ven_rules": VEN_RULES,
            "ven_ca": VEN_CA,
            "ven_revoked": VEN_REVOKED,
        }
        doors = _CONFIGURATION if ven_port is None else f"{_CONFIGURATION}\n{_VENS}"
        return _GLOBAL + (_TELL_ALL if self.log_denied else "") + doors.format(**known)

    def gateway_rules(self) -> str:
        """Return what gateways may do; ``%u`` is the name in the certificate."""
        lines = [
            f"pattern {access} {TOPIC_ROOT}/{shard}/%u/{part}"
            for shard in range(self.shards)
            for access, parts in (("write", (*UP_KINDS, *_BELOW)), ("read", DOWN_KINDS))
            for part in parts
        ]
        if self.sparkplug_group:
            root = f"spBv1.0/{self.sparkplug_group}"
            lines += [f"pattern write {root}/{part}" for part in _SPARKPLUG_UP]
            lines += [f"pattern read {root}/{part}" for part in _SPARKPLUG_DOWN]
            lines.append("pattern read spBv1.0/STATE/+")
        return "\n".join(lines) + "\n"

    def ven_rules(self) -> str:
        """Return what VENs may do: read what is for them, and write nothing; ``%u`` is the VEN in the certificate."""
        return f"pattern read {OPENADR_ROOT}/vens/%u/#\n"

    def platform_rules(self) -> str:
        """Return what the platform's accounts may do."""
        down = [f"topic write {TOPIC_ROOT}/{shard}/+/{kind}" for shard in range(self.shards) for kind in DOWN_KINDS]
        ingest = [f"user {INGEST}", "topic read somel/#", "topic read spBv1.0/#", "topic read $SYS/#", *down]
        if self.sparkplug_group:
            root = f"spBv1.0/{self.sparkplug_group}"
            ingest += [f"topic write {root}/NCMD/+", f"topic write {root}/DCMD/+/+", "topic write spBv1.0/STATE/+"]
        ingest += [f"topic write {OPENADR_ROOT}/#", f"topic read {PUBLISHERS_TOPIC_ROOT}/#"]
        observer = [f"user {OBSERVER}", "topic read somel/#", "topic read spBv1.0/#", "topic read $SYS/#"]
        business_logic = [f"user {BUSINESS_LOGIC}", f"topic read {OPENADR_ROOT}/bl/#"]
        return "\n".join([*ingest, "", *observer, "", *business_logic]) + "\n"


def new_passwords(accounts: Sequence[str] = (INGEST, OBSERVER, BUSINESS_LOGIC)) -> dict[str, str]:
    """Return new passwords for the platform's accounts."""
    return {account: secrets.token_urlsafe(32) for account in accounts}


def password_file(passwords: Mapping[str, str]) -> str:
    """Return the file that Mosquitto checks passwords by: hashes in its own form (PBKDF2, SHA-512)."""
    return "".join(f"{account}:{_hashed(password)}\n" for account, password in passwords.items())


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac(_HASH, password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
