"""A folder the servers' account can reach, kept servers in it, and Debian's mirror in miniature."""

import functools
import http.server
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from somel.embedded.hostapt import HostApt
from somel.embedded.places import Places
from somel.embedded.recipe import Recipe
from somel.embedded.services import Services

REPOSITORY = Path(__file__).parent / "repository"
LOCAL = ('Acquire::http::Proxy::127.0.0.1 "DIRECT";', 'Acquire::Retries "0";')


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder that other accounts can pass, unlike pytest's own; gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="somel-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def kept() -> Iterator[Services]:
    """Return running servers of the kind the demo uses: durable, living on when the caller ends."""
    path = Path(tempfile.mkdtemp(prefix="somel-test-"))
    path.chmod(0o755)
    services = Services(Places.from_environment(), folder=path / "kept")
    services.up()
    yield services
    services.down()
    shutil.rmtree(path)


@dataclass
class Mirror:
    """Serve the repository of this folder over HTTP and remember what was asked for."""

    address: str = ""
    requests: Counter[str] = field(default_factory=Counter)
    stalled: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def host(self, keyring: str = "archive.gpg") -> HostApt:
        """Return what a host's apt would say if it used this mirror."""
        return HostApt({"": self.address}, REPOSITORY / keyring, LOCAL)

    def packages_asked_for(self) -> dict[str, int]:
        """Return how often each package was asked for."""
        return {Path(path).name.partition("_")[0]: n for path, n in [*self.requests.items()] if path.endswith(".deb")}


class _Serving(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, mirror: Mirror, root: Path) -> None:
        self._mirror = mirror
        super().__init__(*arguments, directory=str(root))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._mirror.requests[self.path] += 1
        if self._mirror.stalled and self._mirror.stalled in self.path:
            self._mirror.released.wait(60)
        super().do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a copy of the repository that a test may spoil."""
    return Path(shutil.copytree(REPOSITORY, tmp_path / "repository"))


@pytest.fixture
def mirror(repository: Path) -> Iterator[Mirror]:
    """Return a running mirror."""
    state = Mirror()
    serving = functools.partial(_Serving, mirror=state, root=repository)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving) as server:
        server.daemon_threads = True
        state.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield state
        state.released.set()
        server.shutdown()
        thread.join()


TINY = Recipe(
    name="tiny",
    packages=("somel-test-program",),
    without=("libc6",),
    programs=(),
    aliases=(("usr/share/somel-test/extension/thing-3*", "thing-3", "thing"),),
    otherwise="Instead, do something else.",
)
