"""Ports of this machine's loopback interface."""

import contextlib
import socket
from pathlib import Path

from core.errors import RetryableError

_LOCAL, _STATE, _UID, _INODE = 1, 3, 7, 9  # columns of /proc/net/tcp
_LOOPBACK = "0100007F"  # 127.0.0.1 as a little-endian word, as both our architectures print it
_LISTENING = "0A"


def listens(pid: int, port: int) -> bool:
    """Tell whether the process `pid` listens on the loopback `port`.

    Notes
    -----
    Its descriptors say so for certain. Where they may not be read, as root in a container may not those of another
    account, a listener of the same account is taken for it.
    """
    listener = _listener(port)
    if listener is None:
        return False
    inode, uid = listener
    process = Path(f"/proc/{pid}")
    try:
        return any(descriptor.readlink() == Path(f"socket:[{inode}]") for descriptor in (process / "fd").iterdir())
    except PermissionError:
        return process.stat().st_uid == uid
    except (FileNotFoundError, ProcessLookupError):  # it ended, or closed one while we looked
        return False


def free_port(first: int) -> int:
    """Return a port at or after `first` that nothing on the loopback holds now.

    Notes
    -----
    Ports below 32768 are not handed out for outgoing connections, so one found here stays free until it is asked for.
    """
    for port in range(first, first + 4000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise RetryableError("embedded_no_free_port", f"No free port from {first} to {first + 3999}.", first=first)


def _listener(port: int) -> tuple[str, int] | None:
    """Return the inode and the owner of the socket that listens on the loopback `port`."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[_LOCAL] == f"{_LOOPBACK}:{port:04X}" and fields[_STATE] == _LISTENING:
            return fields[_INODE], int(fields[_UID])
    return None
