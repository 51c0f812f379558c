"""Set-up of a checkout in miniature: the real pip, venv and npm, and no network."""

import ensurepip
import functools
import http.server
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from somel import bootstrap
from somel.embedded.bundle import Bundle
from somel.embedded.places import Places
from tests.somel.miniature import BACKEND, PROJECT, make_wheel

#: As it is before a test names another.
CACHE = Places.from_environment().cache


@dataclass(frozen=True)
class Checkout:
    """A checkout in miniature, its cache, and where its packages come from."""

    root: Path
    cache: Path
    shop: Path

    @property
    def lock(self) -> Path:
        return self.root / "deploy" / "locks" / "runtime.txt"

    @property
    def web(self) -> Path:
        return self.root / "api" / "web"

    def python(self, code: str) -> str:
        """Return what a line of Python prints in the environment that was set up."""
        command = [str(self.root / ".venv" / "bin" / "python"), "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def environment() -> Iterator[Path]:
    """Return a virtual environment with pip, made once; a copy of it works as well."""
    folder = Path(tempfile.mkdtemp(prefix="somel-test-"))
    path = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
    subprocess.run([str(path / "bin" / "python"), "-m", "pip", "--version"], check=True, capture_output=True)
    yield path
    shutil.rmtree(folder)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """Return a checkout that nothing has been set up for."""
    folder = Path(tempfile.mkdtemp(prefix="somel-test-"))  # pytest's own could not be entered by the servers' account
    folder.chmod(0o755)
    checkout = Checkout(folder / "checkout", folder / "cache", folder / "shop")
    for path in (checkout.lock.parent, checkout.web, checkout.shop):
        path.mkdir(parents=True)
    (checkout.root / "backend.py").write_text(BACKEND)
    (checkout.root / "pyproject.toml").write_text(PROJECT)
    (checkout.web / "package.json").write_text('{"name": "web", "version": "1.0.0", "scripts": {"vendor": "exit 3"}}')
    (checkout.web / "package-lock.json").write_text('{"name": "web", "version": "1.0.0", "lockfileVersion": 3}')
    checkout.lock.write_text(make_wheel(checkout.shop, "tiny", "hello"))
    checkout.lock.with_name("data.txt").write_text(make_wheel(checkout.shop, "curves", "measured"))
    monkeypatch.setattr(bootstrap, "ROOT", checkout.root)
    monkeypatch.setattr(bootstrap, "LOCKS", checkout.lock.parent)
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", checkout.root / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", checkout.root / ".venv" / "bin" / "python")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    settings = {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": str(checkout.shop), "NO_CACHE_DIR": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("SOMEL_CACHE_DIR", str(checkout.cache))
    yield checkout
    shutil.rmtree(folder)


@pytest.fixture
def checkout(bare: Checkout, environment: Path) -> Checkout:
    """Return a checkout with an environment that holds pip alone, and the page's libraries in the cache."""
    shutil.copytree(environment, bare.root / ".venv", symlinks=True, copy_function=os.link)  # no test writes into pip
    kept = bare.cache / "page" / bootstrap.fingerprint(bare.web / "package-lock.json")
    kept.mkdir(parents=True)
    (kept / "map.js").write_text("export {}\n")
    return bare


def test_packages_and_the_checkout_are_installed_once_and_again_when_the_lock_file_changes(checkout, capsys):
    assert bootstrap.install_packages(checkout.lock, checkout.cache)
    assert checkout.python("import tiny; print(tiny.TEXT)") == "hello"
    assert checkout.python("from importlib.metadata import version; print(version('checkout'))") == "1.0"

    capsys.readouterr()
    assert not bootstrap.install_packages(checkout.lock, checkout.cache)
    assert capsys.readouterr().out == ""

    checkout.lock.write_text(checkout.lock.read_text() + make_wheel(checkout.shop, "more", "of it"))
    assert bootstrap.install_packages(checkout.lock, checkout.cache)
    assert checkout.python("import more; print(more.TEXT)") == "of it"


def test_what_another_checkout_fetched_is_not_fetched_again(checkout):
    bootstrap.fetch_wheels(checkout.lock, checkout.cache)
    shutil.rmtree(checkout.shop)

    assert bootstrap.install_packages(checkout.lock, checkout.cache)
    assert checkout.python("import tiny; print(tiny.TEXT)") == "hello"


def test_a_package_that_is_not_the_locked_one_is_refused(checkout):
    make_wheel(checkout.shop, "tiny", "something else")

    with pytest.raises(ConfigurationError, match=r"(?is)pip download.*do not match the hashes") as refused:
        bootstrap.install_packages(checkout.lock, checkout.cache)

    assert refused.value.code == "packages_not_installed"
    assert not list(checkout.root.glob(".venv/.installed-*"))
    assert not [folder for folder in (checkout.cache / "wheels").iterdir() if folder.suffix != ".partial"]


def test_a_download_that_was_cut_short_is_taken_up(checkout):
    folder = bootstrap.fetch_wheels(checkout.lock, checkout.cache)
    (wheel,) = folder.iterdir()
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:100])
    folder.rename(folder.with_name(f"{folder.name}.partial"))

    assert bootstrap.fetch_wheels(checkout.lock, checkout.cache) == folder
    assert wheel.read_bytes() == whole
    assert not folder.with_name(f"{folder.name}.partial").exists()


def test_measured_data_is_fetched_once_and_not_installed(checkout):
    lock = checkout.lock.with_name("data.txt")
    assert bootstrap.fetch_measured_data(lock, checkout.cache)
    assert (checkout.cache / "wheels-data" / "curves-1.0-py3-none-any.whl").is_file()

    shutil.rmtree(checkout.shop)
    assert not bootstrap.fetch_measured_data(lock, checkout.cache)
    assert checkout.python("from importlib.util import find_spec; print(find_spec('curves'))") == "None"


def test_the_pages_libraries_come_from_the_cache_without_npm(checkout, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (checkout.web / "vendor").mkdir()
    (checkout.web / "vendor" / "old.js").touch()

    assert bootstrap.install_page_libraries(checkout.web, checkout.cache)
    assert [file.name for file in (checkout.web / "vendor").glob("*.js")] == ["map.js"]
    assert not bootstrap.install_page_libraries(checkout.web, checkout.cache)


def test_without_npm_and_libraries_the_person_is_told_what_to_do(bare, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ConfigurationError, match="apt-get install npm") as refused:
        bootstrap.install_page_libraries(bare.web, bare.cache)

    assert refused.value.code == "npm_missing"


@pytest.fixture
def npm() -> None:
    """Need npm, which fetches the page's libraries on a machine that sets a checkout up for the first time."""
    if not shutil.which("npm"):
        (pytest.fail if os.environ.get("SOMEL_REQUIRE_ALL") else pytest.skip)("npm is not on the PATH")


def test_npm_makes_the_pages_libraries_and_they_are_kept(bare, npm):
    script = "node -e \\\"fs.mkdirSync('vendor'); fs.writeFileSync('vendor/map.js', 'export {}')\\\""
    package = bare.web / "package.json"
    package.write_text(package.read_text().replace("exit 3", script))
    (bare.web / "vendor").mkdir()
    (bare.web / "vendor" / "old.js").touch()

    assert bootstrap.install_page_libraries(bare.web, bare.cache)
    assert [file.name for file in (bare.web / "vendor").glob("*.js")] == ["map.js"]
    (kept,) = (bare.cache / "page").iterdir()
    assert [file.name for file in kept.iterdir()] == ["map.js"]


def test_what_npm_says_is_passed_on(bare, npm):
    with pytest.raises(ConfigurationError, match="npm run --silent vendor") as refused:
        bootstrap.install_page_libraries(bare.web, bare.cache)

    assert refused.value.code == "npm_failed"
    assert not (bare.web / "vendor").exists()


def test_set_up_speaks_when_it_works_and_can_be_quiet_when_there_is_nothing_to_do(checkout, capsys):
    assert bootstrap.main(["--quiet"]) == 0
    assert "set-up: ready after" in capsys.readouterr().out
    assert bootstrap.main(["--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert bootstrap.main([]) == 0
    assert "set-up: ready after" in capsys.readouterr().out


def test_a_set_up_that_fails_says_at_which_step_and_exits_with_2(checkout, capsys):
    checkout.lock.with_name("dev.txt").write_text("nowhere==1.0 --hash=sha256:" + "0" * 64 + "\n")

    assert bootstrap.main(["--dev"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("set-up: ")
    assert "pip download" in said
    assert "nowhere" in said


class _Interrupting(http.server.SimpleHTTPRequestHandler):
    """Serve packages; the moment the first is asked for, the person presses Ctrl-C."""

    pressed = False

    def do_GET(self) -> None:
        if self.path.endswith(".whl") and not _Interrupting.pressed:
            _Interrupting.pressed = True
            os.kill(os.getpid(), signal.SIGINT)
        super().do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def test_ctrl_c_ends_with_130_and_the_same_command_goes_on(checkout, monkeypatch, capsys):
    _Interrupting.pressed = False
    # Started in the background of a script, a process ignores the signal from its birth on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    serving = functools.partial(_Interrupting, directory=str(checkout.shop))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{server.server_port}/")
            for name in ("NO_PROXY", "no_proxy"):
                monkeypatch.setenv(name, "127.0.0.1")
            assert bootstrap.main([]) == 130
            assert "stopped; run the same command to go on" in capsys.readouterr().err
            assert bootstrap.main([]) == 0
        finally:
            signal.signal(signal.SIGINT, before)
            server.shutdown()
            thread.join()
    assert checkout.python("import tiny; print(tiny.TEXT)") == "hello"


def wheel_of_pip() -> Path:
    """Return the wheel that Python brings, or Debian keeps for it; where neither does, set-up has fetched one."""
    for folder in (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels")):
        if found := sorted(folder.glob("pip-*.whl")):
            return found[-1]
    return max(Bundle(bootstrap.PIP, CACHE).ensure().path.glob("usr/share/python-wheels/pip-*.whl"))


def test_where_python_comes_without_ensurepip_pip_is_taken_from_debians_package(bare, monkeypatch, tmp_path):
    # Debian's Python without python3-venv: it makes an environment when it need not put pip into it.
    python = tmp_path / "python3"
    refuse = 'case "$*" in *--without-pip*) ;; *) echo "ensurepip is not available" >&2; exit 1 ;; esac'
    python.write_text(f'#!/bin/sh\n{refuse}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    wheels = Bundle(bootstrap.PIP, bare.cache).path / "usr" / "share" / "python-wheels"
    wheels.mkdir(parents=True)
    wheel = wheel_of_pip()
    shutil.copy(wheel, wheels)

    bootstrap.make_environment(bare.cache)

    assert bare.python("import pip; print(pip.__version__)") == wheel.name.split("-")[1]
    before = bootstrap.PYTHON.lstat().st_mtime_ns
    bootstrap.make_environment(bare.cache)
    assert bootstrap.PYTHON.lstat().st_mtime_ns == before
