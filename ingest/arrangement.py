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

import numpy as np
import numpy.typing as npt

from core.identifiers import TOPIC_ROOT
from ingest.name_table import NameTable
from ingest.parcel import Parcel

STRAYS: Final = "ingest-strays"
_LEVELS: Final = 5  # a Shelly meter publishes deeper
_ROOT_LEVELS: Final = len(TOPIC_ROOT.split("/")) + 1  # of a shard


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
        Tells which messages, of those that match the filter, are this session's to handle; what is not is acknowledged
        unread.
    """

    client_id: str
    topic_filter: str
    claims: Callable[[Parcel], npt.NDArray[np.bool_]]


def shard_client_id(shard: int) -> str:
    """Return the name of a shard's session."""
    return f"ingest-{shard}"


def arrange(shards: Iterable[int], *, strays: bool = True) -> list[Subscription]:
    """Return the sessions of a worker that has all of `shards`; the strays' last, where they are wanted."""
    owned = sorted(set(shards))
    roots = NameTable([f"{TOPIC_ROOT}/{shard}" for shard in owned])

    def are_sharded(messages: Parcel) -> npt.NDArray[np.bool_]:
        heads, levels = messages.split_topics(_ROOT_LEVELS)
        in_shards: npt.NDArray[np.bool_] = (levels >= _LEVELS) & (roots.find(messages.array, heads) >= 0)
        return in_shards

    sharded = [Subscription(shard_client_id(shard), f"{TOPIC_ROOT}/{shard}/#", are_sharded) for shard in owned]
    others = Subscription(STRAYS, f"{TOPIC_ROOT.split('/')[0]}/#", lambda messages: ~are_sharded(messages))
    return [*sharded, others] if strays else sharded
