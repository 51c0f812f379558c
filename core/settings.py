"""All settings, read once at the start of a process and passed down."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from core.clock import Clock
from core.errors import ConfigurationError

PREFIX = "SOMEL_"


def settings_file() -> Path:
    """Return the settings file: ``$SOMEL_CONFIG``, or ``somel/somel.toml`` in the user's configuration folder."""
    named = os.environ.get(PREFIX + "CONFIG")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "somel" / "somel.toml"


def dask_address(text: str) -> str:
    """Return the address of a Dask scheduler, or nothing, as it is; a ValueError says what is wrong with another."""
    parts = urlsplit(text)
    try:
        whole = parts.scheme in ("tcp", "tls") and parts.hostname and parts.port and parts.username is None
    except ValueError:  # a port that is none
        whole = False
    if text and not (whole and text == f"{parts.scheme}://{parts.netloc}"):
        raise ValueError("it has to be tcp://host:port or tls://host:port")
    return text


class Settings(BaseSettings):
    """Everything an operator can set, by ``SOMEL_<NAME>`` or by ``<name>`` in the settings file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: SecretStr | None = Field(None, description="PostgreSQL to use; unset: the embedded one")
    mqtt_url: SecretStr | None = Field(
        None, description="MQTT broker, mqtt://[user:password@]host:port; unset: embedded"
    )
    cache_dir: Path | None = Field(None, description="Where downloads and unpacked programs are kept")
    state_dir: Path | None = Field(None, description="Where the embedded servers keep their data")
    log_format: Literal["console", "json"] = Field("console", description="How logs are written to standard error")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged at all")

    shards: Annotated[int, Field(ge=1, le=1024)] = Field(4, description="Parts the gateways are divided into")
    ingest_worker: str = Field(
        "",
        description="First part of the names of this machine's ingest workers; empty: its host name",
    )
    ingest_batch_rows: Annotated[int, Field(ge=1)] = Field(
        50_000, description="Values gathered before a batch is written"
    )
    ingest_linger_s: Annotated[float, Field(gt=0)] = Field(0.2, description="Longest wait for a batch to fill [s]")
    ingest_receive_maximum: Annotated[int, Field(ge=1, le=65535)] = Field(
        20_000, description="Messages a broker may send before the first is acknowledged"
    )
    ingest_strays: bool = Field(
        default=True,
        description="Receive what is in no shard and refuse it on record; off: the broker's ACL lets nothing such in",
    )
    ingest_hourly_messages: Annotated[int, Field(ge=1)] = Field(
        100_000, description="Messages taken from one gateway in an hour; what is beyond is refused"
    )
    ingest_metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        0, description="Loopback port of ingest's Prometheus metrics; 0: none"
    )
    vee_every_s: Annotated[float, Field(gt=0)] = Field(
        10.0, description="Pause between two looks for what to validate [s]"
    )
    vee_rest_s: Annotated[float, Field(ge=0)] = Field(
        600.0, description="How long a day must not have changed before its gaps are estimated [s]"
    )

    sparkplug_group: Annotated[str, Field(pattern=r"^([^/+#\x00]{1,64})?$")] = Field(
        "somel", description="Group of the Sparkplug B edge nodes that ingest listens to; empty: to none"
    )
    sparkplug_host: Annotated[str, Field(pattern=r"^[^/+#\x00]{1,64}$")] = Field(
        "somel", description="Name under which ingest is the nodes' primary host application"
    )
    command_answer_s: Annotated[float, Field(gt=0)] = Field(
        10.0, description="How long the first answer to a command is waited for before it is sent again [s]"
    )
    command_attempts: Annotated[int, Field(ge=1, le=32)] = Field(
        8, description="How often a command is sent at most, its withdrawal likewise"
    )

    firmware_url: str = Field(
        "", description="Address of the API as gateways reach it, for firmware; empty: the API's host and port"
    )
    edge_dir: Path | None = Field(None, description="Folder of the issuing authority; unset: beside the servers' data")
    certificate_days: Annotated[int, Field(ge=1, le=825)] = Field(
        90, description="Days that a gateway's certificate is valid [days]"
    )

    api_host: str = Field("127.0.0.1", description="Address the API listens on")
    api_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8000, description="Port the API listens on; 0: any free one"
    )

    enjoy_url: Annotated[str, Field(pattern=r"^(https?://[!-~]+)?$")] = Field(
        "",
        description="Address of Enjoy as its readers reach it, to the end of its path; empty: as they asked",
    )

    openadr_url: Annotated[str, Field(pattern=r"^(https?://[!-~]+)?$")] = Field(
        "",
        description="Address of the OpenADR VTN as its clients reach it, to the end of its path; empty: as they asked",
    )
    openadr_token_s: Annotated[int, Field(ge=60, le=86_400)] = Field(
        3_600, description="How long an access token of the OpenADR VTN is accepted [s]"
    )
    openadr_development: bool = Field(
        default=False,
        description="For development alone: callbacks of OpenADR clients may be plain HTTP and at private addresses",
    )
    openadr_callback_attempts: Annotated[int, Field(ge=1, le=32)] = Field(
        12, description="How often a notification is sent to a callback before it is given up"
    )
    openadr_callback_wait_s: Annotated[float, Field(gt=0, le=60)] = Field(
        2.0, description="Wait after a callback's first failure; twice as long after each next, at most an hour [s]"
    )
    openadr_callback_give_up_s: Annotated[float, Field(gt=0)] = Field(
        86_400.0, description="Age at which a notification to a callback is given up in any case [s]"
    )
    openadr_broker_uri: Annotated[str, Field(pattern=r"^(mqtts?://[A-Za-z0-9.\[\]:_-]+)?$")] = Field(
        "", description="Address of the broker as VENs reach it, mqtts://host:port; empty: MQTT is not offered to them"
    )
    openadr_broker_ca: Path | None = Field(
        None, description="File with what signs the broker's certificate, in PEM; unset: the edge's issuing authority"
    )

    pass_secret: Annotated[SecretStr | None, Field(min_length=32)] = Field(
        None, description="Secret of passes: serials and signing keys are kept under it; unset: no passes are made"
    )
    enjoy_key_quota: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        12_000, description="Requests a minute that a key of Enjoy may make, where it has no figure of its own; 0: any"
    )
    enjoy_stranger_quota: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        3_000, description="Requests a minute that an address without a key may make of each API process; 0: any"
    )
    enjoy_sign_in_quota: Annotated[int, Field(ge=0, le=10_000)] = Field(
        20, description="Sign-ins and sign-ups a minute that an address may try of each API process; 0: any"
    )
    enjoy_development: bool = Field(
        default=False,
        description="For development alone: webhooks and sources of Enjoy may be plain HTTP and at private addresses",
    )
    enjoy_webhook_attempts: Annotated[int, Field(ge=1, le=32)] = Field(
        12, description="How often an event is sent to a webhook before it is given up"
    )
    enjoy_webhook_wait_s: Annotated[float, Field(gt=0, le=60)] = Field(
        2.0, description="Wait after a webhook's first failure; twice as long after each next, at most an hour [s]"
    )
    enjoy_webhook_give_up_s: Annotated[float, Field(gt=0)] = Field(
        86_400.0, description="Age at which an event for a webhook is given up in any case [s]"
    )
    enjoy_webhook_disable_s: Annotated[float, Field(gt=0)] = Field(
        259_200.0, description="A webhook that only fails for so long is not called any more [s]"
    )

    smtp_url: SecretStr | None = Field(
        None, description="Relay of e-mails, smtp[s]://[user:password@]host[:port]; unset: e-mails stay in the outbox"
    )
    mail_from: Annotated[str, Field(pattern=r"^([^@\s<>]+@[^@\s<>]+)?$")] = Field(
        "enjoy@localhost", description="Address that e-mails come from"
    )

    forecast_every_s: Annotated[int, Field(ge=1800)] = Field(21_600, description="Replayed time between forecasts [s]")
    fit_every_s: Annotated[int, Field(ge=0, le=86_400)] = Field(
        86_400, description="Replayed time between fits; forecasts in between go on with what was learned [s]"
    )
    history_days: Annotated[int, Field(ge=14)] = Field(90, description="Days of load a forecast is fitted on [days]")
    horizon_h: Annotated[int, Field(ge=1, le=168)] = Field(48, description="How far forecasts reach [h]")

    dask_scheduler: Annotated[str, AfterValidator(dask_address)] = Field(
        "", description="Dask scheduler of `grid`'s jobs, tcp://host:port or tls://host:port; empty: local threads"
    )

    voltage_band_ratio: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="Voltages of a low-voltage network stay within 1 ± this of the nominal one (EN 50160) [ratio]"
    )
    power_factor_residential: Annotated[float, Field(gt=0, le=1)] = Field(
        0.97, description="Power factor of what households draw, where it is not measured [ratio]"
    )
    power_factor_business: Annotated[float, Field(gt=0, le=1)] = Field(
        0.93, description="The same of businesses [ratio]"
    )
    power_factor_public: Annotated[float, Field(gt=0, le=1)] = Field(
        0.95, description="The same of public buildings [ratio]"
    )

    enjoy_least_points: Annotated[int, Field(ge=2)] = Field(
        10, description="Usage points that a published sum of energy is over at least"
    )
    enjoy_largest_share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="Largest part of a published sum that may be one usage point's [ratio]"
    )
    enjoy_delay_h: Annotated[float, Field(ge=24)] = Field(
        24.0, description="Time from the end of a day to the publication of its energy [h]"
    )
    access_log_months: Annotated[int, Field(ge=6)] = Field(
        12, description="How long it is kept who read what is stored of a usage point [months]"
    )

    weather_url: SecretStr | None = Field(
        None, description="Weather service that answers as Open-Meteo's forecast API does; unset: none is asked"
    )
    weather_every_s: Annotated[int, Field(ge=600)] = Field(
        10_800, description="Time between two requests for weather [s]"
    )

    clock_wall_origin: datetime = Field(datetime(1970, 1, 1, tzinfo=UTC), description="Wall time a replay started at")
    clock_replay_origin: datetime = Field(datetime(1970, 1, 1, tzinfo=UTC), description="Replayed time at that moment")
    clock_speed: Annotated[float, Field(ge=1)] = Field(
        1.0, description="Replayed seconds per second; 1: the wall clock"
    )

    reference_data: Path | None = Field(None, description="Folder of measured reference data, for tests and replays")
    require_all: bool = Field(default=False, description="In tests: a missing server, browser or data set is a failure")
    config: Path | None = Field(None, description="The settings file; from the environment only")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over the environment, and the environment over the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, settings_file())

    @property
    def images_url(self) -> str:
        """Return the address below which gateways find firmware images."""
        return (self.firmware_url or f"http://{self.api_host}:{self.api_port}").rstrip("/") + "/v1/firmware"

    @property
    def clock(self) -> Clock:
        """Return the clock that the process acts on."""
        return Clock(self.clock_wall_origin, self.clock_replay_origin, self.clock_speed)


def _told(wrong: ErrorDetails) -> str:
    """Return which setting is wrong, and how: in the words of our own check where one refused it, else pydantic's."""
    # What a check of ours raised comes with pydantic's "Value error, " before it; other errors bring other facts.
    said = wrong["ctx"]["error"] if wrong["type"] == "value_error" else wrong["msg"]
    return f"{PREFIX}{str(wrong['loc'][0]).upper()}: {said}"


def read_settings(**overrides: object) -> Settings:
    """Read the settings from arguments, environment and file.

    Raises
    ------
    ConfigurationError
        ``settings_invalid``, naming each setting that cannot be used, or ``settings_file_invalid``.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them, and says which one is wrong
    except ValidationError as error:
        wrong = "; ".join(_told(item) for item in error.errors())
        raise ConfigurationError("settings_invalid", f"Settings cannot be used: {wrong}.") from error
    except ValueError as error:  # the TOML parser's
        raise ConfigurationError("settings_file_invalid", f"{settings_file()} cannot be read: {error}.") from error
