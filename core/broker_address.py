"""Where a broker is and who we are to it."""

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError

_DEFAULT_PORT: Final = 1_883


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Name a broker: ``mqtt://[user:password@]host[:port]``."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)

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
            port = parts.port or _DEFAULT_PORT
        except ValueError as error:
            raise ConfigurationError("mqtt_url_invalid", f"The MQTT URL cannot be read: {error}.") from error
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ConfigurationError(
                "mqtt_url_invalid", "The MQTT URL must look like mqtt://[user:password@]host:port."
            )
        username = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        return cls(parts.hostname, port, username, password)
