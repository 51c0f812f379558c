"""How gateways are: what they and their last wills say, as it changes, and as it is looked up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from db.connection import Connection, translated_errors
from db.rows import all_rows, one_row
from db.statements import statements

_SQL = statements("gateways")

#: Changes that are kept of each gateway.
CHANGES_KEPT: Final = 200
#: After every change.
NEWEST: Final = 2**63 - 1
#: A device's time further ahead than this tells nothing about what came first.
_AHEAD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """What a gateway, or its last will, said; None where it did not say.

    Attributes
    ----------
    gateway_id : int
        Gateway.
    status : str or None
        online or offline.
    said_at : datetime or None
        Since when, in the device's time; a last will carries the time of the connection that it belongs to, or none.
    is_retained : bool
        Whether the broker had kept it and gave it for subscribing: it may be older than what is known.
    firmware_version, specification, hardware : str or None
        What it runs, follows and is.
    report_interval_s : int or None
        Longest time between two of its messages when all is well. [s]
    """

    gateway_id: int
    status: str | None = None
    said_at: datetime | None = None
    is_retained: bool = False
    firmware_version: str | None = None
    specification: str | None = None
    hardware: str | None = None
    report_interval_s: int | None = None


@dataclass(frozen=True, slots=True)
class GatewayState:
    """A gateway's status, when it got it, and the device time of what it said last."""

    gateway_id: int
    status: str
    status_at: datetime | None
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class GatewayChange:
    """A change to online or offline; its cause is said (by the gateway itself) or lost (by its last will)."""

    gateway_id: int
    status: str
    cause: str
    changed_at: datetime
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A gateway as it is shown."""

    gateway_id: int
    name: str
    shard: int
    status: str
    status_at: datetime | None
    heard_at: datetime | None
    is_silent: bool
    changes_last_hour: int
    is_flapping: bool
    firmware_version: str | None
    hardware: str | None
    specification: str | None
    report_interval_s: int
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class GatewayChangeRow:
    """A change as it is shown."""

    gateway_change_id: int
    status: str
    cause: str
    changed_at: datetime
    said_at: datetime | None


async def report_gateways(connection: Connection, reports: Sequence[GatewayReport], *, at: datetime) -> None:
    """Store what gateways reported, in the order of `reports`, and each change between online and offline."""
    async with translated_errors(), connection.transaction():
        states = [report for report in reports if report.status is not None]
        if states:
            await _store_states(connection, states, at)
        await connection.execute(_SQL["set_gateway_facts"], _facts(reports))


async def _store_states(connection: Connection, reports: Sequence[GatewayReport], at: datetime) -> None:
    gateway_ids = sorted({report.gateway_id for report in reports})
    found = await all_rows(connection, GatewayState, _SQL["lock_gateways"], {"gateway_ids": gateway_ids})
    before = {state.gateway_id: state for state in found}
    after, changes = dict(before), []
    for report in reports:
        if report.gateway_id in after:  # it may have been removed a moment ago
            after[report.gateway_id], change = judge_state(after[report.gateway_id], report, at)
            changes += [change] if change else []
    moved = [state for key, state in after.items() if state != before[key]]
    if moved:
        await connection.execute(_SQL["set_gateway_states"], _states(moved))
    if changes:
        await connection.execute(_SQL["insert_gateway_changes"], _changes(changes))
        changed = sorted({change.gateway_id for change in changes})
        await connection.execute(_SQL["trim_gateway_changes"], {"gateway_ids": changed, "kept": CHANGES_KEPT})


def judge_state(known: GatewayState, report: GatewayReport, at: datetime) -> tuple[GatewayState, GatewayChange | None]:
    """Return a gateway's state after a report, and the change that it makes, if any.

    What comes as it is published is news, unless it says an older time than what is known. What the broker had kept is
    believed only when it says a later time, or when nothing is known: it may have been overtaken. A last will that says
    the time of its connection ends that connection and no later one.
    """
    status = report.status or known.status
    said_at = report.said_at if report.said_at is None or report.said_at <= at + _AHEAD else None
    if not _is_news(known, status, said_at, is_retained=report.is_retained):
        return known, None
    newest = said_at or known.said_at
    if status == known.status:
        return replace(known, said_at=newest), None
    is_will = status == "offline" and (said_at is None or said_at == known.said_at)
    change = GatewayChange(known.gateway_id, status, "lost" if is_will else "said", at, said_at)
    return GatewayState(known.gateway_id, status, at, newest), change


def _is_news(known: GatewayState, status: str, said_at: datetime | None, *, is_retained: bool) -> bool:
    if known.status == "unknown":
        return True
    if said_at is None or known.said_at is None:
        return not is_retained
    if is_retained:
        return (said_at, status == "offline") > (known.said_at, known.status == "offline")
    return said_at >= known.said_at


async def list_gateways(
    connection: Connection,
    *,
    now: datetime,
    limit: int,
    after: str = "",
    name: str | None = None,
    status: str | None = None,
    shard: int | None = None,
) -> list[GatewayRow]:
    """Return gateways by name.

    Parameters
    ----------
    connection : Connection
        In any role that reads.
    now : datetime
        Time.
    limit : int
        Most rows.
    after : str, default ""
        Name after which the list goes on.
    name, shard
        Only the gateway of this name, only those of this shard.
    status : str, optional
        Only those that are unknown, online, offline, silent or flapping.
    """
    parameters = {"now": now, "limit": limit, "after": after, "name": name, "status": status, "shard": shard}
    return await all_rows(connection, GatewayRow, _SQL["list_gateways"], parameters)


async def find_gateway(connection: Connection, name: str, *, now: datetime) -> GatewayRow | None:
    """Return a gateway by its name."""
    parameters = {"now": now, "limit": 1, "after": "", "name": name, "status": None, "shard": None}
    return await one_row(connection, GatewayRow, _SQL["list_gateways"], parameters)


async def gateway_changes(
    connection: Connection, gateway_id: int, *, limit: int, before: int = NEWEST
) -> list[GatewayChangeRow]:
    """Return a gateway's changes between online and offline, the newest first."""
    parameters = {"gateway_id": gateway_id, "limit": limit, "before": before}
    return await all_rows(connection, GatewayChangeRow, _SQL["gateway_changes"], parameters)


def _facts(reports: Iterable[GatewayReport]) -> dict[str, object]:
    folded: dict[int, GatewayReport] = {}
    for report in reports:
        before = folded.get(report.gateway_id, report)
        folded[report.gateway_id] = replace(
            report,
            firmware_version=report.firmware_version or before.firmware_version,
            specification=report.specification or before.specification,
            hardware=report.hardware or before.hardware,
            report_interval_s=report.report_interval_s or before.report_interval_s,
        )
    said = folded.values()
    return {
        "gateway_ids": list(folded),
        "firmware_versions": [report.firmware_version for report in said],
        "specifications": [report.specification for report in said],
        "hardwares": [report.hardware for report in said],
        "report_intervals_s": [report.report_interval_s for report in said],
    }


def _states(states: Sequence[GatewayState]) -> dict[str, object]:
    return {
        "gateway_ids": [state.gateway_id for state in states],
        "statuses": [state.status for state in states],
        "status_ats": [state.status_at for state in states],
        "said_ats": [state.said_at for state in states],
    }


def _changes(changes: Sequence[GatewayChange]) -> dict[str, object]:
    return {
        "gateway_ids": [change.gateway_id for change in changes],
        "statuses": [change.status for change in changes],
        "causes": [change.cause for change in changes],
        "changed_ats": [change.changed_at for change in changes],
        "said_ats": [change.said_at for change in changes],
    }
