"""The audit log: what was done, by whom."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.access import Needs
from api.context import Reading
from api.models import audit as told
from api.models.fields import GivenInstant
from api.models.page import Page
from api.paging import Cursor, Limit, bounded, page_of, read_before
from db.audit import NEWEST, AuditEntry, WantedEntries, newest_entries

router = APIRouter(prefix="/v1", tags=["audit"], dependencies=[Depends(Needs("read:grid"))])

_TEXT = r"^[^\x00-\x1f\x7f]+$"
OfActor = Annotated[
    str | None, Query(max_length=300, pattern=_TEXT, description="Only by this actor", examples=["token/control-room"])
]
OfAction = Annotated[
    str | None,
    Query(
        max_length=100,
        pattern=r"^[a-z_]+(\.[a-z_]+)?$",
        description="Only this action, or its noun alone",
        examples=["event.approved"],
    ),
]
OfSubject = Annotated[
    str | None,
    Query(
        max_length=300,
        pattern=_TEXT,
        description="Only to this subject",
        examples=["event/3f2b8c1e-5d0a-4f43-9a53-6f7d0a1b2c3d"],
    ),
]
Since = Annotated[GivenInstant | None, Query(description="Only done then or later", examples=["2026-01-15T00:00:00Z"])]
Until = Annotated[GivenInstant | None, Query(description="Only done before then", examples=["2026-01-16T00:00:00Z"])]


@router.get("/audit")
async def get_audit(
    request: Request,
    connection: Reading,
    *,
    actor: OfActor = None,
    action: OfAction = None,
    subject: OfSubject = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.AuditEntry]:
    """List what was done, the newest first; `somel audit verify` tells whether the list is whole."""
    before = read_before(cursor, NEWEST)
    wanted = WantedEntries(actor, action, subject, since, until)
    rows = await newest_entries(connection, wanted, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=_told, key=lambda row: [row.number])


def _told(entry: AuditEntry) -> told.AuditEntry:
    return told.AuditEntry(
        number=entry.number,
        at=entry.at,
        recorded_at=entry.recorded_at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        facts=json.loads(entry.content)["facts"],
        previous_hash=entry.previous_hash.hex(),
        hash=entry.hash.hex(),
    )
