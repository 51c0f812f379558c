"""What a gateway leaves behind when its connection breaks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastWill:
    """A retained message that the broker publishes for a gateway that vanished."""

    topic: str
    payload: bytes
    content_type: str
