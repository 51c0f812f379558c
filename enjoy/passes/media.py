"""Cards, codes on paper and phones: linked, lost, found, replaced and unlinked; rights stay the holder's meanwhile."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.errors import ConflictError, NotFoundError
from db import media as store
from db.connection import Connection
from db.holders import hold_holder
from db.joined import Joined, joined_of
from db.media import Medium, MediumKind
from enjoy.passes.ages import today_at
from enjoy.passes.revoking import BLOCKED, REVOKED, VALID, set_status_of_medium
from enjoy.passes.secret import PassSecret
from enjoy.passes.serials import serial_of

#: Media that a holder has at a time.
_MOST: Final = 20


async def add_medium(connection: Connection, holder_id: UUID, kind: MediumKind, label: str, *, now: datetime) -> UUID:
    """Store a medium and return its key; a card's serial is linked by `link_serial`.

    Raises
    ------
    ConflictError
        ``media_spent``.
    """
    await hold_holder(connection, holder_id)
    if await store.count_media(connection, holder_id) >= _MOST:
        raise ConflictError("media_spent", f"A holder has {_MOST} media at most; unlink one first.")
    return await store.insert_medium(connection, holder_id, kind, label, today=today_at(now))


async def own_medium(connection: Connection, holder_id: UUID, medium_id: UUID) -> Medium:
    """Return a holder's medium that was not revoked, and keep others from changing it.

    Raises
    ------
    NotFoundError
        ``medium_unknown``: there is none, or it is another's; which one is not told.
    ConflictError
        ``medium_revoked``.
    """
    await hold_holder(connection, holder_id)
    found = await store.hold_medium(connection, holder_id, medium_id)
    if found is None:
        raise NotFoundError("medium_unknown", "You have no such medium.")
    if found.status == "revoked":
        raise ConflictError("medium_revoked", "The medium was unlinked or replaced, for good.")
    return found


async def link_serial(
    connection: Connection,
    secret: PassSecret,
    holder_id: UUID,
    medium_id: UUID,
    serial: str,
    services: Collection[str] | None,
) -> list[str]:
    """Make a card known, by its serial, at services that its holder joined, and return their names.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    secret : PassSecret
        What serials are hashed under, for each service differently.
    holder_id, medium_id : UUID
        Holder, and their card.
    serial : str
        As printed or read; it is kept nowhere, so that it is asked for again for each further service.
    services : collection of str or None
        Names; None: all that they joined.

    Raises
    ------
    InputError
        ``serial_malformed``.
    NotFoundError
        ``medium_unknown``, or ``service_not_joined``.
    ConflictError
        ``medium_revoked``; ``medium_not_card``; ``card_serial_other`` where the card is known by another serial
        already; ``card_linked_already`` where it is another holder's, or another medium, at one of the services.
    """
    plain = serial_of(serial)
    medium = await own_medium(connection, holder_id, medium_id)
    if medium.kind != "card":
        raise ConflictError("medium_not_card", "Only a card has a serial.")
    for known in await store.serials_of(connection, holder_id):
        if known.medium_id == medium_id and secret.serial_hmac(known.service_id, plain) != known.serial_hmac:
            message = "That is not the serial by which this card is known: replace the card, or look again."
            raise ConflictError("card_serial_other", message)
    chosen = _chosen(await joined_of(connection, holder_id), services)
    for one in chosen:
        hashed = secret.serial_hmac(one.service_id, plain)
        if not await store.link_serial(
            connection, one.service_id, hashed, medium_id=medium_id, subject_id=one.subject_id
        ):
            raise ConflictError(
                "card_linked_already", "The card is linked already; a desk that sees it in your hand can free it."
            )
    return [one.service for one in chosen]


def _chosen(joined: Sequence[Joined], services: Collection[str] | None) -> list[Joined]:
    if services is None:
        return list(joined)
    by_name = {one.service: one for one in joined}
    missing = sorted(set(services) - set(by_name))
    if missing:
        raise NotFoundError("service_not_joined", f"You did not join {missing[0]}.", services=missing)
    return [by_name[name] for name in dict.fromkeys(services)]


async def lose(connection: Connection, holder_id: UUID, medium_id: UUID, *, now: datetime) -> None:
    """Let a medium be refused until it is found."""
    await own_medium(connection, holder_id, medium_id)
    await store.set_medium(connection, medium_id, "blocked", today=today_at(now))
    await set_status_of_medium(connection, medium_id, BLOCKED, now=now)


async def find_again(connection: Connection, holder_id: UUID, medium_id: UUID, *, now: datetime) -> None:
    """Let a medium be accepted again."""
    await own_medium(connection, holder_id, medium_id)
    await store.set_medium(connection, medium_id, "active", today=today_at(now))
    await set_status_of_medium(connection, medium_id, VALID, now=now)


async def unlink(
    connection: Connection, holder_id: UUID, medium_id: UUID, *, now: datetime, replaced_by: UUID | None = None
) -> None:
    """Revoke a medium for good, its tokens with it, and forget its serials."""
    await own_medium(connection, holder_id, medium_id)
    await store.set_medium(connection, medium_id, "revoked", today=today_at(now), replaced_by=replaced_by)
    await store.delete_serials(connection, medium_id=medium_id)
    await set_status_of_medium(connection, medium_id, REVOKED, now=now)


async def replace_medium(
    connection: Connection,
    secret: PassSecret,
    holder_id: UUID,
    medium_id: UUID,
    *,
    kind: MediumKind,
    serial: str | None,
    now: datetime,
) -> UUID:
    """Let another medium take the place of one, which is revoked, and return its key; rights are the holder's still.

    A new card is known at the services at which the one before was, at all that were joined where there was no card.

    Raises
    ------
    ConflictError
        As `link_serial`, and ``medium_revoked``.
    """
    before = await own_medium(connection, holder_id, medium_id)
    known = [one.service for one in await store.serials_of(connection, holder_id) if one.medium_id == medium_id]
    made = await store.insert_medium(connection, holder_id, kind, before.label, today=today_at(now))
    await unlink(connection, holder_id, medium_id, now=now, replaced_by=made)
    if serial is not None:
        await link_serial(connection, secret, holder_id, made, serial, known or None)
    return made
