"""End a test that nothing else ends, and keep what its process said last for the one that is heard.

What a test process of several says before it ends is captured with the output of the test, and lost with it. Its last
words therefore go to a file, which the process that hands out the tests reads when one is down.
"""

import asyncio
import faulthandler
import gc
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

#: So much longer than its own limit may a test take, for what is cleared away after it. [s]
GRACE_S = 120.0
#: The second way to end it needs nothing of the interpreter, which may be held; it comes so much later. [s]
_HELD_S = 20.0
_FRAMES = 5


def words_file(run: str, process: str) -> Path:
    """Return where a test process of a run leaves its last words."""
    return Path(tempfile.gettempdir()) / f"somel-last-words-{os.getuid()}-{run}-{process}.txt"


def read_words(file: Path) -> str:
    """Return what was left there, and remove it."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def no_standstill(test: str, within_s: float, words: Path | None = None) -> Iterator[None]:
    """End the whole process when the block takes longer; `words` is written then, else the standard error stream."""
    watch = threading.Timer(within_s, _end, (test, words))
    watch.daemon = True
    watch.start()
    with words.open("a") if words else os.fdopen(os.dup(2), "a") as stream:
        faulthandler.dump_traceback_later(within_s + _HELD_S, exit=True, file=stream)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            watch.cancel()


def _end(test: str, words: Path | None) -> None:
    said = f"{test} stands still; each thread and task, innermost call first:\n{where_all_stand()}\n"
    if words is None:
        sys.stderr.write(f"\n{said}")
        sys.stderr.flush()
    else:
        words.write_text(said)
    os._exit(70)


def where_all_stand() -> str:
    """Return a line for each thread and for each task of asyncio: its name and its innermost calls."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    lines = [f"- {names.get(number, number)}: {_calls(frame)}" for number, frame in sys._current_frames().items()]
    tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
    return "\n".join(lines + [f"- {task.get_name()}: {' < '.join(_waits(task.get_coro()))}" for task in tasks])


def _calls(frame: FrameType) -> str:
    return " < ".join(map(_place, reversed(traceback.extract_stack(frame)[-_FRAMES:])))


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}"


def _waits(awaited: object) -> list[str]:
    """Return where each coroutine of a chain waits for the next, the innermost first."""
    places: list[str] = []
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            code = frame.f_code
            places.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{frame.f_lineno} {code.co_name}")
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return places[::-1][:_FRAMES]
