"""What people agreed to, what is stored of them, and who looked at it."""

from collections.abc import Iterator
from typing import IO, Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from api.access import Caller, Needs, actor_of
from api.context import InContext, Lasting, Reading, Writing
from api.models import privacy as told
from api.models.fields import GivenInstant
from api.models.page import Page
from api.noting import NotesReads
from api.paging import Cursor, Limit, bounded, page_of, read_before
from api.routes.parameters import usage_point_id_of
from db.consents import NewUsagePointConsent, UsagePointConsent
from db.personal_access import NEWEST, WantedAccesses, list_accesses
from enjoy.privacy.consent import consents_of, give, withdraw
from enjoy.privacy.erasure import erase_person
from enjoy.privacy.export import export_person, record_export

_TEXT: Final = r"^[^\x00-\x1f\x7f]+$"
_PIECE: Final = 65_536
Officer = Annotated[Caller, Depends(Needs("privacy"))]
router = APIRouter(prefix="/v1", tags=["privacy"], dependencies=[Depends(Needs("privacy"))])

Key = Annotated[UUID, Path(description="Pseudonymous key", examples=["8f14e45f-ceea-467f-a9d1-2c4b1f0c7a11"])]
OfPoint = Annotated[UUID | None, Query(description="Only of this usage point, by pseudonym")]
OfActor = Annotated[
    str | None, Query(max_length=300, pattern=_TEXT, description="Only by this actor", examples=["token/control-room"])
]
Since = Annotated[GivenInstant | None, Query(description="Only then or later", examples=["2026-01-15T00:00:00Z"])]
Until = Annotated[GivenInstant | None, Query(description="Only before then", examples=["2026-01-16T00:00:00Z"])]
Before = Annotated[
    GivenInstant | None, Query(description="When the customer left; left out: now", examples=["2026-01-15T00:00:00Z"])
]
_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}, "example": "PK"}},
        "description": "ZIP of JSON lines, values also as CSV",
    }
}


@router.get("/usage-points/{key}/consents")
async def get_consents(connection: Reading, key: Key) -> told.Consents:
    """List what was agreed to at a usage point and until when, for whatever purpose, the newest first."""
    return told.Consents(items=[_told(one) for one in await consents_of(connection, key)])


@router.put("/usage-points/{key}/consent")
async def put_consent(
    context: InContext, connection: Writing, caller: Officer, key: Key, body: told.NewConsent
) -> told.Consents:
    """Record that the customer agrees; where a consent for the purpose holds already, nothing changes."""
    digest = None if body.proof_sha256 is None else bytes.fromhex(body.proof_sha256)
    consent = NewUsagePointConsent(key, body.purpose, body.text_version, body.given_at, body.how, body.proof, digest)
    await give(connection, consent, actor=actor_of(caller), now=context.clock.now())
    return told.Consents(items=[_told(one) for one in await consents_of(connection, key)])


@router.delete("/usage-points/{key}/consent")
async def delete_consent(
    context: InContext,
    connection: Writing,
    caller: Officer,
    *,
    key: Key,
    purpose: Annotated[str, Query(pattern="^[a-z]{1,20}$", description="What for", examples=["enjoy"])] = "enjoy",
    how: Annotated[told.How, Query(description="How they said so", examples=["online"])] = "online",
) -> told.Consents:
    """Record that the customer no longer agrees: nothing is published with them from now on."""
    await withdraw(connection, key, purpose, how=how, actor=actor_of(caller), now=context.clock.now())
    return told.Consents(items=[_told(one) for one in await consents_of(connection, key)])


@router.get("/usage-points/{key}/export", responses=_ZIP, response_class=StreamingResponse)
async def get_export(
    context: InContext,
    connection: Lasting,
    caller: Officer,
    reads: NotesReads,
    key: Key,
) -> StreamingResponse:
    """Export everything that is stored of a usage point as a ZIP of JSON lines, with a manifest."""
    now = context.clock.now()
    reads.note(await usage_point_id_of(connection, key), "export")
    archive = await export_person(connection, key, now=now)
    async with context.writers.connection() as writing:
        await record_export(writing, key, actor=actor_of(caller), now=now)
    headers = {"Content-Disposition": f'attachment; filename="{key}.zip"'}
    return StreamingResponse(
        _pieces(archive), media_type="application/zip", headers=headers, background=BackgroundTask(archive.close)
    )


@router.delete("/usage-points/{key}/data")
async def delete_data(
    context: InContext, connection: Writing, caller: Officer, key: Key, before: Before = None
) -> told.Erasure:
    """Erase what is stored of a usage point of before a time, and tell what is kept and why. It cannot be undone."""
    now = context.clock.now()
    erased = await erase_person(connection, key, before or now, actor=actor_of(caller), now=now)
    return told.Erasure(deleted=erased.deleted, kept=erased.kept)


@router.get("/access-log")
async def get_access_log(
    request: Request,
    connection: Reading,
    *,
    usage_point: OfPoint = None,
    actor: OfActor = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[told.Access]:
    """List who read what is stored of single usage points, the newest first."""
    before = read_before(cursor, NEWEST)
    wanted = WantedAccesses(usage_point, actor, since, until)
    rows = await list_accesses(connection, wanted, limit=bounded(limit) + 1, before=before)
    return page_of(request, rows, limit, item=told.Access.model_validate, key=lambda row: [row.personal_access_id])


def _told(one: UsagePointConsent) -> told.Consent:
    digest = None if one.proof_sha256 is None else one.proof_sha256.hex()
    return told.Consent(
        purpose=one.purpose,
        resource=one.resource,
        text_version=one.text_version,
        given_at=one.given_at,
        given_by=one.given_by,
        given_how=one.given_how,
        proof=one.proof,
        proof_sha256=digest,
        recorded_at=one.recorded_at,
        withdrawn_at=one.withdrawn_at,
        withdrawn_by=one.withdrawn_by,
        withdrawn_how=one.withdrawn_how,
    )


def _pieces(archive: IO[bytes]) -> Iterator[bytes]:
    yield from iter(lambda: archive.read(_PIECE), b"")
