"""How long to wait before trying again."""

import random
from dataclasses import dataclass
from typing import Final

_FIRST_S: Final = 0.1
_LONGEST_S: Final = 5.0


@dataclass(slots=True)
class BackOff:
    """Wait longer after each failure, with jitter so that many do not come back at once."""

    attempts: int = 0

    def next_s(self) -> float:
        """Return how long to wait now. [s]."""
        longest_s: float = min(_LONGEST_S, _FIRST_S * 2.0 ** min(self.attempts, 10))
        self.attempts += 1
        return longest_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret

    def reset(self) -> None:
        """Start again with the shortest wait."""
        self.attempts = 0
