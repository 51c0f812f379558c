"""Tokens revoked for good, blocked until further notice, and free again.

With a connection they are refused, or admitted, at once. The status list says so at once of what a service does, and by
night of what a holder does, who has several services.
"""

from datetime import datetime
from uuid import UUID

from db.connection import Connection
from db.pass_tokens import Whose, block_subject
from enjoy.passes.listing import set_statuses, set_statuses_by_night
from enjoy.reader.status import BLOCKED, REVOKED, VALID

__all__ = ["BLOCKED", "REVOKED", "VALID", "set_status_of_medium", "set_status_of_subject", "set_status_of_token"]


async def set_status_of_medium(connection: Connection, medium_id: UUID, status: int, *, now: datetime) -> int:
    """Set the status of all tokens of a medium, as its holder wants it; return how many had another.

    Parameters
    ----------
    connection : Connection
        In the role that keeps passes.
    medium_id : UUID
        Medium that was lost, found or unlinked; the caller changes its row before, in the same transaction, so that no
        token is made for it meanwhile.
    status : int
        `VALID`, `REVOKED` or `BLOCKED`. What is revoked stays so; what the service blocked stays blocked.
    now : datetime
        Time.
    """
    return await set_statuses_by_night(connection, Whose(medium_id=medium_id), status, now=now)


async def set_status_of_subject(connection: Connection, subject_id: UUID, status: int, *, now: datetime) -> int:
    """Set the status of all tokens that a holder has for a service, and return how many had another.

    Notes
    -----
    Blocked, no token is made for them. Revoked, new ones may be: the holder then leaves, or their rights are others.
    """
    await block_subject(connection, subject_id, is_blocked=status == BLOCKED)
    return await set_statuses(connection, Whose(subject_id=subject_id), status, now=now)


async def set_status_of_token(connection: Connection, token_id: UUID, status: int, *, now: datetime) -> int:
    """Set the status of one token, and return how many had another: one or none."""
    return await set_statuses(connection, Whose(token_id=token_id), status, now=now)
