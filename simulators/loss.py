"""Messages that get lost between a gateway and its broker without either noticing: a bad radio, a full buffer."""

from random import Random


class Loss:
    """Decide, message by message, which ones are lost.

    Parameters
    ----------
    ratio : float, default 0
        Share of messages that are lost, each for itself, ``0 <= ratio < 1``.
    seed : int, default 1
        Seed of the draws.

    Notes
    -----
    Upward, what is numbered is lost before the broker has it: measurements, announcements, answers. The gateway keeps
    it and sends it again when the platform says that it is missing. Downward, commands and the platform's word about
    what it has stored are lost after the broker has passed them on and acknowledged them: only the platform's own
    repetition of what nobody answers heals that. What connections are made of is never lost: MQTT runs over TCP.
    """

    def __init__(self, ratio: float = 0.0, seed: int = 1) -> None:
        self._ratio = ratio
        self._random = Random(seed)  # noqa: S311 - a simulation that can be repeated
        self.lost_up = 0
        self.lost_down = 0

    def takes_upward(self) -> bool:
        """Tell whether the next message to the broker is lost."""
        is_lost = self._happens()
        self.lost_up += is_lost
        return is_lost

    def takes_downward(self) -> bool:
        """Tell whether the next message from the broker is lost."""
        is_lost = self._happens()
        self.lost_down += is_lost
        return is_lost

    def _happens(self) -> bool:
        return self._ratio > 0 and self._random.random() < self._ratio
