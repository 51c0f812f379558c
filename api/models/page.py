"""One page of a longer list."""

from typing import Annotated, Generic, TypeVar

from pydantic import Field

from api.models.fields import Model

Item = TypeVar("Item")


class Page(Model, Generic[Item]):
    """Hold some items and where the next ones are."""

    items: list[Item]
    next: Annotated[
        str | None, Field(description="Address of the next page; null on the last one", examples=[None])
    ] = None
