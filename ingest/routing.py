"""Who sent a message, and may it: decided from its topic and the registry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import InputError
from core.identifiers import SHELLY_KINDS, parse_topic
from db.registry import GatewayEntry, Registry
from ingest import decode
from ingest.decode import MessageRefusal
from ingest.decode.foreign import Foreign
from ingest.decode.shelly import read_shelly
from ingest.meters import GatewayMeters
from ingest.parcel import Message
from ingest.sparkplug.topics import is_sparkplug, parse_node_topic

#: By position, what a message of a Sparkplug node says, or why it is refused.
Heard = Mapping[int, Foreign | InputError]


@dataclass(frozen=True, slots=True)
class Routed:
    """Messages sorted by what their topics say.

    Attributes
    ----------
    decodable : list of decode.Message
        Messages of known gateways under the right shard.
    positions : list of int
        Position of each of them among all messages.
    gateway_ids : list of int
        Gateway of each of them.
    gateway_names : list of str
        The same by name.
    refusals : list of MessageRefusal
        The others.
    """

    decodable: list[decode.Message]
    positions: list[int]
    gateway_ids: list[int]
    gateway_names: list[str]
    refusals: list[MessageRefusal]

    def add(self, message: decode.Message, position: int, gateway_id: int, gateway_name: str) -> None:
        """Add a message of a known gateway."""
        self.decodable.append(message)
        self.positions.append(position)
        self.gateway_ids.append(gateway_id)
        self.gateway_names.append(gateway_name)


def route(messages: Iterable[tuple[int, Message]], registry: Registry, heard: Heard) -> Routed:
    """Sort messages into those to decode and those refused for their topic.

    Parameters
    ----------
    messages : iterable of (int, Message)
        Messages with their positions, in the order received.
    registry : Registry
        Who is known.
    heard : mapping of int to Foreign or InputError
        By position, what messages of Sparkplug nodes of known gateways say, which takes what came before them.
    """
    routed = Routed([], [], [], [], [])
    for position, message in messages:
        try:
            if is_sparkplug(message.topic):
                _route_node(routed, position, message, registry, heard)
            else:
                _route_gateway(routed, position, message, registry)
        except InputError as error:
            routed.refusals.append(MessageRefusal(position, error.code, error.message, 1))
    return routed


def _route_gateway(routed: Routed, position: int, message: Message, registry: Registry) -> None:
    topic = parse_topic(message.topic)
    gateway = _gateway(registry, topic.gateway)
    if gateway.shard != topic.shard:
        raise InputError("shard_wrong", f"The gateway is registered under shard {gateway.shard}.")
    foreign = None
    if topic.kind in SHELLY_KINDS and len(message.payload) <= decode.MAX_PAYLOAD_BYTES:
        meters = GatewayMeters(registry, topic.gateway, gateway.gateway_id)
        foreign = read_shelly(
            topic, message.payload, received_s=message.received_s, meters=meters, is_retained=message.is_retained
        )
    decodable = decode.Message(topic.kind, message.content_type, message.payload, foreign, message.received_s)
    routed.add(decodable, position, gateway.gateway_id, topic.gateway)


def _route_node(routed: Routed, position: int, message: Message, registry: Registry, heard: Heard) -> None:
    topic = parse_node_topic(message.topic)
    gateway = _gateway(registry, topic.node)
    said = heard.get(position)
    if isinstance(said, InputError):
        raise said
    decodable = decode.Message(topic.kind, message.content_type, message.payload, said, message.received_s)
    routed.add(decodable, position, gateway.gateway_id, topic.node)


def _gateway(registry: Registry, name: str) -> GatewayEntry:
    gateway = registry.gateways.get(name)
    if gateway is None and name in registry.over_quota:
        raise InputError("quota_exceeded", "The gateway has sent more messages in this hour than it may.")
    if gateway is None and name in registry.quarantined:
        raise InputError("gateway_quarantined", "The gateway is in quarantine.")
    if gateway is None:
        raise InputError("gateway_unknown", "No gateway of this name is registered.")
    return gateway
