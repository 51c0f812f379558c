"""How long work tells its caller how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the stage's name, what is done and the total (both 0 when unknown); bytes for "download"."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Ignore progress."""
