"""A connection that reads what the caller of a request may read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from api.context import context_of
from api.enjoy.access import caller_of
from api.enjoy.features.contracts import Collection, Contracts
from db.connection import Connection, borrow
from db.datasets import act_for


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[Connection]:
    """Lend a connection for one transaction, which acts for whoever calls.

    For strangers it acts for nobody, and each statement is a transaction by itself: two round trips less. An answer is
    then as new as its validator says, or newer, for the state of a dataset is read first.
    """
    caller = await caller_of(request)
    async with borrow(context_of(request).sharing) as connection:
        if caller.reads_for:
            await act_for(connection, caller.reads_for)
            yield connection
            return
        await connection.set_autocommit(True)
        try:
            yield connection
        finally:
            await connection.set_autocommit(False)


def contracts_of(request: Request) -> Contracts:
    """Return what the application keeps of contracts."""
    contracts: Contracts = request.app.state.contracts
    return contracts


async def collection_of(request: Request, connection: Connection) -> Collection:
    """Return the collection that an address names.

    Raises
    ------
    NotFoundError
        ``collection_unknown``.
    GoneError
        ``version_gone``.
    """
    name = request.path_params["collection"]
    return await contracts_of(request).find(connection, name, context_of(request).clock.now())
