"""Set up a checkout: environment, locked packages, measured data, the page's libraries. Standard library only.

``python3 -m somel.bootstrap [--dev]`` is what ``make`` runs first. Everything fetched is kept in the cache by the hash
of its lock file, so that another checkout, or this one a second time, needs no network.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from core.errors import ConfigurationError, PlatformError
from somel.embedded.bundle import Bundle
from somel.embedded.places import Places, open_folder
from somel.embedded.recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "deploy" / "locks"
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
#: A lock file is complete, so pip resolves nothing: asked for a package with extras it would look past the pin for the
#: newest release, and then refuse that for want of a hash.
_AS_LOCKED = ("--require-hashes", "--no-deps")
PIP = Recipe("pip", packages=("python3-pip-whl",), without=("ca-certificates",), programs=())


def main(arguments: Sequence[str] | None = None) -> int:
    """Set the checkout up and return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m somel.bootstrap", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what tests, checks and benchmarks need")
    parser.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        worked = set_up("dev" if options.dev else "runtime")
    except PlatformError as error:
        print(f"set-up: {error}", file=sys.stderr)  # noqa: T201 - logging is not installed yet
        return error.exit_code
    except KeyboardInterrupt:
        print("\nset-up: stopped; run the same command to go on from here", file=sys.stderr)  # noqa: T201
        return 130
    if worked or not options.quiet:
        say(f"ready after {time.monotonic() - start:.0f} s")
    return 0


def set_up(lock: str) -> bool:
    """Bring the checkout up to its lock files; return whether there was anything to do."""
    cache = open_folder(Places.from_environment().cache)
    worked = [
        install_packages(LOCKS / f"{lock}.txt", cache),
        fetch_measured_data(LOCKS / "data.txt", cache),
        install_page_libraries(ROOT / "api" / "web", cache),
    ]
    return any(worked)


def install_packages(lock: Path, cache: Path) -> bool:
    """Install the packages of a lock file, and the checkout itself, into the environment."""
    stamp = ENVIRONMENT / f".installed-{lock.stem}-{fingerprint(lock, ROOT / 'pyproject.toml')}"
    if stamp.exists():
        return False
    make_environment(cache)
    wheels = fetch_wheels(lock, cache)
    say("installing them into .venv")
    pip("install", "--no-compile", "--no-index", "--find-links", str(wheels), *_AS_LOCKED, "-r", str(lock))
    pip("install", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    stamp.touch()
    return True


def make_environment(cache: Path) -> None:
    """Make the virtual environment; where Debian left ``ensurepip`` out, borrow pip's own wheel from its archive."""
    if PYTHON.exists() and succeeds([str(PYTHON), "-m", "pip", "--version"]):
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    if not succeeds([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)]):
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(ENVIRONMENT)], "venv_failed")
        borrow_pip(cache)


def borrow_pip(cache: Path) -> None:
    """Install pip from Debian's ``python3-pip-whl``, fetched without root and checked by apt."""
    say("this Python comes without ensurepip; taking pip from Debian's archive")
    bundle = Bundle(PIP, cache).ensure()
    wheel = max(bundle.path.glob("usr/share/python-wheels/pip-*.whl"))
    run([str(PYTHON), f"{wheel}/pip", "install", "--no-index", str(wheel)], "pip_not_installed")


def fetch_wheels(lock: Path, cache: Path, *options: str) -> Path:
    """Return a folder that holds every package of a lock file, as wheels whose hashes were checked.

    With pip's options for another platform than this one, the same wheel is meant wherever it is asked for.
    """
    tag = f"{sys.implementation.cache_tag}-{os.uname().machine}"
    folder = cache / "wheels" / f"{lock.stem}-{tag}-{fingerprint(lock)}"
    if not folder.is_dir():
        say(f"fetching packages, once; they are kept in {folder.parent}")
        partial = open_folder(folder.with_name(folder.name + ".partial"))
        pip("download", "--only-binary", ":all:", *options, *_AS_LOCKED, "-r", str(lock), "-d", str(partial))
        partial.rename(folder)
    return folder


def fetch_measured_data(lock: Path, cache: Path) -> bool:
    """Fetch the packages that are read as data: as plain wheels, without what they depend on."""
    folder = open_folder(cache / "wheels-data")
    stamp = folder / f".complete-{fingerprint(lock)}"
    if stamp.exists():
        return False
    say("fetching measured curves and grids (SimBench, OpenDSM: 95 MB)")
    pip("download", "--only-binary", ":all:", *_AS_LOCKED, "-r", str(lock), "-d", str(folder))
    stamp.touch()
    return True


def install_page_libraries(web: Path, cache: Path) -> bool:
    """Put the page's JavaScript libraries, locked by npm, where the API serves them from."""
    lock = web / "package-lock.json"
    installed = web / "vendor" / f".installed-{fingerprint(lock)}"
    if installed.exists():
        return False
    kept = cache / "page" / fingerprint(lock)
    if not kept.is_dir():
        kept_libraries(web, kept)
    shutil.rmtree(web / "vendor", ignore_errors=True)
    shutil.copytree(kept, web / "vendor")
    installed.touch()
    return True


def kept_libraries(web: Path, kept: Path) -> None:
    """Fetch the page's libraries with npm and keep the files that are served."""
    if not shutil.which("npm"):
        raise ConfigurationError("npm_missing", "npm is needed once for the page's libraries: `apt-get install npm`.")
    say("fetching the page's libraries")
    partial = open_folder(kept.with_name(kept.name + ".partial"))
    shutil.copytree(web, partial, ignore=shutil.ignore_patterns("vendor", "node_modules"), dirs_exist_ok=True)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm_failed", cwd=partial)
    run(["npm", "run", "--silent", "vendor"], "npm_failed", cwd=partial)
    (partial / "vendor").rename(kept)
    shutil.rmtree(partial)


def pip(*arguments: str) -> None:
    """Run the environment's pip, quietly."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    run([str(PYTHON), "-m", "pip", arguments[0], *quiet, *arguments[1:]], "packages_not_installed")


def succeeds(command: list[str]) -> bool:
    """Run a command that may fail, and tell whether it did not."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(command: list[str], code: str, *, cwd: Path = ROOT) -> None:
    """Run a command that must succeed.

    Raises
    ------
    ConfigurationError
        With the last lines of what it said.
    """
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise ConfigurationError(code, f"`{' '.join(command[:4])} …` failed; is the network there?\n{said}\n")


def fingerprint(*files: Path) -> str:
    """Return a short hash of the files' contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def say(text: str) -> None:
    """Tell the person who waits what is being done."""
    print(f"set-up: {text}", flush=True)  # noqa: T201 - logging is not installed yet


if __name__ == "__main__":
    sys.exit(main())
