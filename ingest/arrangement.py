"""Which session receives which topic, so that every message below ``somel/`` is received exactly once.

Each shard has a persistent session of its own, ``ingest-<shard>``, subscribed to ``somel/v1/<shard>/#``. It is not a
shared subscription: Mosquitto parks messages of a ``$share`` group in the queue of a dead member, and the order of one
gateway's messages would be lost. A worker that takes over a shard takes over its session, and with it what is queued.

What lies outside the shards is to be refused with a reason, not lost. MQTT filters cannot say "all but", so one more
session, ``ingest-strays``, takes ``somel/#`` and leaves to the shards' sessions what is theirs: `Session.claims` is a
partition of all topics. The filters must not stand in one session, for Mosquitto then delivers a message once for each
filter that matches. The price is that the broker writes each message twice. Where the broker's ACL refuses what is in
no shard there are no strays, and no session is needed for them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from core.identifiers import TOPIC_ROOT

STRAYS: Final = "ingest-strays"
_LEVELS: Final = 5  # a Shelly meter publishes deeper


@dataclass(frozen=True, slots=True)
class Subscription:
    """Describe one session's part of the topics.

    Attributes
    ----------
    client_id : str
        Name of the session at the broker.
    topic_filter : str
        What it subscribes to.
    claims : callable
        Tells whether a topic that matches the filter is this session's to handle; what is not is acknowledged unread.
    levels : int, default 0
        Where the levels of a topic that matches the filter decide, how many it has at least; 0: they do not.
    """

    client_id: str
    topic_filter: str
    claims: Callable[[str], bool]
    levels: int = 0


def shard_client_id(shard: int) -> str:
    """Return the name of a shard's session."""
    return f"ingest-{shard}"


def arrange(shards: Iterable[int], *, strays: bool = True) -> list[Subscription]:
    """Return the sessions of a worker that has all of `shards`; the strays' last, where they are wanted."""
    owned = frozenset(str(shard) for shard in shards)
    root = TOPIC_ROOT.split("/")

    def is_sharded(topic: str) -> bool:
        parts = topic.split("/")
        return len(parts) >= _LEVELS and parts[:2] == root and parts[2] in owned

    sharded = [
        Subscription(f"ingest-{shard}", f"{TOPIC_ROOT}/{shard}/#", is_sharded, _LEVELS)
        for shard in sorted(owned, key=int)
    ]
    others = Subscription(STRAYS, f"{root[0]}/#", lambda topic: not is_sharded(topic))
    return [*sharded, others] if strays else sharded
