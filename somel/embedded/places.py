"""Where the embedded services keep what they fetch and what they store, and who owns it."""

import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError

_OTHERS_MAY_PASS = 0o001
_SERVICE_ACCOUNT = "nobody"  # on every Debian; PostgreSQL refuses root and insists on an account with a name


@dataclass(frozen=True, slots=True)
class Account:
    """Name the unprivileged account that servers run as when the caller is root.

    Parameters
    ----------
    uid : int
        User id, not 0.
    gid : int
        Group id.
    """

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Places:
    """Say where downloads are cached, where servers keep their state, and which account runs them.

    Parameters
    ----------
    cache : Path
        Can be fetched again: the unpacked bundles.
    state : Path
        Cannot: the data of the servers, one folder per set of services.
    account : Account or None
        Who runs the servers; None is the caller.

    Notes
    -----
    The cache is ``$SOMEL_CACHE_DIR``, else ``$XDG_CACHE_HOME/somel``, else ``~/.cache/somel``; the state is
    ``$SOMEL_STATE_DIR``, else ``$XDG_STATE_HOME/somel``, else ``~/.local/state/somel``. Root's servers run as
    ``nobody``, who must be able to reach both: where root's home is closed to others (as ``/root`` is), they are
    ``/var/cache/somel`` and ``/var/lib/somel``, unless the two ``SOMEL_`` variables say otherwise.
    """

    cache: Path
    state: Path
    account: Account | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Places":
        """Read the folders from the environment and the account from who is calling.

        Raises
        ------
        ConfigurationError
            When a folder named by the operator cannot be reached by the account that runs the servers.
        """
        account = service_account()
        home = Path(environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir)
        return cls(
            cache=_folder(environ, "CACHE", home / ".cache", Path("/var/cache/somel"), account),
            state=_folder(environ, "STATE", home / ".local/state", Path("/var/lib/somel"), account),
            account=account,
        )


def service_account() -> Account | None:
    """Return the account that servers run as: None, which is the caller, unless the caller is root."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(_SERVICE_ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Tell whether an account without rights of its own could pass every existing folder down to `path`."""
    existing = [folder for folder in (path, *path.parents) if folder.exists()]
    return all(folder.stat().st_mode & _OTHERS_MAY_PASS for folder in existing)


def open_folder(path: Path) -> Path:
    """Make `path` and its missing parents so that other accounts can pass, whatever the umask; return it."""
    for folder in [folder for folder in (path, *path.parents) if not folder.exists()][::-1]:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    return path


def private_folder(path: Path, account: Account | None) -> Path:
    """Make `path` (mode 700) for the account that runs the servers; return it."""
    open_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    owner = account.uid if account else os.geteuid()
    # In a folder that all may write to, somebody else may have put a folder, or a link to one, there first.
    if found.st_uid not in {owner, os.geteuid()} or not stat.S_ISDIR(found.st_mode):
        raise ConfigurationError(
            "embedded_folder_not_ours",
            f"{path} is a link or belongs to user id {found.st_uid}, and the servers would run as {owner}: use the "
            "account that made it, or another SOMEL_STATE_DIR.",
            path=str(path),
        )
    give(path, account)
    return path


def give(path: Path, account: Account | None) -> None:
    """Make `account` the owner of `path`; nothing to do when the caller runs the servers."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _folder(environ: Mapping[str, str], kind: str, home: Path, system: Path, account: Account | None) -> Path:
    named = environ.get(f"SOMEL_{kind}_DIR")
    if named:
        path = Path(named).absolute()
        if account is not None and not reachable_by_others(path):
            raise ConfigurationError(
                "embedded_folder_unreachable",
                f"SOMEL_{kind}_DIR={path} cannot be entered by the account {_SERVICE_ACCOUNT!r} that runs the "
                "servers for root: choose a folder below one with mode 755.",
                path=str(path),
            )
        return path
    xdg = environ.get(f"XDG_{kind}_HOME", "")
    path = (Path(xdg) if xdg.startswith("/") else home) / "somel"
    return path if account is None or reachable_by_others(path) else system
