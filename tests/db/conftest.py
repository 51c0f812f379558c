"""Fixtures for tests of the store."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from db.connection import Connection, Role, connect
from db.databases import create_database, drop_database
from somel.embedded.services import Services
from tests.db.village import build_village

_numbers = itertools.count()


@pytest.fixture(scope="module")
def shared_url(services: Services, template_database: str) -> Iterator[str]:
    """Return the URL of one migrated database for all tests of a module that leave nothing behind."""
    name = f"shared_{os.getpid()}_{next(_numbers)}"
    yield asyncio.run(create_database(services.database_url, name, template=template_database))
    asyncio.run(drop_database(services.database_url, name))


@pytest.fixture(scope="module")
def shared_village_url(shared_url: str) -> str:
    """Return the same with a small network in it."""
    asyncio.run(build_village(shared_url))
    return shared_url


@pytest.fixture
def village_url(database_url: str) -> str:
    """Return the URL of a migrated database with a small network in it."""
    asyncio.run(build_village(database_url))
    return database_url


@pytest_asyncio.fixture
async def ingest(village_url: str) -> AsyncIterator[Connection]:
    """Connect to the village as ingest does."""
    async with await connect(village_url, Role.INGEST, autocommit=True) as connection:
        yield connection
