"""The MQTT notifier of OpenADR 3.1: publish what is queued for topics, in order, until the broker has taken it.

What is said to whom was decided before it was queued, and who may read which topic is the broker's rules to tell. The
worker that has the duties publishes; its session has a fixed name, so that one that lost them without noticing is ended
by the broker.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import mqtt5
import numpy as np

from core.broker_address import BrokerAddress
from core.errors import RetryableError
from db.connection import Connection as Database
from db.notifications import Publication, due_publications, listen_for_news, mark_published, wait_for_news
from ingest.arrangement import Subscription
from ingest.backoff import BackOff
from ingest.connection import Connection
from ingest.line import DatabaseLine
from ingest.outage import Outage
from ingest.session import SESSION_EXPIRY_S, Session

CLIENT_ID: Final = "ingest-openadr"
_JSON: Final = "application/json"
_NOTE: Final = "OpenADR notifications wait in the database meanwhile."
_AT_ONCE: Final = 200
_POLL_S: Final = 2.0
_PUBACK_WITHIN_S: Final = 10.0
_FAILED: Final = 0x80
_TABLES: Final = ("openadr_publication",)


class Speaker(Session):
    """A session that publishes and receives nothing."""

    def __init__(self, address: BrokerAddress) -> None:
        nothing = Subscription(CLIENT_ID, "", lambda parcel: np.zeros(len(parcel), np.bool_))
        outage = Outage("notifier_broker", address=f"{address.host}:{address.port}", note=_NOTE)
        super().__init__(address, nothing, receive_maximum=1, receive=lambda _parcel: None, outage=outage)

    async def say(self, publication: Publication) -> int | None:
        """Publish at QoS 1, not retained; return the broker's reason code, None when it did not answer."""
        try:
            async with asyncio.timeout(_PUBACK_WITHIN_S):
                return await self.publish(
                    publication.topic,
                    publication.notification.encode(),
                    content_type=_JSON,
                    expiry_s=SESSION_EXPIRY_S,
                )
        except (RetryableError, TimeoutError):
            return None

    async def _subscribe(self, connection: Connection) -> None:
        """Subscribe to nothing."""

    def _connect_packet(self, **more: Any) -> mqtt5.ConnectPacket:
        return super()._connect_packet(clean_start=True, session_expiry_interval=0, **more)


class Notifier:
    """Publish what is queued.

    Parameters
    ----------
    line : DatabaseLine
        Autocommit connection that nobody else uses.
    mqtt_url : str
        Where the broker is.
    """

    def __init__(self, line: DatabaseLine, mqtt_url: str) -> None:
        self._line = line
        self._address = BrokerAddress.parse(mqtt_url)
        self._back_off = BackOff()
        self._refusal = Outage("notifications", address=f"{self._address.host}:{self._address.port}", note=_NOTE)

    async def run(self) -> None:
        """Publish what becomes due until cancelled."""
        speaker = Speaker(self._address)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speaker.run(), name="notifier session")
            while True:
                await speaker.is_subscribed.wait()
                await self._line.retry(lambda database: self._work_off(database, speaker))

    async def _work_off(self, database: Database, speaker: Speaker) -> None:
        # Listening first: what becomes due after the look below wakes us up.
        await listen_for_news(database)
        due = await due_publications(database, limit=_AT_ONCE)
        taken = await self._say_all(speaker, due)
        if taken:
            await mark_published(database, [publication.openadr_publication_id for publication in due[:taken]])
            self._back_off.reset()
        if taken < len(due):
            await asyncio.sleep(self._back_off.next_s())
        elif len(due) < _AT_ONCE:
            await wait_for_news(database, _TABLES, within_s=_POLL_S)

    async def _say_all(self, speaker: Speaker, due: Sequence[Publication]) -> int:
        """Publish in order; return how many were taken before the first that was not.

        What was taken after that one is published again after it: whoever hears both hears the newest last.
        """
        for place, reason in enumerate(await asyncio.gather(*map(speaker.say, due))):
            if reason is None:
                return place
            if reason >= _FAILED:
                why = (
                    f"The broker refuses {due[place].topic} ({reason:#04x}): `somel pki broker` writes its rules anew."
                )
                self._refusal.notice(CLIENT_ID, why)
                return place
            self._refusal.end(CLIENT_ID)
        return len(due)
