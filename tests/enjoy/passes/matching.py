"""An attacker who lays side by side what two services have, and matches what may be one holder's."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

#: Chance that honest services are found guilty, over all strategies together.
FALSE_ALARM = 0.001

Row = dict[str, float]


@dataclass
class Seen:
    """Hold what one service has of one holder; `holder` is the truth that the attacker is judged by."""

    holder: int
    granted: tuple[Any, ...]
    columns: Row


def by_rank(ours: Sequence[Seen], theirs: Sequence[Seen], a: str, b: str) -> int:
    """Put both in order and match what stands at the same place; of equals, whoever comes."""
    left = sorted(range(len(ours)), key=lambda i: ours[i].columns[a])
    right = sorted(range(len(theirs)), key=lambda i: theirs[i].columns[b])
    return sum(ours[i].holder == theirs[j].holder for i, j in zip(left, right, strict=False))


def by_rank_backwards(ours: Sequence[Seen], theirs: Sequence[Seen], a: str, b: str) -> int:
    left = sorted(range(len(ours)), key=lambda i: ours[i].columns[a])
    right = sorted(range(len(theirs)), key=lambda i: -theirs[i].columns[b])
    return sum(ours[i].holder == theirs[j].holder for i, j in zip(left, right, strict=False))


def by_nearest(ours: Sequence[Seen], theirs: Sequence[Seen], a: str, b: str) -> int:
    """Match everybody with the nearest value that is left, which finds equal ones too."""
    left = list(theirs)
    hits = 0
    for one in ours[: len(theirs)]:
        place = min(range(len(left)), key=lambda j: abs(left[j].columns[b] - one.columns[a]))
        hits += left.pop(place).holder == one.holder
    return hits


STRATEGIES: tuple[Callable[[Sequence[Seen], Sequence[Seen], str, str], int], ...] = (
    by_rank,
    by_rank_backwards,
    by_nearest,
)


def most_by_chance(classes: int, tries: int) -> int:
    """Return how many right matches random guesses reach with `FALSE_ALARM` at most, in any of some tries.

    A random matching of a class has as many right ones as a Poisson variable of mean 1, nearly; classes add up.
    """
    limit, tail = FALSE_ALARM / tries, 1.0
    for count in range(1_000):
        tail -= math.exp(count * math.log(classes) - classes - math.lgamma(count + 1))
        if tail <= limit:
            return count
    raise AssertionError("no bound")


def attacked(ours: Sequence[Seen], theirs: Sequence[Seen]) -> tuple[dict[str, int], int]:
    """Return the right matches of every strategy for every pair of columns, and what chance reaches."""
    classes: defaultdict[tuple[Any, ...], tuple[list[Seen], list[Seen]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((ours, theirs)):
        for one in rows:
            classes[one.granted][side].append(one)
    names = sorted(ours[0].columns)
    found = {
        f"{how.__name__}({a}, {b})": sum(how(left, right, a, b) for left, right in classes.values() if left and right)
        for how, a, b in product(STRATEGIES, names, names)
    }
    return found, most_by_chance(len(classes), len(found))
