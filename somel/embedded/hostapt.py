"""What the host's own apt already knows: its mirror of Debian, the keyring that signs it, its proxies."""

import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError

_ARCHITECTURES = {
    "x86_64": ("amd64", "x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"),
    "aarch64": ("arm64", "aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"),
}
_KEYRINGS = ("debian-archive-keyring.pgp", "debian-archive-keyring.gpg")
_DEBIAN_SUITE = re.compile(r"(bookworm|trixie|forky|stable|testing|sid|unstable)(-updates|-security)?(?:/updates)?$")
_DEFAULT_MIRRORS = {"": "http://deb.debian.org/debian", "-security": "http://deb.debian.org/debian-security"}
# The host's way to the network is kept (proxies, certificates, limits); its hooks, caches and index choices are not.
_KEPT_SETTING = re.compile(
    r"Acquire::(?:http|https|ftp|socks|tor|Retries|Check-|Max-ValidTime|Min-ValidTime|Force|Send)[^\s]*\s"
)


@dataclass(frozen=True, slots=True)
class Architecture:
    """Name one processor architecture the three ways that Debian does."""

    debian: str
    triplet: str
    loader: str


@dataclass(frozen=True, slots=True)
class HostApt:
    """Hold what a private apt inherits from the host's.

    Parameters
    ----------
    mirrors : dict of str to str
        Address of the archive by suite suffix: ``""``, ``-updates``, ``-security``.
    keyring : Path or None
        What signs them; None leaves it to the keys that the host's apt trusts.
    settings : tuple of str
        Lines of apt configuration.
    """

    mirrors: dict[str, str]
    keyring: Path | None
    settings: tuple[str, ...]


def architecture(otherwise: str) -> Architecture:
    """Return this machine's architecture, or say that no bundle exists for it and what to do instead."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES or platform.system() != "Linux":
        raise ConfigurationError(
            "embedded_architecture_unsupported",
            f"Bundles exist for Linux on amd64 and arm64, not on {platform.system()} {machine}. {otherwise}",
        )
    return Architecture(*_ARCHITECTURES[machine])


def read_host_apt(otherwise: str) -> HostApt:
    """Return the mirror, keyring and network settings of the host's apt.

    Parameters
    ----------
    otherwise : str
        What a person does instead where there is none.

    Raises
    ------
    ConfigurationError
        When the host has no apt, or nothing that could check Debian's signatures.
    """
    missing = [name for name in ("apt-get", "apt-config", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise ConfigurationError(
            "embedded_apt_missing",
            f"What is missing is unpacked from Debian's packages, and this "
            f"machine has no {', '.join(missing)} on its PATH. {otherwise}",
            missing=missing,
        )
    mirrors = _mirrors()
    keyring = _keyring(mirrors[""])
    if keyring is None and not any(Path("/etc/apt/trusted.gpg.d").glob("*debian*")):
        raise ConfigurationError(
            "embedded_keyring_missing",
            "Debian's signing keys are not on this machine (package debian-archive-keyring), so downloads could "
            f"not be checked. {otherwise}",
        )
    dump = _output("apt-config", "dump").splitlines()
    return HostApt(mirrors, keyring, tuple(line for line in dump if _KEPT_SETTING.match(line)))


def _mirrors() -> dict[str, str]:
    listing = _output(
        "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"
    )
    found: dict[str, str] = {}
    for line in listing.splitlines():
        uri, _, rest = line.partition(" ")
        suite, _, component = rest.partition(" ")
        match = _DEBIAN_SUITE.match(suite)
        if match and component == "main" and not uri.startswith("cdrom:"):
            found.setdefault(match[2] or "", uri)
    return found if "" in found else dict(_DEFAULT_MIRRORS)


def _keyring(mirror: str) -> Path | None:
    sources = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*.*"))]
    named: list[str] = []
    for source in (path for path in sources if path.suffix in {".list", ".sources"} and path.is_file()):
        text = source.read_text(errors="replace")
        if mirror.rstrip("/") in text:
            named += re.findall(r"[Ss]igned-[Bb]y\s*[:=]\s*(/[^\s\],]+)", text)
    candidates = [Path(name) for name in named] + [Path("/usr/share/keyrings") / name for name in _KEYRINGS]
    return next((path for path in candidates if path.is_file()), None)


def _output(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return run.stdout
