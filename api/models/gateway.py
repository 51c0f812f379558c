"""How gateways are."""

from typing import Annotated, Literal

from pydantic import Field

from api.models.fields import Instant, Model


class Gateway(Model):
    """Describe a gateway: what it said last, when it was heard, and what it is."""

    name: Annotated[str, Field(examples=["gw-0001"])]
    shard: Annotated[int, Field(examples=[1])]
    status: Annotated[Literal["unknown", "online", "offline"], Field(examples=["online"])]
    status_at: Annotated[Instant | None, Field(description="When that was received first")] = None
    heard_at: Annotated[Instant | None, Field(description="When a message of it was last stored or refused")] = None
    is_silent: Annotated[
        bool, Field(description="Online, and not heard for longer than its interval", examples=[False])
    ]
    changes_last_hour: Annotated[int, Field(description="Changes between online and offline", examples=[1])]
    is_flapping: Annotated[bool, Field(description="Six such changes or more", examples=[False])]
    firmware_version: Annotated[str | None, Field(examples=["2.3.1"])] = None
    hardware: Annotated[str | None, Field(description="Model", examples=["somel-g1"])] = None
    specification: Annotated[str | None, Field(description="That it follows", examples=["1.1"])] = None
    report_interval_s: Annotated[
        int, Field(description="Longest time between two messages when all is well [s]", examples=[3600])
    ]
    registered_at: Instant


class GatewayChange(Model):
    """Describe a change between online and offline."""

    status: Annotated[Literal["online", "offline"], Field(examples=["offline"])]
    cause: Annotated[
        Literal["said", "lost"],
        Field(description="said: by the gateway itself; lost: by its last will", examples=["lost"]),
    ]
    changed_at: Instant
    said_at: Annotated[Instant | None, Field(description="In the device's time, where it said one")] = None
