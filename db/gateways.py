"""What gateways say about themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.connection import Connection, translated_errors
from db.statements import statements

_SQL = statements("gateways")


@dataclass(frozen=True, slots=True)
class GatewayReport:
    """A gateway's status (online or offline) and firmware; None where it did not say."""

    gateway_id: int
    status: str | None
    firmware_version: str | None


async def report_gateways(connection: Connection, reports: Sequence[GatewayReport], *, at: datetime) -> None:
    """Store what gateways reported, in the order of `reports`; what they did not say stays as it was."""
    folded: dict[int, GatewayReport] = {}
    for report in reports:
        before = folded.get(report.gateway_id, report)
        folded[report.gateway_id] = GatewayReport(
            report.gateway_id,
            report.status or before.status,
            report.firmware_version or before.firmware_version,
        )
    parameters = {
        "gateway_ids": list(folded),
        "statuses": [report.status for report in folded.values()],
        "firmware_versions": [report.firmware_version for report in folded.values()],
        "at": at,
    }
    async with translated_errors():
        await connection.execute(_SQL["report_gateways"], parameters)
