"""Identifiers: what they look like and how they are told apart from noise."""

import re
from dataclasses import dataclass
from typing import Final

from core.errors import InputError

#: Gateways, meters and resources: 3 to 64 characters that are safe in an MQTT topic and in a URL.
DEVICE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}")
#: Enedis' point of delivery: fourteen digits, leading zeros kept, personal data.
PRM: Final = re.compile(r"\d{14}")
#: INSEE's commune code; Corsica has a letter in it.
INSEE_CODE: Final = re.compile(r"\d[0-9AB]\d{3}")

TOPIC_ROOT: Final = "somel/v1"
#: Below it, publishers send records: ``<dataset>/records``.
PUBLISHERS_TOPIC_ROOT: Final = "enjoy/v1"
UP_KINDS: Final = ("batch", "live", "event", "answer", "update", "meta", "state")
DOWN_KINDS: Final = ("command", "stored", "firmware")
#: What a Shelly meter publishes below its prefix, ``somel/v1/<shard>/<gateway>``: kind, and what may stand below it.
SHELLY_KINDS: Final[dict[str, re.Pattern[str]]] = {
    "online": re.compile(r""),
    "status": re.compile(r"/[^/]+"),
    "events": re.compile(r"/rpc"),
    "emeter": re.compile(r"/[012]/[^/]+"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """Name a message's path: ``somel/v1/<shard>/<gateway>/<kind>``, and for a Shelly meter the part below the kind."""

    shard: int
    gateway: str
    kind: str
    part: str = ""

    def __str__(self) -> str:
        return f"{TOPIC_ROOT}/{self.shard}/{self.gateway}/{self.kind}" + (self.part and f"/{self.part}")


def parse_topic(text: str) -> Topic:
    """Read a topic that a gateway published to.

    Raises
    ------
    InputError
        ``topic_unknown`` when it is not one that the specification names.
    """
    parts = text.split("/", 5)
    if len(parts) >= 5 and "/".join(parts[:2]) == TOPIC_ROOT:  # noqa: PLR2004 - root (2), shard, gateway, kind
        shard, gateway, kind, *below = parts[2:]
        if shard.isascii() and shard.isdigit() and DEVICE_ID.fullmatch(gateway) and _is_up(kind, below):
            return Topic(int(shard), gateway, kind, *below)
    raise InputError("topic_unknown", "The topic is none that the specification names.", topic=text[:200])


def _is_up(kind: str, below: list[str]) -> bool:
    if kind in UP_KINDS:
        return not below
    return kind in SHELLY_KINDS and SHELLY_KINDS[kind].fullmatch("/".join(["", *below])) is not None


def shard_of(gateway: str, shards: int) -> int:
    """Return the shard, ``0 <= shard < shards``, that a gateway is given when it is registered.

    FNV-1a: the same in every language and every run, so that firmware and platform agree without a table.
    """
    digest = 0xCBF29CE484222325
    for byte in gateway.encode():
        digest = ((digest ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return digest % shards
