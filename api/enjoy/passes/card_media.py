"""What holders show: media linked, lost, found, replaced and unlinked, and cards made known at services."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.context import InContext
from api.enjoy.passes.holding import Holder, Holding, HoldsCard, note_acting
from api.enjoy.passes.secret import offered_secret
from api.models.card_media import MediumNamed, MediumOf, MediumWanted, Replacement, SerialLinked
from core.errors import InputError
from db import media as store
from db.connection import Connection
from enjoy.passes import media

router = APIRouter(prefix="/v1/card", tags=["cards"])


async def _told(connection: Connection, holder: Holder) -> list[MediumOf]:
    known = await store.serials_of(connection, holder.holder_id)
    return [
        MediumOf(
            medium=one.medium_id,
            kind=one.kind,
            label=one.label,
            status=one.status,
            replaced_by=one.replaced_by,
            created_on=one.created_on,
            ended_on=one.ended_on,
            services=[serial.service for serial in known if serial.medium_id == one.medium_id],
        )
        for one in await store.media_of(connection, holder.holder_id)
    ]


async def _one(connection: Connection, holder: Holder, medium: UUID) -> MediumOf:
    return next(one for one in await _told(connection, holder) if one.medium == medium)


def _fit(kind: str, serial: str | None) -> None:
    if serial is not None and kind != "card":
        raise InputError("serial_not_fitting", "Only a card has a serial.", field="serial")


@router.get("/media")
async def get_media(holder: HoldsCard, connection: Holding) -> list[MediumOf]:
    """List cards, codes on paper and phones."""
    return await _told(connection, holder)


@router.post("/media", status_code=HTTPStatus.CREATED)
async def post_medium(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, body: MediumWanted
) -> MediumOf:
    """Link a medium. A card is made known by its serial wherever you joined; the serial is kept nowhere."""
    _fit(body.kind, body.serial)
    made = await media.add_medium(connection, holder.holder_id, body.kind, body.label, now=context.wall.now())
    if body.serial is not None:
        secret = offered_secret(context.settings)
        await media.link_serial(connection, secret, holder.holder_id, made, body.serial, None)
    await note_acting(connection, request, holder, "medium", "linked")
    return await _one(connection, holder, made)


@router.post("/serials")
async def post_serial(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, body: SerialLinked
) -> MediumOf:
    """Make a card known at further services, by its serial, which is asked for again: it is kept nowhere."""
    secret = offered_secret(context.settings)
    await media.link_serial(connection, secret, holder.holder_id, body.medium, body.serial, body.services)
    await note_acting(connection, request, holder, "medium", "serial given")
    return await _one(connection, holder, body.medium)


@router.patch("/media/{medium}")
async def patch_medium(holder: HoldsCard, connection: Holding, medium: UUID, body: MediumNamed) -> MediumOf:
    """Say what a medium is called."""
    await media.own_medium(connection, holder.holder_id, medium)
    await store.label_medium(connection, medium, body.label)
    return await _one(connection, holder, medium)


@router.post("/media/{medium}/lost")
async def post_lost(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, medium: UUID
) -> MediumOf:
    """Let a medium be refused until it is found again: at once with a connection, elsewhere from the next night on."""
    await media.lose(connection, holder.holder_id, medium, now=context.wall.now())
    await note_acting(connection, request, holder, "medium", "lost")
    return await _one(connection, holder, medium)


@router.post("/media/{medium}/found")
async def post_found(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, medium: UUID
) -> MediumOf:
    """Let a medium that was lost be accepted again: at once with a connection, elsewhere from the next night on."""
    await media.find_again(connection, holder.holder_id, medium, now=context.wall.now())
    await note_acting(connection, request, holder, "medium", "found")
    return await _one(connection, holder, medium)


@router.post("/media/{medium}/replacement", status_code=HTTPStatus.CREATED)
async def post_replacement(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, medium: UUID, body: Replacement
) -> MediumOf:
    """Let another medium take the place of one, which is revoked for good; rights stay with the holder."""
    _fit(body.kind, body.serial)
    made = await media.replace_medium(
        connection,
        offered_secret(context.settings),
        holder.holder_id,
        medium,
        kind=body.kind,
        serial=body.serial,
        now=context.wall.now(),
    )
    await note_acting(connection, request, holder, "medium", "replaced")
    return await _one(connection, holder, made)


@router.delete("/media/{medium}", status_code=HTTPStatus.NO_CONTENT)
async def delete_medium(
    request: Request, context: InContext, holder: HoldsCard, connection: Holding, medium: UUID
) -> Response:
    """Unlink a medium for good: readers refuse it from their next list on."""
    await media.unlink(connection, holder.holder_id, medium, now=context.wall.now())
    await note_acting(connection, request, holder, "medium", "unlinked")
    return Response(status_code=HTTPStatus.NO_CONTENT)
