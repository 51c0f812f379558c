"""Our own word to each gateway: which of its messages are stored, said after COMMIT and at most once a second.

A PUBACK is the broker's word, and a broker that is killed may forget what it has acknowledged. A gateway keeps its
messages until this word covers them, and sends again what it calls missing.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from core.identifiers import Topic
from db.deliveries import Delivered
from db.registry import Registry

_EVERY_S: Final = 1.0
#: Words to very many gateways are said more seldom: they may take this share of the time. [ratio]
_LARGEST_SHARE: Final = 0.02
_LONGEST_PAUSE_S: Final = 5.0
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
    """Tell gateways what is stored.

    Parameters
    ----------
    tell : callable
        Publishes words of a shard (topic and payload) at QoS 0, or leaves it: the next say the same and more.
    registry : callable
        Returns the registry as it is known, or None.
    """

    def __init__(
        self, tell: Callable[[int, Sequence[tuple[str, bytes]]], None], registry: Callable[[], Registry | None]
    ) -> None:
        self._tell = tell
        self._registry = registry
        self._named: tuple[Registry | None, dict[int, Topic]] = (None, {})
        self._news: dict[int, Delivered] = {}
        self._has_news = asyncio.Event()

    def note(self, delivered: Iterable[Delivered]) -> None:
        """Note what a batch that was committed has made of its gateways' numbers."""
        for one in delivered:
            self._news[one.gateway_id] = one
        if self._news:
            self._has_news.set()

    async def run(self) -> None:
        """Pass the news on until cancelled."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            began_s = time.perf_counter()
            self._pass_on()
            spent_s = time.perf_counter() - began_s
            await asyncio.sleep(max(_EVERY_S, min(_LONGEST_PAUSE_S, spent_s / _LARGEST_SHARE)))

    def _pass_on(self) -> None:
        news, self._news = self._news, {}
        topics = self._topics()
        words: defaultdict[int, list[tuple[str, bytes]]] = defaultdict(list)
        for gateway_id, delivered in news.items():
            topic, ranges = topics.get(gateway_id), delivered.ranges
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
