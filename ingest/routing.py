"""Who sent a message, and may it: decided from its topic and the registry, before anything is decoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.identifiers import parse_topic
from db.registry import Registry
from ingest import decode
from ingest.decode import MessageRefusal
from ingest.session import Message


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


def route(messages: Sequence[Message], registry: Registry) -> Routed:
    """Sort messages into those to decode and those refused for their topic."""
    routed = Routed([], [], [], [], [])
    for position, message in enumerate(messages):
        try:
            topic = parse_topic(message.topic)
        except InputError as error:
            routed.refusals.append(MessageRefusal(position, error.code, error.message, 1))
            continue
        gateway = registry.gateways.get(topic.gateway)
        if gateway is None:
            reason = "No gateway of this name is registered."
            routed.refusals.append(MessageRefusal(position, "gateway_unknown", reason, 1))
        elif gateway.shard != topic.shard:
            reason = f"The gateway is registered under shard {gateway.shard}."
            routed.refusals.append(MessageRefusal(position, "shard_wrong", reason, 1))
        else:
            routed.decodable.append(decode.Message(topic.kind, message.content_type, message.payload))
            routed.positions.append(position)
            routed.gateway_ids.append(gateway.gateway_id)
            routed.gateway_names.append(topic.gateway)
    return routed
