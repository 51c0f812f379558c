"""What a courier carries, and the queue that it takes it from; each kind of subscriber has one of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Due:
    """Name a callback that may be called now and for which something waits.

    Attributes
    ----------
    callback_id : int
        Of the callback.
    owner : str
        Whose it is; of one owner only some are called at a time.
    failure_count : int
        Attempts that failed since the last that did not.
    """

    callback_id: int
    owner: str
    failure_count: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Hold the first message in the queue of a callback.

    Attributes
    ----------
    number : int
        Of the message, in its queue.
    message_id : str
        The same at each attempt.
    url : str
        Where to.
    body : str
        Exactly what is sent.
    attempt_count : int
        How often it was sent.
    age_s : float
        How long it has been tried. [s]
    failure_count : int
        Attempts of the callback that failed since the last that did not.
    is_wanted : bool
        Whether it is still to be told.
    secrets : sequence of bytes
        Each signs.
    bearer_token : str or None
        What the callback knows us by.
    content_type : str
        Of the body.
    """

    number: int
    message_id: str
    url: str
    body: str
    attempt_count: int
    age_s: float
    failure_count: int
    is_wanted: bool
    secrets: Sequence[bytes] = ()
    bearer_token: str | None = None
    content_type: str = "application/json"


class Queue(Protocol):
    """Keep messages for callbacks, in order, and what became of each."""

    async def due(self, *, busy: Sequence[int], per_owner: int, limit: int) -> list[Due]:
        """Return callbacks that are not `busy` and may be called, so many of one owner; those that work first."""

    async def next_of(self, callback_id: int) -> Parcel | None:
        """Return what a callback is to be told next."""

    async def withdraw(self, parcel: Parcel) -> None:
        """Give up a message that is no longer wanted, without a word against its callback."""

    async def delivered(self, parcel: Parcel, answer: str) -> None:
        """Note that a callback has taken a message, and that it works."""

    async def failed(self, parcel: Parcel, answer: str, *, wait_s: float, is_last: bool, is_gone: bool) -> None:
        """Note that it has not: it is left alone for a while; this one, or with `is_gone` all, is given up. [s]."""

    async def give_up(self, parcel: Parcel, *, give_up_s: float) -> None:
        """Give up everything that has waited too long in the queue of a message. [s]."""
