"""Erasure: what may be deleted is, what is kept is said with its reason, and what comes again is erased again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.clock import Clock
from core.errors import InputError, NotFoundError
from db.audit import record
from db.calls import take_back_of_resource
from db.connection import Connection, Role
from db.consents import usage_point_ids
from db.person import PersonalTable, erase_again, erase_usage_point, personal_tables
from db.resources import end_consent, resources_at
from enjoy.acting import Connect


@dataclass(frozen=True, slots=True)
class Erasure:
    """Tell what was deleted, by table, and which tables are kept for which reason."""

    deleted: dict[str, int]
    kept: dict[str, str]


async def erase_person(
    connection: Connection, usage_point_key: UUID, before_at: datetime, *, actor: str, now: datetime
) -> Erasure:
    """Erase what is stored of a usage point of before a time, in the caller's transaction.

    Parameters
    ----------
    connection : Connection
        In the role that computes.
    usage_point_key : UUID
        Pseudonym; afterwards the usage point has another, so that nothing that was given away leads to it.
    before_at : datetime
        When the customer left, or now; what is newer is the next customer's.
    actor : str
        Who erases.
    now : datetime
        Time.

    Raises
    ------
    InputError
        ``erasure_in_future``.
    NotFoundError
        ``usage_point_unknown``.

    Notes
    -----
    Sums of places stay as they are, for they are no one's: published ones are of k or more by their making, those of
    the operator are not made again unless a value of the same half-hour comes late.
    """
    if before_at > now:
        raise InputError("erasure_in_future", "What is not measured yet cannot be erased.", field="before")
    usage_point_id = (await usage_point_ids(connection, [usage_point_key])).get(usage_point_key)
    if usage_point_id is None:
        raise NotFoundError("usage_point_unknown", f"There is no usage point {usage_point_key}.")
    async with connection.transaction():
        for end_device_id in await resources_at(connection, usage_point_id):
            if await end_consent(connection, end_device_id, how="paper", actor=actor, now=now) is not None:
                await take_back_of_resource(
                    connection, end_device_id, event_id=None, reason="consent_withdrawn", now=now
                )
        deleted = await erase_usage_point(connection, usage_point_id, before_at, actor=actor, now=now)
        # Under the old pseudonym, which leads nowhere any more: the entry stays for ever.
        facts = {"before": before_at, "deleted": deleted}
        subject = f"usage_point/{usage_point_key}"
        await record(connection, at=now, actor=actor, action="person.erased", subject=subject, facts=facts)
        tables: list[PersonalTable] = await personal_tables(connection)
    return Erasure(deleted, {one.name: one.reason for one in tables if one.on_erasure == "kept"})


async def keep_erased(open_connection: Connect, clock: Clock) -> int:
    """Erase what came again of what was erased, such as values that a gateway delivered once more; return how many."""
    del clock
    async with open_connection(Role.COMPUTE) as connection:
        return await erase_again(connection)
