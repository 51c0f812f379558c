from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from tests.ingest.files.loading import village
from tests.ingest.registered import Territory


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with village(database_url) as made:
        yield made


@pytest.fixture
def paris() -> ZoneInfo:
    return ZoneInfo("Europe/Paris")
