"""Which tests coverage is measured by: not those marked slow or browser, which tracing makes half as long again.

What is told is then less than what is covered, never more; the least that is asked for stays the same.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from coverage import Coverage

#: Processes that are started with it measure themselves.
_OF_CHILDREN: Final = "COVERAGE_PROCESS_CONFIG"


@contextmanager
def unmeasured() -> Iterator[None]:
    """Trace nothing meanwhile, neither here nor in processes that are started."""
    running = Coverage.current()
    if running is None:
        yield
        return
    handed_on = os.environ.pop(_OF_CHILDREN, None)
    running.stop()
    try:
        yield
    finally:
        running.start()
        if handed_on is not None:
            os.environ[_OF_CHILDREN] = handed_on
