"""A mount namespace of our own, for a disk that can be filled; it ends with us, however we end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

#: Says to ourselves that we are inside already.
INSIDE: Final = "--inside-namespace"


def enter_namespace() -> None:
    """Start this very command again inside a mount namespace; return when this machine does not allow it."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return
    # Root mounts anyway; anybody else keeps their name and gets the right to mount, inside only.
    flags = ["-m"] if os.geteuid() == 0 else ["-Um", "--map-current-user", "--keep-caps"]
    if subprocess.run([unshare, *flags, "true"], capture_output=True, check=False).returncode != 0:
        return
    sys.stdout.flush()
    os.execv(unshare, [unshare, *flags, sys.executable, "-m", "somel", *sys.argv[1:], INSIDE])  # noqa: S606 - see above


def mount_small_disk(folder: Path, size_bytes: int) -> bool:
    """Put a file system in memory, of a stated size, at `folder`; return whether that is allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size_bytes},mode=700,uid={os.geteuid()},gid={os.getegid()}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def unmount(folder: Path) -> None:
    """Take it away again, with all that is in it."""
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def fill(folder: Path) -> Path:
    """Take all the space that is left; return the file that holds it."""
    ballast = folder / "ballast"
    with ballast.open("wb") as stream:
        free = os.statvfs(folder)
        size = free.f_bavail * free.f_frsize
        while size >= free.f_frsize:
            try:
                os.posix_fallocate(stream.fileno(), os.fstat(stream.fileno()).st_size, size)
            except OSError:
                size //= 2  # somebody else has taken a part of it meanwhile
    return ballast
