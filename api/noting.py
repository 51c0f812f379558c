"""Notes of what a request reads of a single usage point, for the access log."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request

from api.access import Caller, actor_of, caller_of
from api.context import Context, context_of
from db.personal_access import NewAccess

Purpose = Annotated[
    str,
    Header(
        alias="Somel-Purpose",
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="Why personal data is read, for the access log",
        examples=["complaint 2026/117"],
    ),
]


class Reads:
    """Note reads of one request."""

    def __init__(self, context: Context, caller: Caller, purpose: str) -> None:
        self._context = context
        self._caller = caller
        self._purpose = purpose

    def note(
        self, usage_point_id: int, subject: str, start: datetime | None = None, end: datetime | None = None
    ) -> None:
        """Note that the caller reads something of a usage point, perhaps of a span.

        Raises
        ------
        RetryableError
            ``access_log_full``.
        """
        now = self._context.clock.now()
        access = NewAccess(now, actor_of(self._caller), usage_point_id, subject, self._purpose, start, end)
        self._context.access_log.note(access)


async def _reads(
    request: Request, caller: Annotated[Caller, Depends(caller_of)], purpose: Purpose = "operation"
) -> Reads:
    return Reads(context_of(request), caller, purpose)


#: What a route tells of what it reads of a single usage point.
NotesReads = Annotated[Reads, Depends(_reads)]
