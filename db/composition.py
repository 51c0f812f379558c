"""What kinds of usage points a transformer supplies."""

from dataclasses import dataclass

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements


@dataclass(frozen=True, slots=True)
class SubscribedPower:
    """Power subscribed at a transformer by usage points of a kind, which is a category with a tariff."""

    place_id: int
    kind: str
    subscribed_va: int


async def transformer_composition(connection: Connection) -> list[SubscribedPower]:
    """Return the power subscribed at every transformer by kind of usage point, ordered by both."""
    return await all_rows(connection, SubscribedPower, statements("history")["transformer_composition"], {})
