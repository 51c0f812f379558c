"""A filled catalogue, as its callers have it."""

import pytest

from tests.api.enjoy.catalogue.filled import fill
from tests.api.enjoy.conftest import Callers


@pytest.fixture
async def shelf(callers: Callers) -> Callers:
    """Fill the catalogue, and return who may ask."""
    await fill(callers.url)
    return callers
