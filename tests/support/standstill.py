"""End a test that nothing else ends, and say in a few lines where every thread of it stood."""

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

#: No test is allowed as long. faulthandler's own limit, a little later, is for code that holds the interpreter.
WITHIN_S = 960.0
_FRAMES = 5


@contextmanager
def no_standstill(test: str, within_s: float = WITHIN_S) -> Iterator[None]:
    """End the whole process when the block takes longer."""
    watch = threading.Timer(within_s, _end, (test,))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _end(test: str) -> None:
    print(f"\n{test} stands still; each thread, innermost call first:\n{where_threads_stand()}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(70)


def where_threads_stand() -> str:
    """Return a line for each thread: its name and its innermost calls."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "\n".join(
        f"- {names.get(number, number)}: {' < '.join(map(_place, reversed(traceback.extract_stack(frame)[-_FRAMES:])))}"
        for number, frame in sys._current_frames().items()
    )


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}"
