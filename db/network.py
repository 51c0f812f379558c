"""Low-voltage networks behind transformers, and the checks of plans on them."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Final, TypeVar
from uuid import UUID

from core.errors import InputError
from db.connection import Connection, translated_errors
from db.network_rows import (
    ConnectivityNode,
    DevicePoint,
    LineSegment,
    MeterPoint,
    NetworkCheck,
    NetworkViolation,
    PointConnection,
    SuppliedPoint,
    TransformerImpedance,
    TransformerPlace,
)
from db.rows import all_rows, one_row
from db.statements import statements

__all__ = [
    "ConnectivityNode",
    "DevicePoint",
    "LineSegment",
    "MeterPoint",
    "NetworkCheck",
    "NetworkViolation",
    "PointConnection",
    "SuppliedPoint",
    "TransformerImpedance",
    "TransformerPlace",
]

_SQL: Final = statements("network")
_DELETES: Final = ("delete_connections", "delete_transformer_impedance", "delete_line_segments", "delete_nodes")
_PLACE: Final = "power_transformer_place_id"
#: Most violations that one reading returns.
MOST_VIOLATIONS: Final = 10_000

Row = TypeVar("Row")


async def transformer_by_code(connection: Connection, code: str) -> TransformerPlace | None:
    """Return a transformer."""
    return await one_row(connection, TransformerPlace, _SQL["transformer_by_code"], {"code": code})


async def replace_network(
    connection: Connection,
    place_id: int,
    nodes: Sequence[ConnectivityNode],
    lines: Sequence[LineSegment],
    transformer: TransformerImpedance,
    connections: Sequence[PointConnection],
) -> None:
    """Store the network of a transformer instead of the one it may have had.

    Raises
    ------
    InputError
        ``network_connection``: a usage point is not behind this transformer, or its node is not in the network.
    """
    async with translated_errors(), connection.transaction():
        for name in _DELETES:
            await connection.execute(_SQL[name], {"place_id": place_id})
        await connection.execute(_SQL["insert_nodes"], _columns(ConnectivityNode, nodes, place_id))
        await connection.execute(_SQL["insert_line_segments"], _columns(LineSegment, lines, place_id))
        await connection.execute(_SQL["insert_transformer_impedance"], asdict(transformer) | {"place_id": place_id})
        cursor = await connection.execute(_SQL["insert_connections"], _columns(PointConnection, connections, place_id))
        if cursor.rowcount != len(connections):
            missing = len(connections) - cursor.rowcount
            message = f"{missing} usage points are not behind this transformer, or hang on a node that is not there."
            raise InputError("network_connection", message, missing=missing)


async def nodes_of(connection: Connection, place_ids: Sequence[int]) -> list[ConnectivityNode]:
    """Return the nodes of networks, by transformer."""
    return await _of(connection, ConnectivityNode, "nodes_of", place_ids)


async def line_segments_of(connection: Connection, place_ids: Sequence[int]) -> list[LineSegment]:
    """Return the lines of networks, by transformer."""
    return await _of(connection, LineSegment, "line_segments_of", place_ids)


async def transformer_impedances_of(connection: Connection, place_ids: Sequence[int]) -> list[TransformerImpedance]:
    """Return the transformers whose network is known."""
    return await _of(connection, TransformerImpedance, "transformer_impedances_of", place_ids)


async def supplied_points_of(connection: Connection, place_ids: Sequence[int]) -> list[SuppliedPoint]:
    """Return all usage points behind transformers, by transformer and key."""
    return await _of(connection, SuppliedPoint, "supplied_points_of", place_ids)


async def meters_of_places(connection: Connection, place_ids: Sequence[int]) -> dict[str, int]:
    """Return the usage point of each meter behind transformers, by the meter's name."""
    rows = await _of(connection, MeterPoint, "meters_of_places", place_ids)
    return {row.name: row.usage_point_id for row in rows}


async def usage_points_of_devices(connection: Connection, end_device_ids: Sequence[int]) -> dict[int, int]:
    """Return the usage point of each device that stands behind one."""
    values = {"end_device_ids": list(end_device_ids)}
    rows = await all_rows(connection, DevicePoint, _SQL["usage_points_of_devices"], values)
    return {row.end_device_id: row.usage_point_id for row in rows}


async def replace_checks(
    connection: Connection, event_id: UUID, checks: Sequence[NetworkCheck], violations: Sequence[NetworkViolation]
) -> None:
    """Store the check of an event's plan instead of the one it may have had."""
    async with translated_errors(), connection.transaction(), connection.cursor() as cursor:
        await cursor.execute(_SQL["delete_checks"], {"event_id": event_id})
        if checks:
            await cursor.executemany(_SQL["insert_check"], [asdict(check) for check in checks])
        if violations:
            await cursor.executemany(_SQL["insert_violation"], [asdict(one) for one in violations])


async def checks_of_event(connection: Connection, event_id: UUID) -> list[NetworkCheck]:
    """Return the check of an event's plan, one row a transformer, by code; none where it was not checked."""
    return await all_rows(connection, NetworkCheck, _SQL["checks_of_event"], {"event_id": event_id})


async def violations_of_event(
    connection: Connection, event_id: UUID, *, most: int = MOST_VIOLATIONS
) -> list[NetworkViolation]:
    """Return limits that are not kept, by transformer, those without the plan first."""
    values = {"event_id": event_id, "most": most}
    return await all_rows(connection, NetworkViolation, _SQL["violations_of_event"], values)


async def _of(connection: Connection, row: type[Row], name: str, place_ids: Sequence[int]) -> list[Row]:
    return await all_rows(connection, row, _SQL[name], {"place_ids": list(place_ids)})


def _columns(kind: type[object], rows: Sequence[object], place_id: int) -> dict[str, object]:
    names = [field.name for field in fields(kind) if field.name != _PLACE]  # type: ignore[arg-type]  # each is a dataclass
    return {"place_id": place_id} | {name: [getattr(row, name) for row in rows] for name in names}
