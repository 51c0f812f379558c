"""Records that publishers send by MQTT: committed to Enjoy's inbox as they are, then acknowledged.

A topic is ``enjoy/v1/<dataset>/records``. What a message means is not looked at here: the Enjoy process does that, by
the contract of the dataset. The worker that has the duties receives; its session is persistent and has a fixed name, so
what comes while nobody receives waits at the broker, and what was committed and not acknowledged comes again.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

import numpy as np

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.identifiers import PUBLISHERS_TOPIC_ROOT
from db.inbox import NewMessage, insert_messages
from ingest.arrangement import Subscription
from ingest.line import DatabaseLine
from ingest.outage import Outage
from ingest.parcel import Parcel
from ingest.session import Session

CLIENT_ID: Final = "ingest-enjoy"
TOPICS: Final = f"{PUBLISHERS_TOPIC_ROOT}/+/records"
_DATASET_LEVEL: Final = 2
_NOTE: Final = "What publishers send waits at the broker meanwhile."
#: Messages that the broker may send before the first is acknowledged; each may have megabytes.
_RECEIVE_MAXIMUM: Final = 200


class Publications:
    """Receive what publishers send.

    Parameters
    ----------
    line : DatabaseLine
        Autocommit connection that nobody else uses.
    mqtt_url : str
        Where the broker is.
    clock : Clock
        Stamps what is received.
    """

    def __init__(self, line: DatabaseLine, mqtt_url: str, clock: Clock) -> None:
        self._line = line
        self._address = BrokerAddress.parse(mqtt_url)
        self._clock = clock

    async def run(self) -> None:
        """Receive until cancelled."""
        arrived: asyncio.Queue[Parcel] = asyncio.Queue()  # bounded by what the broker may send
        everything = Subscription(CLIENT_ID, TOPICS, lambda parcel: np.ones(len(parcel), np.bool_))
        session = Session(
            self._address,
            everything,
            receive_maximum=_RECEIVE_MAXIMUM,
            receive=arrived.put_nowait,
            outage=Outage("publications_broker", address=f"{self._address.host}:{self._address.port}", note=_NOTE),
            clock=self._clock,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(session.run(), name="publications session")
            while True:
                parcels = [await arrived.get()]
                while not arrived.empty():
                    parcels.append(arrived.get_nowait())
                await self._commit(Parcel.join(parcels))

    async def _commit(self, parcel: Parcel) -> None:
        messages = [
            NewMessage(datetime.fromtimestamp(one.received_s, UTC), one.topic.split("/")[_DATASET_LEVEL], one.payload)
            for one in parcel
        ]
        await self._line.retry(lambda database: insert_messages(database, messages))
        parcel.acknowledge()
