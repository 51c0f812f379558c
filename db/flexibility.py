"""What resources say they need, and how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection
from db.rows import all_rows
from db.statements import statements

_SQL = statements("flexibility")


@dataclass(frozen=True, slots=True)
class FlexibilityReport:
    """A resource behind a gateway needs so much energy in ``[available_from, ready_by)``. [Wh, W]."""

    gateway_id: int
    resource_name: str
    reported_at: datetime
    energy_needed_wh: int
    max_power_w: int
    available_from: datetime
    ready_by: datetime


@dataclass(frozen=True, slots=True)
class StateReport:
    """How a store behind a gateway stood at a time; None where it has no battery, or nothing warm. [Wh], [degC]."""

    gateway_id: int
    resource_name: str
    reported_at: datetime
    energy_wh: int | None
    temperature_degc: float | None


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report that was stored: its position among those given, from 1."""

    position: int


async def store_flexibility(connection: Connection, reports: Sequence[FlexibilityReport]) -> set[int]:
    """Store reports, the last of a resource and time wins; return the positions, from 0, of those stored.

    A report is not stored when no enrolled resource of its name stands behind its gateway.
    """
    parameters = {
        "gateway_ids": [report.gateway_id for report in reports],
        "resource_names": [report.resource_name for report in reports],
        "reported_at": [report.reported_at for report in reports],
        "energies_needed_wh": [report.energy_needed_wh for report in reports],
        "max_powers_w": [report.max_power_w for report in reports],
        "available_from": [report.available_from for report in reports],
        "ready_by": [report.ready_by for report in reports],
    }
    rows = await all_rows(connection, StoredReport, _SQL["store_flexibility"], parameters)
    return {row.position - 1 for row in rows}


async def store_states(connection: Connection, reports: Sequence[StateReport]) -> set[int]:
    """Store how resources stand, the newest wins; return the positions, from 0, of those whose resource is known.

    A resource is known when it is enrolled under its name behind its gateway.
    """
    parameters = {
        "gateway_ids": [report.gateway_id for report in reports],
        "resource_names": [report.resource_name for report in reports],
        "reported_at": [report.reported_at for report in reports],
        "energies_wh": [report.energy_wh for report in reports],
        "temperatures_degc": [report.temperature_degc for report in reports],
    }
    rows = await all_rows(connection, StoredReport, _SQL["store_states"], parameters)
    return {row.position - 1 for row in rows}
