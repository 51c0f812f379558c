"""How many of those called are likely to obey, and what those who accepted are likely to give: learned from before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from db.closed_loop import Delivery, Obedience, delivery, obedience
from db.connection import Connection

#: So far back is learned from.
LEARNED_FROM: Final = timedelta(days=90)
#: Before anything was learned, one in ten declines; that counts as much as so many answers.
PRIOR_RATIO: Final = 0.9
PRIOR_ANSWERS: Final = 20
#: Chance that a resource which would obey has not answered after one sending: it, or its answer, is late or lost.
SILENT_RATIO: Final = 0.25
#: What those who accepted give of what was predicted is not believed to be outside of this. [ratio]
DELIVERY_RANGE: Final = (0.8, 1.1)
#: What was predicted counts this much beside what was measured. [ratio]
_DELIVERY_PRIOR: Final = 0.5


@dataclass(frozen=True, slots=True)
class Rates:
    """Hold what is expected of resources that are called.

    Attributes
    ----------
    obey_ratio : float, default 0.9
        Share of calls that are accepted, ``0 < ratio <= 1``.
    delivery_ratio : float, default 1
        What those who accepted give, of what they were planned to give. [ratio]
    """

    obey_ratio: float = PRIOR_RATIO
    delivery_ratio: float = 1.0

    @property
    def expected_ratio(self) -> float:
        """Return what a call is worth, of what its resource was planned to give. [ratio]."""
        return self.obey_ratio * self.delivery_ratio


async def learned_rates(connection: Connection, *, now: datetime) -> Rates:
    """Return the rates that the events of the last 90 days teach."""
    since = now - LEARNED_FROM
    return rates_of(await obedience(connection, since=since), await delivery(connection, since=since))


def rates_of(answers: Obedience, given: Delivery) -> Rates:
    """Return rates from counts of answers and from what was given, each drawn to what is believed beforehand.

    Examples
    --------
    >>> rates_of(Obedience(0, 0), Delivery(0.0, 0.0))
    Rates(obey_ratio=0.9, delivery_ratio=1.0)
    >>> round(rates_of(Obedience(70, 100), Delivery(0.0, 0.0)).obey_ratio, 3)
    0.733
    """
    obey = (answers.accepted_count + PRIOR_RATIO * PRIOR_ANSWERS) / (answers.answered_count + PRIOR_ANSWERS)
    if given.predicted_w <= 0:
        return Rates(obey, 1.0)
    share = given.measured_w / given.predicted_w
    low, high = DELIVERY_RANGE
    return Rates(obey, min(max(_DELIVERY_PRIOR + (1 - _DELIVERY_PRIOR) * share, low), high))


def chance_of_obeying(status: str, attempts: int, rates: Rates) -> float:
    """Return the chance that a resource obeys a command, by its status and how often it was sent.

    Notes
    -----
    The longer nobody answers, the likelier it is that nobody will: with p the share that obeys and q the chance that
    one of them is silent after a sending, Bayes' rule gives :math:`p q^k / (p q^k + 1 - p)` after k sendings.

    Examples
    --------
    >>> [round(chance_of_obeying("sent", attempts, Rates()), 2) for attempts in (0, 1, 2, 3)]
    [0.9, 0.69, 0.36, 0.12]
    """
    if status == "accepted":
        return 1.0
    if status == "pending":
        return rates.obey_ratio
    if status != "sent":
        return 0.0
    silent = rates.obey_ratio * SILENT_RATIO**attempts
    return silent / (silent + 1 - rates.obey_ratio) if silent < 1 else 1.0
