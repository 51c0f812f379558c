"""A bundle: Debian packages unpacked into one private folder, whose programs run against its own libraries."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from core.errors import ConfigurationError, InvariantError
from somel.embedded.elf import foreign_libraries, forget_library_folders, make_runnable
from somel.embedded.hostapt import Architecture, HostApt, architecture, read_host_apt
from somel.embedded.places import open_folder
from somel.embedded.privateapt import PrivateApt
from somel.embedded.progress import Progress, silent
from somel.embedded.recipe import Recipe

_UNPACKERS = 2
_VERSIONS = "packages.json"


class Bundle:
    """Give paths into an unpacked bundle, and make it where it is missing.

    Parameters
    ----------
    recipe : Recipe
        What is in it.
    cache : Path
        Root of the cache; the bundle is ``cache/bundle/<recipe.folder_name>``.
    host : HostApt, optional
        Mirror, keyring and network settings; by default those of the host's own apt.

    Notes
    -----
    The folder appears by one rename when it is complete. Until then downloads are kept beside it, so that a set-up
    that was interrupted goes on where it stopped. A file lock keeps two set-ups apart; it ends with its process.
    """

    def __init__(self, recipe: Recipe, cache: Path, host: HostApt | None = None) -> None:
        self.recipe = recipe
        self._host = host
        self.path = cache / "bundle" / recipe.folder_name
        self._partial = self.path.with_name(f"{recipe.folder_name}.partial")

    @property
    def is_ready(self) -> bool:
        """Whether the bundle is there, complete."""
        return self.path.is_dir()

    def program(self, name: str) -> Path:
        """Return the path of the program called `name`."""
        for program in self.recipe.programs:
            if Path(program).name == name:
                return self.path / program
        raise InvariantError("embedded_program_unknown", f"{name} is not a program of this bundle.", program=name)

    def versions(self) -> dict[str, str]:
        """Return the version of each package in the bundle, by name; nothing before it is made."""
        file = self.path / _VERSIONS
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def ensure(self, progress: Progress = silent) -> "Bundle":
        """Make the bundle unless it is there; return it. With it in the cache, no network is needed.

        Raises
        ------
        ConfigurationError
            When this machine cannot make it: no apt, no keyring, another architecture. The message says what to do.
        RetryableError
            When the mirror did not answer.
        """
        if self.is_ready:
            shutil.rmtree(self._partial, ignore_errors=True)  # left by a set-up that was stopped at its very end
            return self
        machine = architecture(self.recipe.otherwise)
        host = self._host or read_host_apt(self.recipe.otherwise)
        open_folder(self.path.parent)
        with _alone(self.path.with_name(f"{self.recipe.folder_name}.lock"), progress):
            if not self.is_ready:
                self._partial.mkdir(mode=0o755, exist_ok=True)
                apt = PrivateApt(self._partial / "apt", self.recipe, host, machine)
                self._build(apt.download(progress), machine, progress)
        return self

    def _build(self, packages: list[Path], machine: Architecture, progress: Progress) -> None:
        root = self._partial / "root"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(mode=0o755)
        _unpack(packages, root, progress)
        for pattern in self.recipe.unread:
            for path in root.glob(pattern):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        progress("programs", 0, 0)
        self._add_aliases(root)
        folders = [root / folder.format(triplet=machine.triplet) for folder in self.recipe.library_folders]
        for library in self._matching(root, self.recipe.self_guided):
            forget_library_folders(library)
        for program in self.recipe.programs:
            make_runnable(root / program, self.path / machine.loader, folders)
        self._check_libraries(root, root / machine.loader, folders)
        versions = dict(package.name.split("_")[:2] for package in packages)
        (root / _VERSIONS).write_text(
            json.dumps({name: unquote(version) for name, version in versions.items()}, indent=1)
        )
        root.rename(self.path)
        shutil.rmtree(self._partial)

    def _check_libraries(self, root: Path, loader: Path, folders: list[Path]) -> None:
        programs = [root / program for program in self.recipe.programs]
        modules = self._matching(root, self.recipe.modules)
        foreign = foreign_libraries(programs, root, loader) + foreign_libraries(modules, root, loader, folders)
        if foreign:
            raise ConfigurationError(
                "embedded_bundle_incomplete",
                f"The bundle {self.recipe.name} misses libraries: {', '.join(foreign)}. Debian's packages have "
                f"changed; please report it. {self.recipe.otherwise}",
                libraries=foreign,
            )

    @staticmethod
    def _matching(root: Path, patterns: Sequence[str]) -> list[Path]:
        found = (path for pattern in patterns for path in sorted(root.glob(pattern)))
        return [path for path in found if not path.is_symlink()]

    def _add_aliases(self, root: Path) -> None:
        for pattern, old, new in self.recipe.aliases:
            for target in root.glob(pattern):
                link = target.with_name(target.name.replace(old, new, 1))
                if not link.exists():
                    link.symlink_to(target.name)


def _unpack(packages: list[Path], root: Path, progress: Progress) -> None:
    def unpack(package: Path) -> None:
        command = ["dpkg-deb", "--extract", str(package), str(root)]
        run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            raise ConfigurationError(
                "embedded_unpack_failed",
                f"{package.name} could not be unpacked below {root}: {run.stderr.strip()}",
                package=package.name,
            )

    with ThreadPoolExecutor(_UNPACKERS) as pool:
        for done, _ in enumerate(pool.map(unpack, packages), start=1):
            progress("unpack", done, len(packages))


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another set-up", 0, 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
