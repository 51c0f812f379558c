"""What the bench saw of one gateway: messages, connections, cuts and commands, in the order in which they happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from core.identifiers import TOPIC_ROOT, UP_KINDS
from ingest.decode import AnswerContent, Decoded, LowRateContent, MessageRefusal, MetaContent, decode_many
from ingest.decode import Message as DecodableMessage


@dataclass(frozen=True, eq=False)
class Seen:
    """One message as the broker passed it on.

    Attributes
    ----------
    topic, content_type, payload
        As published.
    qos : int
        As published: the bench subscribes at 2.
    retain : bool
        As published, or true where the broker had kept it.
    is_kept : bool
        Whether the broker had kept it from before the bench came.
    at_s : float
        When it came, on the platform's clock, UTC epoch. [s]
    wall_s : float
        When it came, on a clock that only runs forward. [s]
    """

    topic: str
    content_type: str | None
    payload: bytes
    qos: int
    retain: bool
    is_kept: bool
    at_s: float
    wall_s: float

    @property
    def kind(self) -> str:
        """The last level of its topic."""
        return self.topic.rpartition("/")[2]

    @cached_property
    def decoded(self) -> Decoded:
        """What the platform's own decoders find in it; of no known kind: nothing."""
        known = [self._decodable] if self.kind in UP_KINDS else []
        return decode_many(known)

    @property
    def _decodable(self) -> DecodableMessage:
        return DecodableMessage(self.kind, self.content_type, self.payload, received_s=int(self.at_s))

    @property
    def refusals(self) -> Sequence[MessageRefusal]:
        """What the decoders refuse."""
        return self.decoded.refusals

    @property
    def content(self) -> LowRateContent | None:
        """What an event, answer, meta or state says; None where it cannot be read."""
        return self.decoded.contents[0][1] if self.decoded.contents else None

    @property
    def sequence(self) -> int | None:
        """Its sequence number, if it has one."""
        found = self.decoded.sequence
        return int(found[0]) if len(found) and found[0] >= 0 else None

    def __str__(self) -> str:
        return f"{self.topic} ({len(self.payload)} bytes)"


@dataclass(frozen=True, slots=True)
class SeenWill:
    """The last will that a gateway left with the broker."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    content_type: str | None


@dataclass(frozen=True, slots=True)
class SeenConnect:
    """How a gateway asked the broker in, seen by the proxy; times in seconds."""

    client_id: str
    user_name: str | None
    clean_start: bool
    session_expiry_s: int
    keep_alive_s: int
    most_packet_bytes: int | None
    will: SeenWill | None
    wall_s: float


@dataclass(frozen=True, slots=True)
class SeenSubscription:
    """A filter that a gateway subscribed to, seen by the proxy."""

    pattern: str
    qos: int
    wall_s: float


@dataclass(slots=True)
class Cut:
    """One connection that the proxy cut.

    Attributes
    ----------
    how : {'mid-packet', 'before PUBACK'}
        Whether half of a message went through, or all of it without its acknowledgement coming back.
    topic, payload
        The message.
    wall_s : float
        When. [s]
    came_again_s, connected_again_s : float or None
        How much later the message was sent again and the gateway was back; None: not yet. [s]
    """

    how: str
    topic: str
    payload: bytes
    wall_s: float
    came_again_s: float | None = None
    connected_again_s: float | None = None


@dataclass(slots=True)
class Trial:
    """A command that the bench sent.

    Attributes
    ----------
    name : {'accepted', 'repeated', 'expired'}
        What it tries.
    command : str
        Its identifier.
    sent_s : float
        When, on a clock that only runs forward. [s]
    """

    name: str
    command: str
    sent_s: float


@dataclass(slots=True)
class Missed:
    """One message that the bench, in the platform's place, called missing although it had come.

    Attributes
    ----------
    sequence : int
        Its number.
    payload : bytes
        What it said.
    sent_s : float
        When it was called missing. [s]
    """

    sequence: int
    payload: bytes
    sent_s: float


@dataclass(slots=True)
class Observation:
    """Everything about one gateway.

    Attributes
    ----------
    gateway : str
        Its name.
    shard : int
        Shard that it belongs to.
    tolerance_s : float
        How far its clock may be off, on the platform's clock, what travelling takes included. [s]
    patience_s : float
        How long an answer, or a gateway's return, is waited for. [s]
    is_proxied : bool
        Whether the gateway connects through the bench.
    platform_speaks : bool
        Whether somebody else, the platform, tells the gateway what is stored.
    may_send : bool
        Whether the broker lets the bench send commands.
    ended_s : float
        When the bench left, on a clock that only runs forward. [s]
    """

    gateway: str
    shard: int
    tolerance_s: float = 30.0
    patience_s: float = 10.0
    is_proxied: bool = False
    ended_s: float = float("inf")
    messages: list[Seen] = field(default_factory=list)
    connects: list[SeenConnect] = field(default_factory=list)
    subscriptions: list[SeenSubscription] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    platform_speaks: bool = False
    may_send: bool = True

    @property
    def specification(self) -> tuple[int, int]:
        """The version that its meta says it follows; 1.0 until then."""
        said = [message.content for message in self.of_kind("meta") if isinstance(message.content, MetaContent)]
        major, _, minor = (said[-1].specification if said else "1.0").partition(".")
        return int(major), int(minor)

    def topic(self, kind: str) -> str:
        """Return the topic of a kind of message of this gateway."""
        return f"{TOPIC_ROOT}/{self.shard}/{self.gateway}/{kind}"

    def of_kind(self, *kinds: str) -> list[Seen]:
        """Return the messages of some kinds."""
        return [message for message in self.messages if message.kind in kinds]

    def fresh(self, *kinds: str) -> list[Seen]:
        """Return the messages of some kinds that came while the bench was there."""
        return [message for message in self.of_kind(*kinds) if not message.is_kept]

    def answers(self, command: str) -> list[Seen]:
        """Return the answers to a command."""
        return [
            message
            for message in self.fresh("answer")
            if isinstance(message.content, AnswerContent) and str(message.content.command) == command
        ]

    def sent_again(self) -> list[Seen]:
        """Return the messages that came again, unchanged, after they had been called missing."""
        return [
            message
            for missed in self.missed
            for message in self.fresh("batch", "live", "event")
            if message.wall_s > missed.sent_s and message.payload == missed.payload
        ]
