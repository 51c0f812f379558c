"""The registry as ingest knows it, read again when somebody unknown turns up."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from core.clock import Clock
from core.errors import InputError
from db.registry import Registry, load_quarantined, load_registry
from ingest.decode.foreign import Foreign
from ingest.directory import Directory
from ingest.judging import Judged, judge, rest_of
from ingest.line import DatabaseLine
from ingest.parcel import Parcel
from ingest.plain import Plain, read_plain
from ingest.quota import Quota
from ingest.sparkplug.hearing import Hearing

_log = structlog.get_logger()

#: Shortest time between two reads of the registry. [s]
_PAUSE_S: Final = 0.2
#: How often the operator's quarantine is looked at: it must hold within seconds. [s]
_QUARANTINE_S: Final = 2.0
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
    quota : Quota
        Tells who has sent more than his share.
    """

    def __init__(self, line: DatabaseLine, clock: Clock, hearing: Hearing, quota: Quota) -> None:
        self._quota = quota
        self._hearing = hearing
        self._line = line
        self._clock = clock
        self._known: tuple[Registry, Directory] | None = None
        self._read_at_s = 0.0
        self._settled_s = _SETTLED_S
        self._settled: dict[tuple[str, str], float] = {}  # until when, by topic and code

    @property
    def registry(self) -> Registry | None:
        """The registry as it was last read."""
        return self._known[0] if self._known else None

    async def load(self) -> tuple[Registry, Directory]:
        """Read the registry, and lay it out for the quick way."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        registry = self._without_greedy(await self._line.retry(load_registry))
        self._known = registry, await asyncio.to_thread(Directory, registry)
        self._read_at_s = loop.time()
        self._settled_s = _SETTLED_S + _SETTLED_READS * (self._read_at_s - began_s)
        _log.info("registry_read", gateways=len(registry.gateways), devices=len(registry.devices))
        return self._known

    async def watch(self, line: DatabaseLine) -> None:
        """Read the registry again whenever a gateway was put into quarantine or let out of it, until cancelled."""
        while True:
            await asyncio.sleep(_QUARANTINE_S)
            quarantined = await line.retry(load_quarantined)
            if self.registry is not None and quarantined != self.registry.quarantined:
                await self.load()

    async def __call__(self, messages: Parcel) -> Judged:
        """Judge messages; whoever is unknown is looked for in the database first."""
        judged = await self._with_newest(messages)
        if self._quota.count(judged.gateway_id):
            _log.warning("quota_exceeded", gateway_ids=sorted(self._quota.exceeded)[:20])
            await self.load()
        return judged

    def _without_greedy(self, registry: Registry) -> Registry:
        greedy = {name for name, gateway in registry.gateways.items() if gateway.gateway_id in self._quota.exceeded}
        if not greedy:
            return registry
        others = {name: gateway for name, gateway in registry.gateways.items() if name not in greedy}
        return replace(registry, gateways=others, over_quota=frozenset(greedy))

    async def _with_newest(self, messages: Parcel) -> Judged:
        loop = asyncio.get_running_loop()
        heard: dict[int, Foreign | InputError] = {}
        judged = await self._judge(messages, *(self._known or await self.load()), heard)
        now_s = loop.time()
        if all(self._settled.get(doubt, 0.0) > now_s for doubt in judged.doubts()):
            return judged
        await asyncio.sleep(max(0.0, self._read_at_s + _PAUSE_S - now_s))
        judged = await self._judge(messages, *await self.load(), heard)
        until_s = loop.time() + self._settled_s
        self._settled = {doubt: end_s for doubt, end_s in self._settled.items() if end_s > now_s}
        self._settled |= dict.fromkeys(judged.doubts(), until_s)
        return judged

    async def _judge(
        self, messages: Parcel, registry: Registry, directory: Directory, heard: dict[int, Foreign | InputError]
    ) -> Judged:
        # In a thread, so that neither the sockets nor the COPY of the batch before wait.
        read = await asyncio.to_thread(_read_and_judge, messages, registry, directory, self._clock.now())
        if isinstance(read, Judged):
            return read
        self._hearing.hear(rest_of(messages, read), registry, heard)
        return await asyncio.to_thread(judge, messages, registry, self._clock.now(), heard, read)


def _read_and_judge(messages: Parcel, registry: Registry, directory: Directory, now: datetime) -> Judged | Plain:
    """Judge messages that can all be read the quick way; return what was read of others."""
    plain = read_plain(messages, directory)
    return plain if plain.declined else judge(messages, registry, now, plain=plain)
