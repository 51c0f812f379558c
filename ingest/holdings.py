"""The sessions of the shards that a worker has: begun and ended one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import Final, Self

from core.broker_address import BrokerAddress
from core.settings import Settings
from core.tasks import cancel
from db.workers import DUTIES
from ingest.arrangement import arrange
from ingest.outage import Outage
from ingest.parcel import Parcel
from ingest.session import Session
from ingest.sparkplug.session import HostSession
from ingest.stored import JSON

_HOST: Final = DUTIES - 1  # where the Sparkplug session stands among the shards' sessions
_NOTE: Final = "Ingest goes on trying; what gateways deliver to the broker meanwhile waits there."


class Holdings:
    """Run one session for each shard held and, for whoever has the duties, what there is once.

    Parameters
    ----------
    settings : Settings
        What the operator set.
    mqtt_url : str
        Where the broker is.
    receive : callable
        Is given what the sessions receive.
    duties : callable
        Runs, until cancelled, what there is once in an installation besides the strays' and the Sparkplug session.

    Attributes
    ----------
    sessions : dict of int to Session
        Session of each shard held; without the strays'.
    """

    def __init__(
        self,
        settings: Settings,
        mqtt_url: str,
        *,
        receive: Callable[[Parcel], None],
        duties: Callable[[], Awaitable[None]],
    ) -> None:
        self.sessions: dict[int, Session] = {}
        self._settings = settings
        self._address = BrokerAddress.parse(mqtt_url)
        self._outage = Outage("broker", address=f"{self._address.host}:{self._address.port}", note=_NOTE)
        self._receive = receive
        self._duties = duties
        arranged = arrange(range(settings.shards), strays=settings.ingest_strays)
        self._subscriptions = dict(zip((*range(settings.shards), DUTIES), arranged, strict=False))
        self._every: dict[int, Session] = {}
        self._still: set[int] = set()
        self._host: HostSession | None = None
        self._tasks: dict[int, list[asyncio.Task[None]]] = {}
        self._group = asyncio.TaskGroup()
        self._is_paused = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._group.__aexit__(kind, error, trace)

    def begin(self, shard: int) -> None:
        """Run the session of a shard that was taken; for `DUTIES`, all that there is once."""
        work: list[Coroutine[None, None, None]] = []
        if shard in self._subscriptions:
            session = Session(
                self._address,
                self._subscriptions[shard],
                receive_maximum=self._settings.ingest_receive_maximum,
                receive=self._receive,
                outage=self._outage,
                clock=self._settings.clock,
            )
            session.pause(paused=self._is_paused)
            self._every[shard] = session
            work.append(session.run())
        if shard == DUTIES:
            work += [self._perform_duties(), *self._host_work()]
        else:
            self.sessions[shard] = self._every[shard]
        self._tasks[shard] = [self._group.create_task(one) for one in work]

    def still(self, shard: int) -> None:
        """Read no more of a shard that is to be given up, and send nothing on its session."""
        self._still.add(shard)
        self.sessions.pop(shard).pause(paused=True)

    async def end(self, shard: int) -> None:
        """Leave the session of a shard that is given up; it stays at the broker, for its next owner."""
        del self._every[shard]
        self._still.discard(shard)
        await cancel(*self._tasks.pop(shard))

    async def subscribed(self) -> None:
        """Wait until every session that there is now receives."""
        for session in list(self._every.values()):
            await session.is_subscribed.wait()

    def pause_all(self, *, paused: bool) -> None:
        """Stop reading, or go on; holds for sessions begun later, too."""
        self._is_paused = paused
        for shard in self._every.keys() - self._still:
            self._every[shard].pause(paused=paused)

    def tell(self, shard: int, words: Sequence[tuple[str, bytes]]) -> None:
        """Publish our own words, topic and payload, on a shard's session, if it is ours."""
        if shard in self.sessions:
            self.sessions[shard].tell(words, content_type=JSON)

    def ask_for_rebirth(self, node: str) -> None:
        """Ask a Sparkplug edge node to be born again, if its host application is ours."""
        if self._host is not None:
            self._host.ask_for_rebirth(node)

    async def _perform_duties(self) -> None:
        await self._duties()

    def _host_work(self) -> list[Coroutine[None, None, None]]:
        if not self._settings.sparkplug_group:
            return []
        self._host = HostSession(
            self._address,
            group=self._settings.sparkplug_group,
            host=self._settings.sparkplug_host,
            receive_maximum=self._settings.ingest_receive_maximum,
            receive=self._receive,
            outage=self._outage,
        )
        self._host.pause(paused=self._is_paused)
        self._every[_HOST] = self._host
        return [self._host.run()]
