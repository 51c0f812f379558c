"""Real servers for every test: one PostgreSQL and one broker a session, one fresh database a test."""

import asyncio
import contextlib
import faulthandler
import itertools
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import hypothesis
import pytest
import structlog

from core.errors import PlatformError
from core.settings import Settings, read_settings
from db.databases import create_database, drop_database
from db.migrate import migrate
from somel.embedded.browser import ensure_browser
from somel.embedded.places import Places
from somel.embedded.services import Services
from somel.embedded.throwaway import throwaway_services
from tests.support.measuring import unmeasured
from tests.support.standstill import GRACE_S, no_standstill, read_words, words_file

TEMPLATE = "somel_template"
# How long an example takes says nothing where other tests run on the same processors.
hypothesis.settings.register_profile("beside-others", deadline=None)
hypothesis.settings.load_profile("beside-others")
_WORDS = pytest.StashKey[Path]()
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def logs_of_its_own() -> Iterator[None]:
    """Forget after each test how a command that it ran in this process had set up the logs."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Return the settings of the test run itself."""
    return read_settings()


@pytest.fixture(scope="session")
def services(announcement: None, settings: Settings) -> Iterator[Services]:
    """Run a throw-away PostgreSQL and Mosquitto; the first run on a machine fetches them."""
    del announcement
    with ExitStack() as stack:
        try:
            running = stack.enter_context(throwaway_services(Places.from_environment()))
        except PlatformError as error:
            missing(settings, f"no servers: {error.message}")
        yield running


@pytest.fixture(scope="session")
def browser_program(settings: Settings) -> Path:
    """Return a Chromium: the machine's own, else one that is fetched privately the first time."""
    try:
        return ensure_browser(Places.from_environment())
    except PlatformError as error:
        missing(settings, f"no browser: {error.message}")


def missing(settings: Settings, reason: str) -> NoReturn:
    """Skip a test for want of something, and say why; where everything must be there, fail it."""
    (pytest.fail if settings.require_all else pytest.skip)(reason)


class HeardAtOnce:
    """Name a test that fails at once, for a run cut short never comes to its list; and say why a process died."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._reporter.ensure_newline()
            self._reporter.write_line(f"{report.nodeid} failed in its {report.when}")

    def pytest_testnodedown(self, node: Any, error: object) -> None:
        words = read_words(words_file(node.workerinput["testrunuid"], node.gateway.id))
        if error and words:
            self._reporter.ensure_newline()
            self._reporter.write_line(words)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: left to the end, they would keep one process waiting for the other."""
    takes_s: dict[Path, float] = {}
    for item in items:
        marker = item.get_closest_marker("slow")
        takes_s[item.path] = max(takes_s.get(item.path, 0.0), marker.args[0] if marker else 0.0)
    items.sort(key=lambda item: -takes_s[item.path])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End a test that its own limit cannot end; measure no coverage by a slow one, nor by one in a browser."""
    marker = item.get_closest_marker("timeout")
    limit_s = float(marker.args[0] if marker else item.config.getini("timeout"))
    with ExitStack() as stack:
        stack.enter_context(no_standstill(item.nodeid, limit_s + GRACE_S, item.config.stash.get(_WORDS, None)))
        if item.get_closest_marker("slow") or item.get_closest_marker("browser"):
            stack.enter_context(unmeasured())
        return (yield)


@pytest.hookimpl(trylast=True)  # after pytest has chosen its own file for what crashes say
def pytest_configure(config: pytest.Config) -> None:
    """Have a test process of several leave its last words where they are found, those of a crash too."""
    run, process = os.environ.get("PYTEST_XDIST_TESTRUNUID"), os.environ.get("PYTEST_XDIST_WORKER")
    if run and process:
        words = config.stash[_WORDS] = words_file(run, process)
        stream = words.open("a")
        faulthandler.enable(stream)
        config.add_cleanup(stream.close)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where tests run in several processes, do before, in the one that is heard, what the others could not tell of."""
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    config.pluginmanager.register(HeardAtOnce(reporter))
    if not config.getoption("numprocesses", None):
        return
    for argument in config.args:
        if not (config.invocation_params.dir / argument.partition("::")[0]).exists():
            raise pytest.UsageError(f"file or directory not found: {argument}")
    bundle = Services(Places.from_environment()).bundle
    if not bundle.is_ready:
        reporter.write_line("fetching PostgreSQL and Mosquitto (once, about 62 MB)")
        with contextlib.suppress(PlatformError):  # the tests that need them say what is wrong
            bundle.ensure()


@pytest.fixture(scope="session")
def announcement(pytestconfig: pytest.Config) -> None:
    """Tell whoever waits that the servers are being fetched, when they are."""
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("starting PostgreSQL and Mosquitto (fetched once, about 62 MB)")


@pytest.fixture(scope="session")
def mqtt_address(services: Services) -> tuple[str, int]:
    """Return host and port of the broker."""
    parts = urlsplit(services.mqtt_url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


@pytest.fixture(scope="session")
def template_database(services: Services) -> str:
    """Migrate one database that every test's own is a copy of; return its name."""

    async def make() -> None:
        await migrate(await create_database(services.database_url, TEMPLATE))

    asyncio.run(make())
    return TEMPLATE


@pytest.fixture
def database_url(services: Services, template_database: str) -> Iterator[str]:
    """Give a test a migrated database of its own, for the superuser; code under test switches to its role."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield asyncio.run(create_database(services.database_url, name, template=template_database))
    asyncio.run(drop_database(services.database_url, name))


@pytest.fixture(scope="session")
def reference_data(settings: Settings) -> Path:
    """Return the folder of measured reference data, or skip the test and say why."""
    folder = settings.reference_data or Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        missing(settings, f"the reference data is not at {folder}; set SOMEL_REFERENCE_DATA")
    return folder
