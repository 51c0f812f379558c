"""Who sent each message and under which number: what `stored` words are made of."""

from datetime import UTC, datetime
from typing import Any

from db.registry import GatewayEntry, Registry
from ingest.judging import judge
from ingest.parcel import Message

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
REGISTRY = Registry({"gw-0001": GatewayEntry(7, 1), "gw-0002": GatewayEntry(8, 0)}, {})


def message(topic: str, payload: bytes, connection: Any = None) -> Message:
    return Message(topic, "application/json", payload, 1, connection, 0)


def test_every_message_keeps_its_gateway_and_number_and_minus_one_says_that_there_is_none():
    state = b'{"status": "online", "sequence": 12}'
    judged = judge(
        [
            message("somel/v1/1/gw-0001/state", state),
            message("somel/v1/1/gw-9999/state", state),
            message("somel/v1/0/gw-0002/state", b'{"status": "online"}'),
            message("somel/v1/1/gw-0001/batch", b"{"),
            message("somel/v1/1/gw-0001/batch", b'{"sequence": 13, "blocks": []}'),
            message("somel/v1/0/gw-0002/state", b'{"status": "online", "sequence": 0}'),
        ],
        REGISTRY,
        NOW,
    )
    assert judged.gateway_id.tolist() == [7, -1, 8, 7, 7, 8]
    assert judged.sequence.tolist() == [12, -1, -1, -1, -1, 0]
