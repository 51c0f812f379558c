"""Where a broker is and who we are to it."""

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from core.errors import ConfigurationError

_PORTS: Final = {"mqtt": 1_883, "mqtts": 8_883}
_FILES: Final = ("ca", "certificate", "key", "identities")
_FORM: Final = "The MQTT URL must look like mqtt://[user:password@]host:port, or mqtts:// with ?ca=FILE."


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Name a broker: ``mqtt://[user:password@]host[:port]``, or ``mqtts://`` for TLS.

    With TLS, files stand in the query: ``ca`` signs the broker's certificate (by default whoever the system trusts),
    ``certificate`` and ``key`` are ours; ``identities`` is a folder with ``<name>.pem`` and ``<name>.key`` for each
    gateway of a fleet.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    identities: Path | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a broker's URL.

        Raises
        ------
        ConfigurationError
            ``mqtt_url_invalid`` when it is not one.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            query = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        except ValueError as error:
            raise ConfigurationError("mqtt_url_invalid", f"The MQTT URL cannot be read: {error}.") from error
        if parts.scheme not in _PORTS or not parts.hostname or query.keys() - set(_FILES):
            raise ConfigurationError("mqtt_url_invalid", _FORM)
        is_tls = parts.scheme == "mqtts"
        if query and not is_tls:
            raise ConfigurationError(
                "mqtt_url_invalid", "Certificates take TLS: the MQTT URL must begin with mqtts://."
            )
        username = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        files = {name: Path(value) for name, value in query.items()}
        return cls(parts.hostname, port or _PORTS[parts.scheme], username, password, is_tls, **files)

    def for_gateway(self, name: str) -> Self:
        """Return the address as one gateway of a fleet uses it: with its own certificate, where there is a folder."""
        if self.identities is None:
            return self
        return replace(self, certificate=self.identities / f"{name}.pem", key=self.identities / f"{name}.key")

    def tls(self) -> ssl.SSLContext | None:
        """Return what a TLS connection takes, None for a plain one.

        Raises
        ------
        ConfigurationError
            ``certificate_unusable`` when a file is missing or not what it should be.
        """
        if not self.is_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError is one
            files = ", ".join(str(file) for file in (self.ca, self.certificate, self.key) if file is not None)
            raise ConfigurationError("certificate_unusable", f"{files}: {error.strerror or error}.") from error
        return context
