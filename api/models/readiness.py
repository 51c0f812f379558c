"""Whether the process lives and can work."""

from typing import Annotated, Literal

from pydantic import Field

from api.models.fields import Model


class Health(Model):
    """Say that the process answers."""

    status: Annotated[Literal["ok"], Field(examples=["ok"])] = "ok"


class Readiness(Model):
    """Say that requests can be served."""

    status: Annotated[Literal["ready"], Field(examples=["ready"])] = "ready"
    database: Annotated[Literal["ok"], Field(examples=["ok"])] = "ok"
    news: Annotated[
        Literal["listening", "reconnecting"],
        Field(description="Whether live news arrive; not needed to be ready", examples=["listening"]),
    ]
