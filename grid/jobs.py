"""Where the pieces of a great work are done: on this process' threads, or on a Dask cluster, with the same results."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol, TypeVar

from core.errors import ConfigurationError

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Jobs(Protocol):
    """Do a work piece by piece."""

    def each(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """Yield what a function makes of each piece, in their order.

        Parameters
        ----------
        function : callable
            Of a module, not made inside another; what it returns depends on its piece alone.
        pieces : iterable
            Is read no further than work is begun, because pieces may be large.
        """
        ...

    def close(self) -> None:
        """End what is under way; it may be called from another thread, and once more."""
        ...


class LocalThreads:
    """Do one piece after the other: the kernels in it run on all threads."""

    def each(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """Yield what a function makes of each piece, in their order."""
        return map(function, pieces)

    def close(self) -> None:
        """Do nothing: nothing is kept."""


HERE: Final = LocalThreads()


def jobs_at(scheduler: str) -> Jobs:
    """Return where to work.

    Parameters
    ----------
    scheduler : str
        Address of a Dask scheduler; empty: local threads. Nobody is asked yet whether it is there.

    Raises
    ------
    ConfigurationError
        ``dask_missing`` when a scheduler is named and the package that speaks to it is not installed;
        ``dask_certificates_missing`` when it is to be spoken to by TLS without certificates.
    """
    if not scheduler:
        return HERE
    try:
        from grid.cluster import Cluster  # noqa: PLC0415 - it takes two seconds, for those who want it
    except ModuleNotFoundError as error:
        message = "SOMEL_DASK_SCHEDULER is set and Dask is not installed: `make dask`, or leave it empty."
        raise ConfigurationError("dask_missing", message, missing=error.name) from error
    return Cluster(scheduler)
