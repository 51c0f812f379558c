"""Memory that is freed goes back to the system, so that a peak is not kept for good."""

import ctypes
from pathlib import Path
from typing import Final

#: Names of glibc's mallopt(3).
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
#: Blocks from this size on are mapped by themselves and unmapped when freed. glibc would raise that to 32 MB as such
#: blocks come and go, and the columns of batches would leave holes in the heap: 30 to 40 MB of a worker. [bytes]
_MAPPED_FROM: Final = 512 << 10
#: Threads share so many heaps instead of eight for each processor.
_ARENAS: Final = 2


def return_freed_memory() -> bool:
    """Set the allocator of this process; tell whether it could be set, which takes glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _MAPPED_FROM)) and bool(mallopt(_ARENA_MAX, _ARENAS))


def peak_mb() -> float:
    """Return the most memory that this program has had. [MB].

    Notes
    -----
    ``ru_maxrss`` would not do: a process that is started by a large one begins with the peak of that one.
    """
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1_024 / 1e6
