"""What a VEN's report does beside being kept: ingest is to read it, and its opt-outs end commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from db import audit
from db.connection import Connection
from db.openadr import OpenadrObject
from db.openadr_links import opt_out, queue_report

_OPERATING_STATE: Final = "OPERATING_STATE"
#: As CTA-2045 devices say it.
_OPTED_OUT: Final = frozenset({"IDLE_OPTED_OUT", "RUNNING_OPTED_OUT"})


async def take_up(connection: Connection, report: OpenadrObject, *, now: datetime) -> None:
    """Queue a report that was just stored for ingest, and honour the opt-outs that it says; in its transaction."""
    await queue_report(connection, report.object_id)
    names = opted_out(report.content)
    if not names or report.event_id is None or report.client_id is None:
        return
    client_id = report.client_id
    for command_id in await opt_out(connection, event_id=report.event_id, client_id=client_id, names=names, now=now):
        await audit.record(
            connection,
            at=now,
            actor=f"ven/{client_id}",
            action="command.opted_out",
            subject=f"command/{command_id}",
            facts={"report": report.object_id},
        )


def opted_out(content: Mapping[str, Any]) -> list[str]:
    """Return the resources whose newest operating state in a report is that they opted out.

    Examples
    --------
    >>> payload = {"type": "OPERATING_STATE", "values": ["IDLE_OPTED_OUT"]}
    >>> opted_out({"resources": [{"resourceName": "tank", "intervals": [{"id": 0, "payloads": [payload]}]}]})
    ['tank']
    """
    names = []
    for resource in content["resources"]:
        states = [
            payload["values"][0]
            for interval in resource["intervals"]
            for payload in interval["payloads"]
            if payload["type"] == _OPERATING_STATE and payload["values"]
        ]
        if states and states[-1] in _OPTED_OUT:
            names.append(resource["resourceName"])
    return names
