"""Which database and which broker a command uses: those named in the settings, else the embedded ones."""

from dataclasses import dataclass

from core.errors import ConfigurationError, RetryableError
from core.settings import Settings
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.progress import progress_bars


@dataclass(frozen=True, slots=True)
class Servers:
    """Name the servers in use; the URLs hold passwords."""

    database_url: str
    mqtt_url: str


def embedded_services(settings: Settings, name: str = "default") -> Services:
    """Return the embedded services of this account, running or not."""
    del settings  # their folders come from the same environment variables, read where they are used
    return Services(Places.from_environment(), name)


def named_servers(settings: Settings) -> Servers | None:
    """Return the servers that the settings name, if they do.

    Raises
    ------
    ConfigurationError
        ``servers_half_named`` when only one of the two is named.
    """
    if not settings.database_url and not settings.mqtt_url:
        return None
    if not settings.database_url or not settings.mqtt_url:
        raise ConfigurationError(
            "servers_half_named", "Set both SOMEL_DATABASE_URL and SOMEL_MQTT_URL, or neither for the embedded servers."
        )
    return Servers(settings.database_url.get_secret_value(), settings.mqtt_url.get_secret_value())


def running_servers(settings: Settings, name: str = "default") -> Servers:
    """Return servers that run, starting nothing.

    Raises
    ------
    RetryableError
        ``servers_not_running`` when the settings name none and the embedded database does not run.
    """
    named = named_servers(settings)
    if named:
        return named
    services = embedded_services(settings, name)
    if not services.cluster.is_ready():
        raise RetryableError("servers_not_running", "The embedded servers do not run: `somel services up` starts them.")
    return Servers(services.database_url, services.mqtt_url)


def servers(settings: Settings, name: str = "default") -> Servers:
    """Return servers that run, starting the embedded ones where the settings name none."""
    named = named_servers(settings)
    if named:
        return named
    services = embedded_services(settings, name)
    with progress_bars() as report:
        services.up(report)
    return Servers(services.database_url, services.mqtt_url)
