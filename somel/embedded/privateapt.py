"""A private apt: Debian 13's packages, checked by apt's signatures, without touching the host's lists or status."""

import os
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import unquote

from core.errors import ConfigurationError, PlatformError, RetryableError
from somel.embedded.hostapt import Architecture, HostApt
from somel.embedded.progress import Progress
from somel.embedded.recipe import Recipe

_NETWORK_TROUBLE = re.compile(
    r"resolv|could not connect|unable to connect|connection (?:failed|timed out|refused)|timeout|unreachable"
    r"|failed to fetch|hash sum mismatch|connection reset",
    re.IGNORECASE,
)
_UNSIGNED = re.compile(r"NO_PUBKEY|is not signed|no longer signed|signatures couldn't be verified|EXPKEYSIG")
_WITHOUT_SUITE = re.compile(r"does not have a Release file")
_INSTALLED = """\
Package: {name}
Status: install ok installed
Architecture: {architecture}
Multi-Arch: allowed
Version: 99:99
Maintainer: nobody
Description: left out of this bundle

"""


class PrivateApt:
    """Run apt on folders of our own.

    Parameters
    ----------
    folder : Path
        Where lists, status and downloads are kept; what is there already is used again.
    recipe : Recipe
        Which packages are wanted and which are left out.
    host : HostApt
        Mirror, keyring and network settings.
    machine : Architecture
        For which processor.
    """

    def __init__(self, folder: Path, recipe: Recipe, host: HostApt, machine: Architecture) -> None:
        self._folder = folder
        self._recipe = recipe
        self._host = host
        self._machine = machine
        self._archives = folder / "archives"
        self._configuration = folder / "apt.conf"

    def download(self, progress: Progress) -> list[Path]:
        """Fetch the recipe's packages with their dependencies; return the package files.

        Raises
        ------
        RetryableError
            When the network or the mirror did not answer; what arrived is kept.
        ConfigurationError
            When the packages are not there or not signed by a trusted key.
        """
        self._write_configuration()
        progress("package lists", 0, 0)
        self._run("-qq", "--error-on=any", "update", watch=None)
        sizes = self._closure()
        self._run(
            "-qq", "--yes", "--download-only", "install", *self._recipe.packages, watch=(progress, sum(sizes.values()))
        )
        return [self._archives / name for name in sorted(sizes)]

    def _closure(self) -> dict[str, int]:
        """Return file name and size [bytes] of every package that belongs to the bundle."""
        # With an empty archive folder apt names every package, also those already fetched.
        empty = self._folder / "none"
        (empty / "partial").mkdir(parents=True, exist_ok=True)
        option = f"-oDir::Cache::archives={empty}"
        listing = self._run("-qq", "--print-uris", option, "install", *self._recipe.packages, watch=None)
        found = re.findall(r"^'[^']+' (\S+) (\d+) ", listing, re.MULTILINE)
        return {unquote(name).replace(":", "%3a"): int(size) for name, size in found}

    def _write_configuration(self) -> None:
        for name in ("lists/partial", "archives/partial", "log"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        status = self._folder / "status"
        status.write_text(
            "".join(_INSTALLED.format(name=name, architecture=self._machine.debian) for name in self._recipe.without)
        )
        (self._folder / "debian.sources").write_text(self._sources())
        folder = self._folder
        self._configuration.write_text(
            "\n".join(
                [
                    'Acquire::Retries "3";',
                    *self._host.settings,
                    f'Dir::State "{folder}";',
                    f'Dir::State::lists "{folder}/lists";',
                    f'Dir::State::status "{status}";',
                    f'Dir::State::extended_states "{folder}/extended_states";',
                    f'Dir::Cache "{folder}";',
                    f'Dir::Cache::archives "{self._archives}";',
                    f'Dir::Log "{folder}/log";',
                    f'Dir::Etc::sourcelist "{folder}/debian.sources";',
                    *(f'Dir::Etc::{part} "/dev/null";' for part in ("main", "parts", "sourceparts")),
                    *(f'Dir::Etc::{part} "/dev/null";' for part in ("preferences", "preferencesparts")),
                    'APT::Sandbox::User "root";',  # its usual account could not enter our folders
                    'APT::Install-Recommends "false";',
                    f'APT::Architecture "{self._machine.debian}";',
                    f'APT::Architectures {{ "{self._machine.debian}"; }};',
                    'Acquire::Languages "none";',
                    "",
                ]
            )
        )

    def _sources(self) -> str:
        signed = f"Signed-By: {self._host.keyring}\n" if self._host.keyring else ""
        return "\n".join(
            f"Types: deb\nURIs: {uri}\nSuites: {self._recipe.suite}{suffix}\nComponents: main\n{signed}"
            for suffix, uri in sorted(self._host.mirrors.items())
        )

    def _run(self, *arguments: str, watch: tuple[Progress, int] | None) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self._configuration), "LC_ALL": "C"}
        output = self._folder / "output.txt"
        with output.open("w+") as stream:
            child = subprocess.Popen(
                ["setpriv", "--pdeathsig=TERM", "apt-get", *arguments],  # a killed set-up must not keep apt's lock
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
            )
            with child:
                try:
                    self._wait(child, watch)
                except BaseException:
                    child.terminate()
                    raise
        text = output.read_text(errors="replace")
        if child.returncode != 0:
            raise _translated(text, self._recipe.otherwise)
        return text

    def _wait(self, child: "subprocess.Popen[bytes]", watch: tuple[Progress, int] | None) -> None:
        while child.poll() is None:
            if watch is not None:
                progress, total = watch
                progress("download", min(self._fetched(), total), total)
            time.sleep(0.1)
        if watch is not None:
            watch[0]("download", watch[1], watch[1])

    def _fetched(self) -> int:
        size = 0
        for folder in (self._archives, self._archives / "partial"):
            for path in folder.glob("*.deb"):
                try:
                    size += path.stat().st_size
                except FileNotFoundError:  # apt moves it from one folder to the other
                    continue
        return size


def _translated(text: str, otherwise: str) -> PlatformError:
    """Return the error that says in our words why apt failed; `text` is all it printed."""
    if _UNSIGNED.search(text):
        return ConfigurationError(
            "embedded_signature_unverified",
            "Debian's packages could not be checked against this machine's keyring: "
            f"{_line(text, _UNSIGNED)} {otherwise}",
        )
    if _NETWORK_TROUBLE.search(text):
        return RetryableError(
            "embedded_download_failed",
            f"Debian's mirror could not be reached: {_line(text, _NETWORK_TROUBLE)} What arrived is kept; run the "
            f"command again when the network is back. {otherwise}",
        )
    if _WITHOUT_SUITE.search(text):
        return ConfigurationError(
            "embedded_mirror_incomplete",
            f"This machine's mirror of Debian does not carry Debian 13: {_line(text, _WITHOUT_SUITE)} {otherwise}",
        )
    said = _line(text, re.compile("^E:")) or text.strip()[-300:]
    return ConfigurationError("embedded_apt_failed", f"apt could not find what is needed: {said} {otherwise}")


def _line(text: str, pattern: re.Pattern[str]) -> str:
    return next((line.strip() for line in text.splitlines() if pattern.search(line)), "")
