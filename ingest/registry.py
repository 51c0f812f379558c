"""The registry as ingest knows it, read again when somebody unknown turns up."""

import asyncio
from typing import Final

import structlog

from core.clock import Clock
from core.errors import InputError
from db.registry import Registry, load_registry
from ingest.decode.foreign import Foreign
from ingest.judging import Judged, judge
from ingest.line import DatabaseLine
from ingest.session import Message
from ingest.sparkplug.hearing import Hearing

_log = structlog.get_logger()

#: Shortest time between two reads of the registry. [s]
_PAUSE_S: Final = 0.2
#: How long a sender that stays unknown causes no further read: so long, and so many times what a read takes. [s]
_SETTLED_S: Final = 2.0
_SETTLED_READS: Final = 20.0


class Judge:
    """Judge messages against the registry, and again against a newer one when that may change the outcome.

    Nothing is refused for being unknown before the registry was read anew, so that a device registered a moment ago is
    accepted; whoever is still unknown then is refused at once for the next seconds.

    Parameters
    ----------
    line : DatabaseLine
        Where the registry is read from.
    clock : Clock
        Tells what lies too far in the past, and what in the future.
    hearing : Hearing
        Reads what Sparkplug nodes publish.
    """

    def __init__(self, line: DatabaseLine, clock: Clock, hearing: Hearing) -> None:
        self._hearing = hearing
        self._line = line
        self._clock = clock
        self._registry: Registry | None = None
        self._read_at_s = 0.0
        self._settled_s = _SETTLED_S
        self._settled: dict[tuple[str, str], float] = {}  # until when, by topic and code

    @property
    def registry(self) -> Registry | None:
        """The registry as it was last read."""
        return self._registry

    async def load(self) -> Registry:
        """Read the registry."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        registry = await self._line.retry(load_registry)
        self._registry, self._read_at_s = registry, loop.time()
        self._settled_s = _SETTLED_S + _SETTLED_READS * (self._read_at_s - began_s)
        _log.info("registry_read", gateways=len(registry.gateways), devices=len(registry.devices))
        return registry

    async def __call__(self, messages: list[Message]) -> Judged:
        """Judge messages; whoever is unknown is looked for in the database first."""
        loop = asyncio.get_running_loop()
        heard: dict[int, Foreign | InputError] = {}
        judged = self._judge(messages, self._registry or await self.load(), heard)
        now_s = loop.time()
        if all(self._settled.get(doubt, 0.0) > now_s for doubt in judged.doubts()):
            return judged
        await asyncio.sleep(max(0.0, self._read_at_s + _PAUSE_S - now_s))
        judged = self._judge(messages, await self.load(), heard)
        until_s = loop.time() + self._settled_s
        self._settled = {doubt: end_s for doubt, end_s in self._settled.items() if end_s > now_s}
        self._settled |= dict.fromkeys(judged.doubts(), until_s)
        return judged

    def _judge(self, messages: list[Message], registry: Registry, heard: dict[int, Foreign | InputError]) -> Judged:
        self._hearing.hear(messages, registry, heard)
        return judge(messages, registry, self._clock.now(), heard)
