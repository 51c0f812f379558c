"""Who sees which object, and which of its targets: the specification's object privacy, without input or output.

Business logic sees everything. A VEN sees the VEN, resource, report and subscription objects of its own client, and
programs and events that have no targets or one that it was *granted*: by the targets of its own VEN and resource
objects, which only business logic writes. Of the targets of a program or event it is told those alone that it asked for
and was granted. An event is no more visible than its program.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from grid.openadr.nouns import TARGETED, ObjectType, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """Say who looks.

    Attributes
    ----------
    role : Role
        Business logic or VEN.
    client_id : str
        The client, as its token names it.
    granted : frozenset of str
        Targets of the VEN object and the resource objects of the client.
    ven_id : str or None
        VEN object of the client, if it has one.
    """

    role: Role
    client_id: str
    granted: frozenset[str] = frozenset()
    ven_id: str | None = None


class Guarded(Protocol):
    """What privacy depends on; rows of openadr_object and openadr_change have it."""

    @property
    def object_type(self) -> str:
        """Return the kind of object."""
        ...

    @property
    def client_id(self) -> str | None:
        """Return whose it is; None for programs and events."""
        ...

    @property
    def targets(self) -> Collection[str]:
        """Return its targets."""
        ...

    @property
    def program_targets(self) -> Collection[str]:
        """Return the targets of the program that it belongs to."""
        ...


def effective_targets(viewer: Viewer, requested: Collection[str] | None) -> frozenset[str]:
    """Return the targets that a request is about.

    Parameters
    ----------
    viewer : Viewer
        Who asks.
    requested : collection of str or None
        What was asked for; None stands for everything that was granted, where a request can name no targets.

    Returns
    -------
    frozenset of str
        For a VEN, those asked for that it was granted; for business logic, those asked for.

    Examples
    --------
    >>> sorted(effective_targets(Viewer(Role.VEN, "c", frozenset({"a", "b"})), ["b", "c"]))
    ['b']
    """
    if viewer.role is Role.BL:
        return frozenset(requested or ())
    return viewer.granted if requested is None else viewer.granted & frozenset(requested)


def visible_to(viewer: Viewer, thing: Guarded, requested: Collection[str] | None = None) -> bool:
    """Tell whether an object is in the answer to a request, or in a notification.

    Parameters
    ----------
    viewer : Viewer
        Who asks, or would be notified.
    thing : Guarded
        The object, or a change of it.
    requested : collection of str or None
        Targets asked for, by a query or by a subscription. An empty collection asks for none: a VEN then gets programs
        and events without targets. None asks for everything that was granted.
    """
    asked = effective_targets(viewer, requested)
    matches = not requested or not frozenset(requested).isdisjoint(thing.targets)
    if viewer.role is Role.BL:
        return matches
    if ObjectType(thing.object_type) not in TARGETED:
        return matches and thing.client_id == viewer.client_id
    if requested or thing.targets:
        matches = not asked.isdisjoint(thing.targets)
    return matches and (not thing.program_targets or not viewer.granted.isdisjoint(thing.program_targets))


def shown_targets(viewer: Viewer, thing: Guarded, requested: Collection[str] | None = None) -> list[str]:
    """Return those of an object's targets that the viewer is told, in their order.

    Those of VENs, resources, reports and subscriptions are shown to whoever sees the object.
    """
    if viewer.role is Role.BL or ObjectType(thing.object_type) not in TARGETED:
        return list(thing.targets)
    asked = effective_targets(viewer, requested)
    return [target for target in thing.targets if target in asked]
