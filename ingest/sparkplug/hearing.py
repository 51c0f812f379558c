"""Sparkplug messages among those received: each is read once, in their order, whatever else is asked about them."""

import time
from collections.abc import Callable, Iterable

from core.errors import InputError
from db.registry import Registry
from ingest.decode.foreign import Foreign
from ingest.meters import GatewayMeters
from ingest.parcel import Message
from ingest.sparkplug.nodes import REBIRTH_PAUSE_S, Nodes
from ingest.sparkplug.topics import is_sparkplug, parse_node_topic


class Hearing:
    """Read what Sparkplug nodes publish.

    What is known of them holds for one connection: what they published between two of them was not received.

    Parameters
    ----------
    ask : callable
        Is given the name of a node that has to be born again.
    pause_s : float
        Shortest time between two requests to one node. [s]
    """

    def __init__(self, ask: Callable[[str], None], *, pause_s: float = REBIRTH_PAUSE_S) -> None:
        self._nodes = Nodes(ask, pause_s=pause_s)
        self._connection: object = None

    def hear(
        self, messages: Iterable[tuple[int, Message]], registry: Registry, heard: dict[int, Foreign | InputError]
    ) -> None:
        """Add what messages of known nodes say to `heard`, by position, unless it is there."""
        for position, message in messages:
            if is_sparkplug(message.topic) and position not in heard:
                said = self._read(message, registry)
                if said is not None:
                    heard[position] = said

    def _read(self, message: Message, registry: Registry) -> Foreign | InputError | None:
        if message.connection is not self._connection:
            self._connection = message.connection
            self._nodes.forget()
        try:
            topic = parse_node_topic(message.topic)
            gateway = registry.gateways.get(topic.node)
            if gateway is None:
                return None
            own = GatewayMeters(registry, topic.node, gateway.gateway_id).whole()
            return self._nodes.read(topic, message.payload, own_meter=own, now_s=time.monotonic())
        except InputError as error:
            return error
