"""Exact counts of what gateways published, so that lost = published - stored can be computed."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """Count what left the fleet; a message that is sent again after a broken connection counts once.

    Attributes
    ----------
    messages_published, values_published : int
        Messages handed to a connection, and the interval and instant values in them.
    messages_acknowledged, values_acknowledged : int
        Of those, acknowledged by the broker.
    messages_refused, values_refused : int
        Of those acknowledged, turned down by the broker with a reason code of an error.
    messages_unheard : int
        Of those acknowledged, dropped by the broker because nobody had subscribed.
    messages_stored, values_stored : int
        Of those with a sequence number, stored by the platform's own word.
    messages_repeated : int
        Messages sent once more although they had been acknowledged, because the broker may have lost them since.
    events_published : int
        Flexibility needs announced.
    commands_received : int
        Commands that reached a gateway, repeats included.
    connections_lost : int
        Connections that ended without being asked to.
    """

    messages_published: int = 0
    values_published: int = 0
    messages_acknowledged: int = 0
    values_acknowledged: int = 0
    messages_refused: int = 0
    values_refused: int = 0
    messages_unheard: int = 0
    messages_stored: int = 0
    values_stored: int = 0
    messages_repeated: int = 0
    events_published: int = 0
    commands_received: int = 0
    connections_lost: int = 0

    @property
    def values_in_flight(self) -> int:
        """Return how many values wait for the broker's word."""
        return self.values_published - self.values_acknowledged

    def summary(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)
