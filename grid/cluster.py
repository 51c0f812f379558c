"""The door to Dask: pieces go to a cluster and come back in order; what the cluster cannot do is done here.

Dask carries bytes and knows nothing of arrays: what is unpacked here is as aligned and as writable as if it had never
been away, and kernels are compiled for such arrays.
"""

import logging
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any, Final, Generic, TypeAlias, TypeVar

import dask
import structlog
from distributed import Client, Future, wait
from distributed.client import ClosedClientError
from distributed.security import Security

from core.errors import ConfigurationError, PlatformError, RetryableError
from grid.errand import code_stamp, perform

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_Sent: TypeAlias = "Future[tuple[str, bytes]]"

_log = structlog.get_logger()

#: A scheduler answers in no time or is not there, and workers that are being started are a few seconds away. [s]
CONNECT_S: Final = 5.0
WORKERS_S: Final = 10.0
#: A piece takes seconds; on a machine that has not compiled the kernels yet, minutes. [s]
PATIENCE_S: Final = 600.0
_LOOK_S: Final = 5.0
#: A scheduler that does not say within this who works for it is as good as gone. [s]
ANSWER_S: Final = 30.0
#: So many pieces for each thread of the cluster are on their way, so that none waits for the next.
_AHEAD: Final = 2
#: Dask warns of tasks as large as ours, which are meant to be.
_LARGE: Final = "1 GB"
#: What Dask raises when the scheduler is gone; time-outs are among the first.
_LOST: Final = (OSError, CancelledError, ClosedClientError)


class Cluster:
    """Do pieces on a Dask cluster, and here from where it fails.

    Parameters
    ----------
    scheduler : str
        Its address.

    Raises
    ------
    ConfigurationError
        ``dask_certificates_missing`` when it is to be spoken to by TLS and Dask knows no certificates.

    Notes
    -----
    A worker that dies costs time: Dask gives its pieces to others. When the scheduler or all workers go away, a piece
    fails or the code of a worker is not ours, a line in the log says so, and what is left of this work is done here;
    the next work asks the cluster anew.
    """

    def __init__(self, scheduler: str) -> None:
        if scheduler.startswith("tls://"):
            _require_certificates()
        self._scheduler = scheduler
        self._client: Client | None = None
        self._closed = False

    def each(self, function: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """Yield what a function makes of each piece, in their order.

        Raises
        ------
        RetryableError
            ``jobs_closed`` when it is closed meanwhile.
        """
        line = _Line(function, self._reached(), self._go_on_here)
        try:
            for piece in pieces:
                line.send(piece)
                if line.is_full:
                    yield self._first(line)
            while line.held:
                yield self._first(line)
        finally:
            self._leave()

    def close(self) -> None:
        """End what is under way."""
        self._closed = True
        self._leave()

    def _reached(self) -> Client | None:
        try:
            self._client = reach(self._scheduler)
        except RetryableError as error:
            self._go_on_here(error)
        return self._client

    def _first(self, line: "_Line[Piece, Result]") -> Result:
        self._go_on()
        result = line.first()
        self._go_on()
        return result

    def _go_on(self) -> None:
        if self._closed:
            raise RetryableError("jobs_closed", "The work was stopped.")

    def _go_on_here(self, error: PlatformError) -> None:
        self._leave()
        self._go_on()
        _log.warning("work_goes_on_here", code=error.code, reason=error.message, scheduler=self._scheduler)

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_LOST):
                client.close(timeout=CONNECT_S)


def reach(scheduler: str) -> Client:
    """Return a client of a cluster with at least one worker.

    Raises
    ------
    RetryableError
        ``dask_unreachable`` when the scheduler does not answer, ``dask_workers_missing`` when nobody works for it.
    """
    logging.getLogger("distributed").setLevel(logging.NOTSET)  # as loud as other libraries, not louder
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what goes wrong there is told here
    dask.config.set({"distributed.admin.large-graph-warning-threshold": _LARGE})
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except OSError as error:
        message = f"No Dask scheduler answers at {scheduler}."
        raise RetryableError("dask_unreachable", message, scheduler=scheduler) from error
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
    except _LOST as error:
        client.close(timeout=CONNECT_S)
        message = f"The Dask scheduler at {scheduler} has no workers."
        raise RetryableError("dask_workers_missing", message, scheduler=scheduler) from error
    return client


class _Line(Generic[Piece, Result]):
    """Hold the pieces that are on their way, the first of them first."""

    def __init__(
        self, function: Callable[[Piece], Result], client: Client | None, go_on_here: Callable[[PlatformError], None]
    ) -> None:
        self.held: deque[tuple[Piece, _Sent | None]] = deque()
        self._function, self._client, self._go_on_here = function, client, go_on_here
        self._limit = 1
        if client is not None:
            with self._left_when_lost():
                self._limit = _AHEAD * max(_threads(client), 1)

    @property
    def is_full(self) -> bool:
        """Whether the first is to be taken before another is sent."""
        return len(self.held) >= (1 if self._client is None else self._limit)

    def send(self, piece: Piece) -> None:
        """Send a piece to the cluster, or keep it to be done here."""
        future = None
        if self._client is not None:
            with self._left_when_lost():
                task = pickle.dumps((self._function, piece), protocol=4)
                future = self._client.submit(perform, code_stamp(), task, pure=False)
        self.held.append((piece, future))

    def first(self) -> Result:
        """Return what was made of the first piece, and let go of it."""
        piece, future = self.held.popleft()
        if self._client is not None and future is not None:
            with self._left_when_lost():
                result: Result = pickle.loads(self._come(self._client, future))  # noqa: S301 - our own function's
                return result
        return self._function(piece)

    def _come(self, client: Client, future: _Sent) -> bytes:
        """Wait until a piece is done, there are no workers left, or patience is at an end."""
        until_s = time.monotonic() + PATIENCE_S
        while not _is_done(client, future):
            if not _threads(client):
                raise RetryableError("dask_workers_missing", "The last worker of the cluster is gone.")
            if time.monotonic() > until_s:
                raise RetryableError("dask_silent", f"Nothing came back within {PATIENCE_S:.0f} s.")
        if future.status == "error":
            raise RetryableError("dask_failed", f"A piece failed on the cluster: {future.exception()!r}.")
        theirs, made = future.result(timeout=PATIENCE_S)
        if theirs != code_stamp():
            message = "A Dask worker runs other code or other versions: install the same everywhere, and restart it."
            raise ConfigurationError("dask_code_differs", message)
        return bytes(made)

    @contextmanager
    def _left_when_lost(self) -> Iterator[None]:
        """Do what is left here when the cluster fails in the middle."""
        try:
            yield
        except (RetryableError, ConfigurationError) as error:
            self._client = None
            self._go_on_here(error)
        except _LOST:
            self._client = None
            self._go_on_here(RetryableError("dask_lost", "The connection to the scheduler is lost."))


def _require_certificates() -> None:
    """Refuse to begin without what TLS needs: where files are is Dask's own configuration."""
    try:
        whole = Security().get_connection_args("client")["ssl_context"] is not None
    except OSError:
        whole = False
    if not whole:
        message = (
            "For tls:// Dask's configuration has to name ca-file, client.cert and client.key, and they be readable."
        )
        raise ConfigurationError("dask_certificates_missing", message, setting="distributed.comm.tls")


def _is_done(client: Client, future: _Sent) -> bool:
    try:
        with client.as_current():
            wait([future], timeout=_LOOK_S)
    except TimeoutError:
        return False
    return True


def _threads(client: Client) -> int:
    """Return how many pieces the workers can do at a time."""
    scheduler: Any = client.scheduler  # what it can be asked is made at run time
    threads: dict[str, int] = client.sync(scheduler.ncores, callback_timeout=ANSWER_S)
    return sum(threads.values())
