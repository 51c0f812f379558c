"""When a sum may be published, and why another is hidden."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from core.errors import ConfigurationError
from core.settings import Settings

#: Half-hourly values of homes are never published sooner.
LEAST_DELAY: Final = timedelta(hours=24)


class Hidden(IntEnum):
    """Why a cell is hidden; 0 where it is not. The reason that is published is the name in small letters."""

    NOT = 0
    K = 1
    DOMINANCE = 2
    COMPLEMENTARY = 3

    @property
    def reason(self) -> str | None:
        """Return what records say, None where the cell is shown."""
        return self.name.lower() if self else None


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold what a published sum has to keep.

    Attributes
    ----------
    least_points : int
        k: usage points that a cohort has at least that were in none before.
    largest_share : float
        Largest part of a sum that may be one usage point's. [ratio]
    closeness : float
        What is left of a sum without its two largest usage points has to be this part of the largest: otherwise the
        second largest could compute the largest almost exactly (p% rule). [ratio]
    delay : timedelta
        Time from the end of a day to its publication.
    """

    least_points: int = 10
    largest_share: float = 0.5
    closeness: float = 0.1
    delay: timedelta = LEAST_DELAY

    def __post_init__(self) -> None:
        """Refuse rules that protect nobody.

        Raises
        ------
        ConfigurationError
            ``disclosure_rules_weak``.
        """
        kept = self.least_points > 1 and 0 < self.largest_share <= 1 and self.closeness >= 0
        if not kept or self.delay < LEAST_DELAY:
            message = "Sums need 2 usage points or more, a share in (0, 1], and 24 h of delay."
            raise ConfigurationError("disclosure_rules_weak", message)


def rules_of(settings: Settings) -> Rules:
    """Return the rules that are set."""
    delay = timedelta(hours=settings.enjoy_delay_h)
    return Rules(settings.enjoy_least_points, settings.enjoy_largest_share, delay=delay)
