"""Which places each transformer is summed into, as the network stands now."""

from dataclasses import dataclass
from typing import Final

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements

_SQL: Final = statements("hierarchy")


@dataclass(frozen=True, slots=True)
class TransformerPath:
    """Name the places that a transformer's load is part of.

    Attributes
    ----------
    power_transformer_place_id, feeder_place_id, substation_place_id, commune_place_id : int
        Every transformer lies in one feeder and wholly in one commune.
    territory_place_id : int or None
        None where no territory is registered.
    """

    power_transformer_place_id: int
    feeder_place_id: int
    substation_place_id: int
    commune_place_id: int
    territory_place_id: int | None


async def transformer_paths(connection: Connection) -> list[TransformerPath]:
    """Return the path of every transformer that supplies usage points, by rising place.

    Notes
    -----
    The network is kept as it stands, without its past, and sums follow transformers that move: what is known of the
    network at the time of an issue is what stands in the database then.
    """
    return await all_rows(connection, TransformerPath, _SQL["transformer_paths"])
