"""What the tests of the command line share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make an empty folder, that the servers' account can enter, the state folder of commands; gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="somel-test-"))
    path.chmod(0o755)
    monkeypatch.setenv("SOMEL_STATE_DIR", str(path))
    yield path
    shutil.rmtree(path, ignore_errors=True)
