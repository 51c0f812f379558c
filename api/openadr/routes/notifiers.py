"""How clients are notified, and under which MQTT topics."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from api.context import Reading
from api.openadr.access import AnyReader, BusinessReader, OwnReader
from api.openadr.models.notifier import Notifiers, OperationTopics, TopicsAnswer
from api.openadr.parameters import ProgramId, VenId
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from api.openadr.wiring import wiring_of
from core.errors import NotFoundError
from grid.openadr import objects
from grid.openadr.nouns import ObjectType, Role
from grid.openadr.privacy import Viewer
from grid.openadr.topics import BUSINESS_LOGIC, TopicKind, audience_of, topics_of

router = router_of("notifiers")
Route = TypeVar("Route", bound=Callable[..., Awaitable[TopicsAnswer]])


@router.get("", operation_id="listAllNotifiers", response_model=Notifiers, responses=refusals(403))
async def list_notifiers(request: Request, viewer: AnyReader) -> Notifiers:
    """Tell which notifiers there are, and how the caller reaches the broker."""
    broker = wiring_of(request).broker
    return Notifiers(mqtt=None if broker is None else await broker(viewer))


def _topics(path: str, operation: str) -> Callable[[Route], Route]:
    """Make a function the answer to one of the specification's operations on topics."""
    return router.get(
        f"/mqtt/topics/{path}",
        operation_id=f"listAllMqttNotifierTopics{operation}",
        response_model=TopicsAnswer,
        responses=refusals(403, 404),
    )


@_topics("programs", "Programs")
async def programs_topics(viewer: AnyReader) -> TopicsAnswer:
    """Return the topics of programs that the caller may see."""
    return _answer(TopicKind.PROGRAMS, _audience(viewer))


@_topics("programs/{programID}", "Program")
async def program_topics(connection: Reading, viewer: AnyReader, program_id: ProgramId) -> TopicsAnswer:
    """Return the topics of one program."""
    await objects.find(connection, viewer, ObjectType.PROGRAM, program_id)
    return _answer(TopicKind.PROGRAM, _audience(viewer), program_id)


@_topics("programs/{programID}/events", "ProgramEvents")
async def program_events_topics(connection: Reading, viewer: AnyReader, program_id: ProgramId) -> TopicsAnswer:
    """Return the topics of the events of one program."""
    await objects.find(connection, viewer, ObjectType.PROGRAM, program_id)
    return _answer(TopicKind.PROGRAM_EVENTS, _audience(viewer), program_id)


@_topics("vens/{venID}", "Ven")
async def ven_topics(connection: Reading, viewer: OwnReader, ven_id: VenId) -> TopicsAnswer:
    """Return the topics of one VEN."""
    await objects.find(connection, viewer, ObjectType.VEN, ven_id)
    return _answer(TopicKind.VEN, _audience(viewer), ven_id)


def _of_all(kind: TopicKind) -> Callable[..., Awaitable[TopicsAnswer]]:
    async def topics_of_all(_viewer: BusinessReader) -> TopicsAnswer:
        """Return the topics of all objects of a kind."""
        return _answer(kind, BUSINESS_LOGIC)

    return topics_of_all


def _of_ven(kind: TopicKind) -> Callable[..., Awaitable[TopicsAnswer]]:
    async def topics_of_ven(connection: Reading, viewer: OwnReader, ven_id: VenId) -> TopicsAnswer:
        """Return the topics of the objects of a kind that a VEN may see."""
        await objects.find(connection, viewer, ObjectType.VEN, ven_id)
        return _answer(kind, audience_of(ven_id))

    return topics_of_ven


for _path, _operation, _kind in (
    ("events", "Events", TopicKind.EVENTS),
    ("reports", "Reports", TopicKind.REPORTS),
    ("subscriptions", "Subscriptions", TopicKind.SUBSCRIPTIONS),
    ("vens", "Vens", TopicKind.VENS),
    ("resources", "Resources", TopicKind.RESOURCES),
):
    _topics(_path, _operation)(_of_all(_kind))

for _path, _operation, _kind in (
    ("events", "VenEvents", TopicKind.EVENTS),
    ("programs", "VenPrograms", TopicKind.PROGRAMS),
    ("resources", "VenResources", TopicKind.RESOURCES),
):
    _topics(f"vens/{{venID}}/{_path}", _operation)(_of_ven(_kind))


def _audience(viewer: Viewer) -> str:
    """Return the tree that the caller reads."""
    if viewer.role is Role.BL:
        return BUSINESS_LOGIC
    if viewer.ven_id is None:
        raise NotFoundError("openadr_ven_missing", "The client has no VEN yet, and with it no topics: create it first.")
    return audience_of(viewer.ven_id)


def _answer(kind: TopicKind, audience: str, object_id: str = "") -> TopicsAnswer:
    topics = topics_of(kind, audience, object_id=object_id)
    named = {"create": topics.create, "update": topics.update, "delete": topics.delete, "all": topics.all}
    return TopicsAnswer(topics=OperationTopics(**named))
