"""Everything that is held of a holder, and leaving: what says who they were goes, what others count on stays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import ConflictError
from db import holders as store
from db.connection import Connection
from db.families import guardians_of, wards_of
from db.media import media_of
from enjoy.passes.ages import MAJORITY, has_reached, today_at
from enjoy.passes.revoking import REVOKED, set_status_of_medium


@dataclass(frozen=True, slots=True)
class HeldTable:
    """Tell of one table what it is, what becomes of it when the holder leaves, and its rows."""

    name: str
    reason: str
    on_leaving: str
    rows: list[dict[str, Any]]


async def everything_held(connection: Connection, holder_id: UUID) -> list[HeldTable]:
    """Return all that is held of a holder, by table; hashes of secrets and other people's numbers are left out."""
    rows = await store.held_of(connection, holder_id)
    known = {one.name: one for one in reversed(await store.personal_tables(connection)) if one.reaches != "nobody"}
    return [HeldTable(name, known[name].reason, known[name].on_leaving, rows[name]) for name in sorted(rows)]


async def leave_all(connection: Connection, holder_id: UUID, *, now: datetime) -> list[store.PersonalTable]:
    """Forget a holder, and return what is kept, and why.

    Raises
    ------
    ConflictError
        ``last_guardian`` where a child would be left that does not sign in and for whom nobody else acts.
    """
    await store.hold_holder(connection, holder_id)
    for ward in await wards_of(connection, holder_id):
        await store.hold_holder(connection, ward.child_id)
        is_minor = not has_reached(ward.born_on, MAJORITY, now)
        if is_minor and not ward.signs_in and len(await guardians_of(connection, ward.child_id)) == 1:
            message = "Nobody else acts for a child of yours: invite another guardian, or leave for the child first."
            raise ConflictError("last_guardian", message)
    for medium in await media_of(connection, holder_id):
        await set_status_of_medium(connection, medium.medium_id, REVOKED, now=now)
    await store.erase_holder(connection, holder_id, today=today_at(now))
    return [one for one in await store.personal_tables(connection) if one.on_leaving != "deleted"]
