"""Progress bars on standard error: for a person at a terminal a moving bar, in a log one line per stage."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

Report = Callable[[str, int, int], None]


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Yield a function ``report(stage, done, total)`` that draws one bar per stage; total 0 means unknown."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bars(console) as bars:
            yield _Bars(bars).report
    else:
        yield _Lines().report


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class _Bars:
    """Draw stages as bars."""

    def __init__(self, bars: Progress) -> None:
        self._progress = bars
        self._tasks: dict[str, TaskID] = {}

    def report(self, stage: str, done: int, total: int) -> None:
        """Move a stage's bar, making it when it is new."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total or None)
        self._progress.update(self._tasks[stage], completed=done, total=total or None)


class _Lines:
    """Write one line when a stage begins."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def report(self, stage: str, done: int, total: int) -> None:
        """Name a stage the first time it is reported."""
        del done, total
        if stage not in self._seen:
            self._seen.add(stage)
            sys.stderr.write(f"somel: {stage} …\n")
            sys.stderr.flush()
