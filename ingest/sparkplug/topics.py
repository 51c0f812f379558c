"""Sparkplug's topics: ``spBv1.0/<group>/<kind>/<edge node>[/<device>]`` (specification 3.0, chapter 4)."""

from dataclasses import dataclass
from typing import Final

from core.errors import InputError
from core.identifiers import DEVICE_ID

NAMESPACE: Final = "spBv1.0"
NODE_KINDS: Final = ("NBIRTH", "NDATA", "NDEATH")
DEVICE_KINDS: Final = ("DBIRTH", "DDATA", "DDEATH")
_NODE_LEVELS: Final = 3  # below the namespace; a device stands one level deeper


@dataclass(frozen=True, slots=True)
class NodeTopic:
    """Where an edge node publishes: its group, the kind of message, its name and its device's, if it is about one."""

    group: str
    kind: str
    node: str
    device: str | None = None

    def __str__(self) -> str:
        levels = [NAMESPACE, self.group, self.kind, self.node]
        return "/".join(levels if self.device is None else [*levels, self.device])


def is_sparkplug(topic: str) -> bool:
    """Tell whether a topic belongs to Sparkplug."""
    return topic.startswith(f"{NAMESPACE}/")


def parse_node_topic(text: str) -> NodeTopic:
    """Read a topic that an edge node published to.

    Raises
    ------
    InputError
        ``topic_unknown``.
    """
    namespace, *levels = text.split("/")
    kinds = {_NODE_LEVELS: NODE_KINDS, _NODE_LEVELS + 1: DEVICE_KINDS}.get(len(levels), ())
    if namespace == NAMESPACE and kinds and levels[1] in kinds and all(map(DEVICE_ID.fullmatch, levels[2:])):
        return NodeTopic(*levels)
    raise InputError("topic_unknown", "The topic is not one that an edge node has.", topic=text[:200])


def command_topic(group: str, node: str) -> str:
    """Return where an edge node listens for commands."""
    return f"{NAMESPACE}/{group}/NCMD/{node}"


def state_topic(host: str) -> str:
    """Return where a host application says whether it is online."""
    return f"{NAMESPACE}/STATE/{host}"
