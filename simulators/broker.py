"""Where gateways connect, and what they leave behind when a connection breaks."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Broker:
    """Name an MQTT 5 broker and, where it asks for them, user and password."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LastWill:
    """A retained message that the broker publishes for a gateway that vanished."""

    topic: str
    payload: bytes
    content_type: str
