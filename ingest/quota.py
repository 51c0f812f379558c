"""How much one gateway may send in an hour: a device gone wild must not take the place of all others."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

_HOUR_S: Final = 3_600.0


class Quota:
    """Count the messages of each gateway, hour by hour.

    Parameters
    ----------
    hourly_messages : int
        Messages that are taken from a gateway in an hour; when a batch passes that, the rest of the hour is refused.
    now_s : callable, optional
        A clock that never goes back. [s]
    """

    def __init__(self, hourly_messages: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._hourly_messages = hourly_messages
        self._now_s = now_s
        self._began_s = now_s()
        self._counts = np.zeros(0, np.int64)
        self.exceeded: frozenset[int] = frozenset()

    def count(self, gateway_id: npt.NDArray[np.int32]) -> bool:
        """Count messages by gateway, -1 is nobody; tell whether other gateways are beyond their quota now.

        Notes
        -----
        O(messages + largest key): about 2 ns a message.
        """
        if self._now_s() - self._began_s >= _HOUR_S:
            self._began_s = self._now_s()
            self._counts[:] = 0
        counts = np.bincount(gateway_id[gateway_id >= 0], minlength=len(self._counts))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        before = self.exceeded
        self.exceeded = frozenset(np.flatnonzero(counts > self._hourly_messages).tolist())
        return self.exceeded != before
