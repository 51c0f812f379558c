"""What is known of each edge node: born or not, the metrics it defined, its place in its sequence.

Sparkplug sends data at QoS 0 and by aliases that only a birth explains. So a message is believed only when its node,
and its device, was born and every message since has come; from the first one missing on, all are refused until the
node is born again, for which it is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from core.errors import InputError
from ingest.decode import MAX_PAYLOAD_BYTES, StateContent
from ingest.decode.faults import quoted
from ingest.decode.foreign import Foreign
from ingest.decode.sparkplug_values import Definitions, values_of
from ingest.decode.sparkplug_wire import Payload, read_payload
from ingest.sparkplug.topics import NodeTopic

#: A node is asked to be born again at most this often. [s]
REBIRTH_PAUSE_S: Final = 10.0
#: Devices that one node may have.
MAX_DEVICES: Final = 1_000
_SEQUENCES: Final = 256


@dataclass(slots=True)
class _Node:
    """One edge node since its birth."""

    seq: int
    bd_seq: int | None
    metrics: Definitions
    devices: dict[str, Definitions] = field(default_factory=dict)
    is_lost: bool = False  # a message is missing


class Nodes:
    """Follow the edge nodes of one group.

    Parameters
    ----------
    ask : callable
        Is given the name of a node that has to be born again.
    pause_s : float
        Shortest time between two requests to one node. [s]
    """

    def __init__(self, ask: Callable[[str], None], *, pause_s: float = REBIRTH_PAUSE_S) -> None:
        self._ask = ask
        self._pause_s = pause_s
        self._nodes: dict[str, _Node] = {}
        self._asked: dict[str, float] = {}
        self._ways: dict[str, Callable[[NodeTopic, Payload, str], Foreign]] = {
            "NBIRTH": self._node_birth,
            "NDATA": self._node_data,
            "NDEATH": self._node_death,
            "DBIRTH": self._device_birth,
            "DDATA": self._device_data,
            "DDEATH": self._device_death,
        }

    def forget(self) -> None:
        """Forget every node: what they published meanwhile was not received."""
        self._nodes.clear()

    def read(self, topic: NodeTopic, payload: bytes, *, own_meter: str | None, now_s: float) -> Foreign:
        """Read one message; to be called once for each, in the order received.

        Parameters
        ----------
        topic : NodeTopic
            Its topic.
        payload : bytes
            Its payload.
        own_meter : str or None
            Meter that the metrics of the node itself belong to.
        now_s : float
            Monotonic time. [s]

        Raises
        ------
        InputError
            Why the whole message is refused.
        """
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise InputError("payload_too_large", f"The payload has {len(payload)} bytes.")
        content = read_payload(payload)
        try:
            foreign = self._ways[topic.kind](topic, content, topic.device or own_meter or "")
        except InputError as error:
            if error.code in ("birth_missing", "sequence_gap"):
                self._request(topic.node, now_s)
            raise
        if any(fault.code == "metric_undefined" for fault in foreign.faults):
            self._request(topic.node, now_s)
        return foreign

    def _request(self, node: str, now_s: float) -> None:
        if now_s - self._asked.get(node, -self._pause_s) >= self._pause_s:
            self._asked[node] = now_s
            self._ask(node)

    def _node_birth(self, topic: NodeTopic, payload: Payload, meter: str) -> Foreign:
        node = _Node(_seq(payload), _bd_seq(payload), Definitions(payload.metrics))
        self._nodes[topic.node] = node
        return values_of(payload, node.metrics, meter, state=StateContent(status="online"))

    def _node_data(self, topic: NodeTopic, payload: Payload, meter: str) -> Foreign:
        return values_of(payload, self._follow(topic, payload).metrics, meter)

    def _node_death(self, topic: NodeTopic, payload: Payload, meter: str) -> Foreign:
        del meter
        node, bd_seq = self._nodes.get(topic.node), _bd_seq(payload)
        if node is not None and node.bd_seq is not None and node.bd_seq != bd_seq:
            reason = f"The death is of birth {bd_seq}; the node was born again as {node.bd_seq}."
            raise InputError("death_outdated", reason)
        self._nodes.pop(topic.node, None)
        return Foreign(state=StateContent(status="offline"))

    def _device_birth(self, topic: NodeTopic, payload: Payload, meter: str) -> Foreign:
        node, definitions = self._follow(topic, payload), Definitions(payload.metrics)
        if meter not in node.devices and len(node.devices) >= MAX_DEVICES:
            raise InputError("payload_invalid", f"The node has more than {MAX_DEVICES} devices.")
        node.devices[meter] = definitions
        return values_of(payload, definitions, meter)

    def _device_data(self, topic: NodeTopic, payload: Payload, meter: str) -> Foreign:
        definitions = self._follow(topic, payload).devices.get(meter)
        if definitions is None:
            raise InputError("birth_missing", f"The device {quoted(meter)} has not been born.")
        return values_of(payload, definitions, meter)

    def _device_death(self, topic: NodeTopic, payload: Payload, meter: str) -> Foreign:
        self._follow(topic, payload).devices.pop(meter, None)
        return Foreign()

    def _follow(self, topic: NodeTopic, payload: Payload) -> _Node:
        """Return the node of a message that is the next in its sequence."""
        node = self._nodes.get(topic.node)
        if node is None:
            raise InputError("birth_missing", f"The node {quoted(topic.node)} has not been born.")
        seq, expected = _seq(payload), (node.seq + 1) % _SEQUENCES
        if node.is_lost or seq != expected:
            node.is_lost = True
            raise InputError("sequence_gap", f"Message {expected} of the node has not come; this is {seq}.")
        node.seq = seq
        return node


def _seq(payload: Payload) -> int:
    if payload.seq is None or payload.seq >= _SEQUENCES:
        raise InputError("payload_invalid", "The payload has no sequence number between 0 and 255.")
    return payload.seq


def _bd_seq(payload: Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == "bdSeq" and isinstance(metric.value, int):
            return metric.value
    return None
