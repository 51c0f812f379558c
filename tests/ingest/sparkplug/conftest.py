import shutil
from collections.abc import Iterator

import pytest

from core.errors import PlatformError
from core.settings import Settings
from somel.embedded.places import Places
from tests.conftest import missing
from tests.ingest.sparkplug.tahu import Tahu, ensure_tahu, tahu


@pytest.fixture(scope="session")
def peer_library(settings: Settings) -> Iterator[Tahu]:
    """Run Eclipse Tahu's library; skip, and say why, where neither npm nor a cached copy of it is there."""
    if not shutil.which("node"):
        missing(settings, "no Node.js, which Eclipse Tahu's library runs on")
    try:
        folder = ensure_tahu(Places.from_environment().cache)
    except (PlatformError, OSError) as error:
        missing(settings, f"no Sparkplug peer: {error}")
    with tahu(folder) as running:
        yield running
