"""Our own word to each gateway: which of its messages are stored, recorded and said at most once a second.

A PUBACK is the broker's word, and a broker that is killed may forget what it has acknowledged. A gateway keeps its
messages until this word covers them, and sends again what it calls missing.
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from core.identifiers import Topic
from db.deliveries import Arrivals, Delivered, record_deliveries
from db.registry import Registry
from ingest.line import DatabaseLine

_EVERY_S: Final = 1.0
#: Words to very many gateways are said more seldom: they may take this share of the time. [ratio]
_LARGEST_SHARE: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0
_LAST_WORD_S: Final = 1.0
JSON: Final = "application/json"


def encode_stored(ranges: Sequence[tuple[int, int]]) -> bytes:
    """Return the payload of a ``stored`` message.

    Parameters
    ----------
    ranges : sequence of (int, int)
        Sequence numbers stored, ``[first, after)``, rising and apart; at least one.

    Examples
    --------
    >>> encode_stored([(4, 8), (9, 12)])
    b'{"first":4,"through":7,"highest":11,"missing":[[8,8]]}'
    """
    missing = [[before[1], after[0] - 1] for before, after in pairwise(ranges)]
    return msgspec.json.encode(
        {"first": ranges[0][0], "through": ranges[0][1] - 1, "highest": ranges[-1][1] - 1, "missing": missing}
    )


class StoredWords:
    """Record what is stored of each gateway, and tell the gateways.

    Recording has a transaction of its own, after those of the batches: a worker that is killed between them has
    stored what it does not know of, which the gateways then send again, and that is all.

    Parameters
    ----------
    line : DatabaseLine
        Connection that nobody else uses.
    tell : callable
        Publishes words of a shard (topic and payload) at QoS 0, or leaves it: the next say the same and more.
    registry : callable
        Returns the registry as it is known, or None.
    """

    def __init__(
        self,
        line: DatabaseLine,
        tell: Callable[[int, Sequence[tuple[str, bytes]]], None],
        registry: Callable[[], Registry | None],
    ) -> None:
        self._line = line
        self._tell = tell
        self._registry = registry
        self._named: tuple[Registry | None, dict[int, Topic]] = (None, {})
        self._heard: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]] = []
        self._has_news = asyncio.Event()

    def note(self, gateway_ids: Iterable[npt.NDArray[np.int32]], sequences: Iterable[npt.NDArray[np.int64]]) -> None:
        """Note gateway and number of the messages of a batch that was committed; -1 is nobody, and no number."""
        self._heard.extend(zip(gateway_ids, sequences, strict=True))
        if self._heard:
            self._has_news.set()

    async def run(self) -> None:
        """Record and tell until cancelled."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            began_s = time.perf_counter()
            self._pass_on(await self._record())
            spent_s = time.perf_counter() - began_s
            await asyncio.sleep(max(_EVERY_S, min(_LONGEST_PAUSE_S, spent_s / _LARGEST_SHARE)))

    async def close(self) -> None:
        """Record what was stored last; where the database is away, gateways will send it again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORD_S):
                await self._record()

    async def _record(self) -> tuple[Delivered, ...]:
        heard = list(self._heard)
        if not heard:
            return ()
        arrivals = await asyncio.to_thread(_arrivals, heard)
        delivered = await self._line.retry(lambda connection: record_deliveries(connection, arrivals))
        del self._heard[: len(heard)]  # only now: when it is cancelled before, `close` does it
        return delivered

    def _pass_on(self, news: Iterable[Delivered]) -> None:
        topics = self._topics()
        words: defaultdict[int, list[tuple[str, bytes]]] = defaultdict(list)
        for delivered in news:
            topic, ranges = topics.get(delivered.gateway_id), delivered.ranges
            if topic is not None and ranges:  # a gateway without numbers is told nothing
                words[topic.shard].append((str(topic), encode_stored(ranges)))
        for shard, of_shard in words.items():
            self._tell(shard, of_shard)

    def _topics(self) -> dict[int, Topic]:
        registry = self._registry()
        if registry is not None and registry is not self._named[0]:
            named = {
                gateway.gateway_id: Topic(gateway.shard, name, "stored") for name, gateway in registry.gateways.items()
            }
            self._named = (registry, named)
        return self._named[1]


def _arrivals(heard: Sequence[tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]]) -> Arrivals:
    gateway_ids, sequences = zip(*heard, strict=True)
    return Arrivals.of(np.concatenate(gateway_ids), np.concatenate(sequences))
