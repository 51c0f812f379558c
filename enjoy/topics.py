"""Topics of datasets, and the broker's rules of who may publish to which."""

from collections.abc import Iterable
from itertools import groupby

from core.identifiers import PUBLISHERS_TOPIC_ROOT
from db.dataset_rows import Published


def topic_of(dataset: str) -> str:
    """Return where records of a dataset are published.

    Examples
    --------
    >>> topic_of("car-parks")
    'enjoy/v1/car-parks/records'
    """
    return f"{PUBLISHERS_TOPIC_ROOT}/{dataset}/records"


def account_of(organisation: str) -> str:
    """Return the name under which an organisation is known to a broker."""
    return f"enjoy-{organisation}"


def publishing_rules(datasets: Iterable[Published]) -> str:
    """Return rules, as Mosquitto has them, that let each organisation publish to its own datasets and to no other."""
    by_publisher = sorted(datasets, key=lambda one: (one.dataset.organisation_name, one.dataset.name))
    lines: list[str] = []
    for organisation, theirs in groupby(by_publisher, key=lambda one: one.dataset.organisation_name):
        lines.append(f"user {account_of(organisation)}")
        lines += [f"topic write {topic_of(one.dataset.name)}" for one in theirs]
    return "".join(f"{line}\n" for line in lines)
