"""Publish one message to a gateway, through the session of its shard."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from core.errors import RetryableError
from core.identifiers import Topic
from ingest.session import Session
from ingest.wire import Reply

_log = structlog.get_logger()

JSON: Final = "application/json"
#: How long the broker keeps a message for a gateway that is away, at most: as long as its session. [s]
LONGEST_EXPIRY_S: Final = 7 * 86_400
_PUBACK_WITHIN_S: Final = 10.0
_NO_SUBSCRIBER: Final = 0x10
_FAILED: Final = 0x80


class Downward:
    """Publish to gateways of the shards that this worker has.

    Parameters
    ----------
    sessions : mapping of int to Session
        Session of each shard; it may change while the worker runs.
    """

    def __init__(self, sessions: Mapping[int, Session]) -> None:
        self._sessions = sessions

    @property
    def shards(self) -> list[int]:
        """Shards that can be published to now."""
        return list(self._sessions)

    async def publish(
        self, topic: Topic, payload: bytes, *, answer_kind: str, correlation: str, expiry_s: int
    ) -> bool | None:
        """Publish a message that is answered.

        Parameters
        ----------
        topic : Topic
            Where to.
        payload : bytes
            JSON.
        answer_kind : str
            Kind of message that answers it.
        correlation : str
            Word that its answer may carry.
        expiry_s : int
            How long the broker keeps it for a gateway that is away. [s]

        Returns
        -------
        bool or None
            Whether the broker that has taken it knows a subscriber; None when it has not taken it.
        """
        session = self._sessions.get(topic.shard)
        if session is None:  # the shard was handed over a moment ago
            return None
        reply = Reply(str(Topic(topic.shard, topic.gateway, answer_kind)), correlation.encode())
        expiry_s = min(LONGEST_EXPIRY_S, max(1, expiry_s))
        try:
            async with asyncio.timeout(_PUBACK_WITHIN_S):
                reason = await session.publish(str(topic), payload, content_type=JSON, expiry_s=expiry_s, reply=reply)
        except (RetryableError, TimeoutError):
            return None  # it is tried again, and the gateway knows what it has had by its identifier
        if reason == _NO_SUBSCRIBER or reason >= _FAILED:
            event = "nobody_subscribes" if reason == _NO_SUBSCRIBER else "refused_by_broker"
            _log.warning(event, topic=str(topic), correlation=correlation, reason=hex(reason))
        return None if reason >= _FAILED else reason != _NO_SUBSCRIBER
