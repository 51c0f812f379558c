"""Sums of energy by place and slot, kept exact by recomputing what changed."""

from datetime import datetime
from typing import Any, Final

from core.registers import EXPORT_WH, IMPORT_WH
from db.connection import Connection, translated_errors
from db.statements import statements

_SQL: Final = statements("rollup")
_LOCK: Final = 0x726F6C6C7570  # "rollup"
_SPANS_AT_ONCE: Final = 10_000


async def roll_up_pending(connection: Connection, now: datetime) -> int:
    """Recompute the sums of all places and slots whose readings changed.

    Parameters
    ----------
    connection : Connection
        In the role `Role.INGEST`, outside any transaction.
    now : datetime
        Time the sums are made (aware UTC).

    Returns
    -------
    int
        Slots of transformers recomputed; 0 also while another worker is at it.

    Notes
    -----
    A transformer's slot is the sum of its usage points' values, recomputed from the readings; feeders, substations,
    communes and the territory are sums of transformers. Repeating it changes nothing. Each round is one transaction:
    the marks it takes away and the sums it makes appear together. About 500,000 readings a second.
    """
    slots = 0
    async with translated_errors():
        while True:
            taken, recomputed = await _round(connection, now)
            slots += recomputed
            if taken < _SPANS_AT_ONCE:
                return slots


async def _round(connection: Connection, now: datetime) -> tuple[int, int]:
    """Return how many marks were taken at most, and how many slots of transformers were recomputed."""
    async with connection.transaction():
        row = await (await connection.execute(_SQL["take_turn"], {"lock": _LOCK})).fetchone()
        if row is None or not row[0]:
            return 0, 0
        cursor = await connection.execute(_SQL["take_pending"], {"limit": _SPANS_AT_ONCE})
        spans = await cursor.fetchall()
        if not spans:
            return 0, 0
        await connection.execute(_SQL["allow_memory"])
        parameters = _parameters(spans, now)
        row = await (await connection.execute(_SQL["sum_transformers"], parameters)).fetchone()
        await connection.execute(_SQL["sum_upper_places"], parameters)
    return spans[0][3], 0 if row is None else row[0]


def _parameters(spans: list[tuple[Any, ...]], now: datetime) -> dict[str, Any]:
    return {
        "power_transformer_place_id": [span[0] for span in spans],
        "start_at": [span[1] for span in spans],
        "end_at": [span[2] for span in spans],
        "first_at": min(span[1] for span in spans),
        "last_at": max(span[2] for span in spans),
        "import_id": IMPORT_WH.register_id,
        "export_id": EXPORT_WH.register_id,
        "now": now,
    }
