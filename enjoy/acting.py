"""Connections of the periodic work, which is done for every organisation."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

from db.connection import Connection, Role
from db.datasets import act_for, list_organisations

#: Lends a connection in a role, for the time of a block; committed at its end.
Connect: TypeAlias = Callable[[Role], AbstractAsyncContextManager[Connection]]
_MOST: Final = 100_000


async def act_for_all(connection: Connection) -> None:
    """Let the transaction see and write what is any organisation's: to find work, not to do it."""
    everybody = await list_organisations(connection, limit=_MOST)
    await act_for(connection, [one.organisation_id for one in everybody])
