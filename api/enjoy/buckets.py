"""Token buckets: how many requests somebody may still make. Numbers alone; who waits, and for whom, is others' part."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

#: Seconds that a quota is said for.
WINDOW_S: Final = 60
#: Somebody who is forgotten begins with a full bucket; those who asked longest ago are forgotten first.
_MOST_BUCKETS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Policy:
    """Say how many requests may be made in a minute; so many at once at most.

    Attributes
    ----------
    name : str
        In headers.
    quota : int
        Requests in `WINDOW_S`.
    """

    name: str
    quota: int

    @property
    def per_s(self) -> float:
        """Return how fast a bucket fills. [1/s]."""
        return self.quota / WINDOW_S


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say whether a request may be made, and what is left.

    Attributes
    ----------
    policy : Policy
        By which.
    is_allowed : bool
        Whether it may.
    remaining : int
        Requests left.
    full_in_s, again_in_s : int
        Until all are there again, and until one is. [s]
    """

    policy: Policy
    is_allowed: bool
    remaining: int
    full_in_s: int
    again_in_s: int


class _Bucket:
    __slots__ = ("at_s", "policy", "remaining", "taken")

    def __init__(self, policy: Policy, at_s: float) -> None:
        self.policy, self.at_s, self.remaining, self.taken = policy, at_s, float(policy.quota), 0.0

    def fill(self, policy: Policy, now_s: float) -> None:
        regained = max(0.0, now_s - self.at_s) * policy.per_s
        self.policy, self.at_s, self.remaining = policy, now_s, min(policy.quota, self.remaining + regained)


class Buckets:
    """Hold the buckets of this process.

    Parameters
    ----------
    now_s : callable
        Monotonic seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, key: Hashable, policy: Policy) -> Verdict:
        """Take one request out of somebody's bucket, where there is one.

        Notes
        -----
        O(1), some microseconds: nobody is asked, here or elsewhere.
        """
        now_s = self._now_s()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(policy, now_s)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        bucket.fill(policy, now_s)
        is_allowed = bucket.remaining >= 1
        if is_allowed:
            bucket.remaining -= 1
            bucket.taken += 1
        lacking, missing = policy.quota - bucket.remaining, max(0.0, 1 - bucket.remaining)
        return Verdict(
            policy,
            is_allowed,
            max(0, math.floor(bucket.remaining)),
            math.ceil(lacking / policy.per_s),
            max(1, math.ceil(missing / policy.per_s)),
        )

    def taken(self) -> dict[Hashable, tuple[Policy, float]]:
        """Return what was taken from each bucket since it was last settled, where something was."""
        return {key: (bucket.policy, bucket.taken) for key, bucket in self._buckets.items() if bucket.taken}

    def settle(self, key: Hashable, *, taken: float, remaining: float) -> None:
        """Note that `taken` is accounted for elsewhere, and what is left there; requests since are taken off."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.taken -= taken
            bucket.remaining, bucket.at_s = remaining - bucket.taken, self._now_s()
