"""How clients are notified, and under which MQTT topics."""

from typing import Final

from fastapi import Request

from api.context import Reading
from api.openadr.access import AnyReader, BusinessReader, OwnReader
from api.openadr.models.notifier import Notifiers, OperationTopics, TopicsAnswer
from api.openadr.parameters import ProgramId, VenId
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from api.openadr.wiring import wiring_of
from core.errors import NotFoundError
from db.connection import Connection
from grid.openadr import objects
from grid.openadr.nouns import ObjectType, Role
from grid.openadr.privacy import Viewer
from grid.openadr.topics import BUSINESS_LOGIC, TopicKind, audience_of, topics_of

router = router_of("notifiers")
_TOPICS: Final = "/mqtt/topics"


@router.get("", operation_id="listAllNotifiers", response_model=Notifiers, responses=refusals(403))
async def list_notifiers(request: Request, viewer: AnyReader) -> Notifiers:
    """Tell which notifiers there are, and how the caller reaches the broker."""
    broker = wiring_of(request).broker
    return Notifiers(mqtt=None if broker is None else await broker(viewer))


@router.get(
    f"{_TOPICS}/programs",
    operation_id="listAllMqttNotifierTopicsPrograms",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def programs_topics(viewer: AnyReader) -> TopicsAnswer:
    """Return the topics of programs that the caller may see."""
    return _answer(TopicKind.PROGRAMS, _audience(viewer))


@router.get(
    f"{_TOPICS}/programs/{{programID}}",
    operation_id="listAllMqttNotifierTopicsProgram",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def program_topics(connection: Reading, viewer: AnyReader, program_id: ProgramId) -> TopicsAnswer:
    """Return the topics of one program."""
    await objects.find(connection, viewer, ObjectType.PROGRAM, program_id)
    return _answer(TopicKind.PROGRAM, _audience(viewer), program_id)


@router.get(
    f"{_TOPICS}/programs/{{programID}}/events",
    operation_id="listAllMqttNotifierTopicsProgramEvents",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def program_events_topics(connection: Reading, viewer: AnyReader, program_id: ProgramId) -> TopicsAnswer:
    """Return the topics of the events of one program."""
    await objects.find(connection, viewer, ObjectType.PROGRAM, program_id)
    return _answer(TopicKind.PROGRAM_EVENTS, _audience(viewer), program_id)


@router.get(
    f"{_TOPICS}/events",
    operation_id="listAllMqttNotifierTopicsEvents",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def events_topics(_viewer: BusinessReader) -> TopicsAnswer:
    """Return the topics of all events."""
    return _answer(TopicKind.EVENTS, BUSINESS_LOGIC)


@router.get(
    f"{_TOPICS}/reports",
    operation_id="listAllMqttNotifierTopicsReports",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def reports_topics(_viewer: BusinessReader) -> TopicsAnswer:
    """Return the topics of all reports."""
    return _answer(TopicKind.REPORTS, BUSINESS_LOGIC)


@router.get(
    f"{_TOPICS}/subscriptions",
    operation_id="listAllMqttNotifierTopicsSubscriptions",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def subscriptions_topics(_viewer: BusinessReader) -> TopicsAnswer:
    """Return the topics of all subscriptions."""
    return _answer(TopicKind.SUBSCRIPTIONS, BUSINESS_LOGIC)


@router.get(
    f"{_TOPICS}/vens",
    operation_id="listAllMqttNotifierTopicsVens",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def vens_topics(_viewer: BusinessReader) -> TopicsAnswer:
    """Return the topics of all VENs."""
    return _answer(TopicKind.VENS, BUSINESS_LOGIC)


@router.get(
    f"{_TOPICS}/resources",
    operation_id="listAllMqttNotifierTopicsResources",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def resources_topics(_viewer: BusinessReader) -> TopicsAnswer:
    """Return the topics of all resources."""
    return _answer(TopicKind.RESOURCES, BUSINESS_LOGIC)


@router.get(
    f"{_TOPICS}/vens/{{venID}}",
    operation_id="listAllMqttNotifierTopicsVen",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def ven_topics(connection: Reading, viewer: OwnReader, ven_id: VenId) -> TopicsAnswer:
    """Return the topics of one VEN."""
    await _find_ven(connection, viewer, ven_id)
    return _answer(TopicKind.VEN, _audience(viewer), ven_id)


@router.get(
    f"{_TOPICS}/vens/{{venID}}/events",
    operation_id="listAllMqttNotifierTopicsVenEvents",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def ven_events_topics(connection: Reading, viewer: OwnReader, ven_id: VenId) -> TopicsAnswer:
    """Return the topics of the events that a VEN may see."""
    await _find_ven(connection, viewer, ven_id)
    return _answer(TopicKind.EVENTS, audience_of(ven_id))


@router.get(
    f"{_TOPICS}/vens/{{venID}}/programs",
    operation_id="listAllMqttNotifierTopicsVenPrograms",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def ven_programs_topics(connection: Reading, viewer: OwnReader, ven_id: VenId) -> TopicsAnswer:
    """Return the topics of the programs that a VEN may see."""
    await _find_ven(connection, viewer, ven_id)
    return _answer(TopicKind.PROGRAMS, audience_of(ven_id))


@router.get(
    f"{_TOPICS}/vens/{{venID}}/resources",
    operation_id="listAllMqttNotifierTopicsVenResources",
    response_model=TopicsAnswer,
    responses=refusals(403, 404),
)
async def ven_resources_topics(connection: Reading, viewer: OwnReader, ven_id: VenId) -> TopicsAnswer:
    """Return the topics of the resources of a VEN."""
    await _find_ven(connection, viewer, ven_id)
    return _answer(TopicKind.RESOURCES, audience_of(ven_id))


async def _find_ven(connection: Connection, viewer: Viewer, ven_id: str) -> None:
    await objects.find(connection, viewer, ObjectType.VEN, ven_id)


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
