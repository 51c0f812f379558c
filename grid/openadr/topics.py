"""MQTT topics of notifications: one tree for business logic, one for each VEN, so that a broker can keep them apart.

A change is published to business logic's tree, and to that of every VEN that may see it; nothing is published where two
VENs read.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from grid.openadr.nouns import ObjectType, Operation

ROOT: Final = "openadr3/3.1.0"
#: The tree of business logic.
BUSINESS_LOGIC: Final = "bl"


class TopicKind(StrEnum):
    """What topics are about; `{id}` is that of a program or a VEN."""

    PROGRAMS = "programs"
    PROGRAM = "programs/{id}"
    EVENTS = "events"
    PROGRAM_EVENTS = "programs/{id}/events"
    REPORTS = "reports"
    SUBSCRIPTIONS = "subscriptions"
    VENS = "vens"
    VEN = "vens/{id}"
    RESOURCES = "resources"


@dataclass(frozen=True, slots=True)
class Topics:
    """Name the topics of the operations on something, and the filter that takes in all of them."""

    create: str
    update: str
    delete: str
    all: str

    def of(self, operation: Operation) -> str:
        """Return the topic of one operation."""
        named = {Operation.CREATE: self.create, Operation.UPDATE: self.update, Operation.DELETE: self.delete}
        return named[operation]


def audience_of(ven_id: str) -> str:
    """Return the tree of a VEN.

    Examples
    --------
    >>> audience_of("7")
    'vens/7'
    """
    return f"vens/{ven_id}"


def topics_of(kind: TopicKind, audience: str, *, object_id: str = "") -> Topics:
    """Return the topics of one kind in a tree.

    Parameters
    ----------
    kind : TopicKind
        What they are about.
    audience : str
        `BUSINESS_LOGIC`, or `audience_of` a VEN.
    object_id : str, optional
        Program or VEN, where `kind` names one.

    Examples
    --------
    >>> topics_of(TopicKind.PROGRAM_EVENTS, audience_of("7"), object_id="p1").update
    'openadr3/3.1.0/vens/7/programs/p1/events/update'
    """
    branch = f"{ROOT}/{audience}/{kind.value.replace('{id}', object_id)}"
    return Topics(f"{branch}/create", f"{branch}/update", f"{branch}/delete", f"{branch}/+")


def publishing_topics(
    object_type: ObjectType,
    operation: Operation,
    audience: str,
    *,
    object_id: str,
    program_id: str | None = None,
) -> list[str]:
    """Return every topic of a tree under which a change is published.

    Parameters
    ----------
    object_type, operation
        What changed, and how.
    audience : str
        Tree.
    object_id : str
        The object.
    program_id : str, optional
        Program of an event.
    """
    branches: dict[ObjectType, tuple[tuple[TopicKind, str], ...]] = {
        ObjectType.PROGRAM: ((TopicKind.PROGRAMS, ""), (TopicKind.PROGRAM, object_id)),
        ObjectType.EVENT: ((TopicKind.EVENTS, ""), (TopicKind.PROGRAM_EVENTS, program_id or "")),
        ObjectType.REPORT: ((TopicKind.REPORTS, ""),),
        ObjectType.SUBSCRIPTION: ((TopicKind.SUBSCRIPTIONS, ""),),
        ObjectType.VEN: ((TopicKind.VENS, ""), (TopicKind.VEN, object_id)),
        ObjectType.RESOURCE: ((TopicKind.RESOURCES, ""),),
    }
    return [topics_of(kind, audience, object_id=named).of(operation) for kind, named in branches[object_type]]
