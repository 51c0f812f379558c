"""Subscriptions; none exists before its callbacks have shown that they want to be called."""

from http import HTTPStatus

from fastapi import Request

from api.context import Context, InContext, Reading, Writing
from api.openadr import operations
from api.openadr.access import OwnReader, SubscriptionWriter
from api.openadr.models.subscription import Subscription, SubscriptionRequest
from api.openadr.operations import Told
from api.openadr.parameters import ClientNameAsked, Limit, ObjectsAsked, ProgramAsked, Skip, SubscriptionId
from api.openadr.problems import refusals
from api.openadr.routing import router_of
from api.openadr.wiring import wiring_of
from core.errors import ForbiddenError, InputError, NotFoundError
from db.connection import Connection, borrow
from db.openadr import NewObject, OpenadrObject, Search
from grid.openadr import objects
from grid.openadr.nouns import ObjectType
from grid.openadr.objects import MOST
from grid.openadr.privacy import Viewer
from grid.openadr.telling import told

router = router_of("subscriptions")
_KIND = ObjectType.SUBSCRIPTION
#: Each is asked before the answer, one after the other.
_MOST_CALLBACKS = 8


@router.get("", operation_id="searchSubscriptions", response_model=list[Subscription], responses=refusals(403))
async def search_subscriptions(
    connection: Reading,
    viewer: OwnReader,
    program_id: ProgramAsked = None,
    client_name: ClientNameAsked = None,
    kinds: ObjectsAsked = None,
    skip: Skip = 0,
    limit: Limit = MOST,
) -> list[Told]:
    """List subscriptions, the oldest first."""
    wanted = Search(_KIND, limit, skip, program_id=program_id, name=client_name, objects=kinds or None)
    return await operations.search(connection, viewer, wanted)


@router.post(
    "",
    operation_id="createSubscription",
    status_code=HTTPStatus.CREATED,
    response_model=Subscription,
    responses=refusals(403, 409),
)
async def create_subscription(
    request: Request, context: InContext, viewer: SubscriptionWriter, body: SubscriptionRequest
) -> Told:
    """Subscribe, once every callback has repeated the word that it is asked for."""
    async with borrow(context.readers) as connection:
        new = await _new(connection, viewer, body)
    await _check(request, body)
    async with borrow(context.writers) as connection:
        return told(await operations.create(context, connection, viewer, new), viewer)


@router.get(
    "/{subscriptionID}",
    operation_id="searchSubscriptionByID",
    response_model=Subscription,
    responses=refusals(403, 404),
)
async def show_subscription(connection: Reading, viewer: OwnReader, subscription_id: SubscriptionId) -> Told:
    """Return one subscription."""
    return await operations.show(connection, viewer, _KIND, subscription_id)


@router.put(
    "/{subscriptionID}",
    operation_id="updateSubscription",
    response_model=Subscription,
    responses=refusals(403, 404, 409),
)
async def change_subscription(
    request: Request,
    context: InContext,
    viewer: SubscriptionWriter,
    subscription_id: SubscriptionId,
    body: SubscriptionRequest,
) -> Told:
    """Replace a subscription of one's own; its callbacks are asked again."""
    async with borrow(context.readers) as connection:
        await _own(connection, viewer, subscription_id)
        new = await _new(connection, viewer, body)
    await _check(request, body)
    return await _change(context, viewer, subscription_id, new)


@router.delete(
    "/{subscriptionID}", operation_id="deleteSubscription", response_model=Subscription, responses=refusals(403, 404)
)
async def delete_subscription(
    context: InContext, connection: Writing, viewer: SubscriptionWriter, subscription_id: SubscriptionId
) -> Told:
    """Delete a subscription."""
    return await operations.remove(context, connection, viewer, _KIND, subscription_id)


async def _change(context: Context, viewer: Viewer, subscription_id: str, new: NewObject) -> Told:
    async with borrow(context.writers) as connection:
        row = await _own(connection, viewer, subscription_id, lock=True)
        return told(await operations.change(context, connection, viewer, row, new), viewer)


async def _own(connection: Connection, viewer: Viewer, subscription_id: str, *, lock: bool = False) -> OpenadrObject:
    row = await objects.find(connection, viewer, _KIND, subscription_id, lock=lock)
    if row.client_id != viewer.client_id:
        raise ForbiddenError("openadr_not_yours", "Only its own client may change a subscription.")
    return row


async def _check(request: Request, body: SubscriptionRequest) -> None:
    wanted = dict.fromkeys((one.callback_url, one.bearer_token) for one in body.object_operations)
    if len(wanted) > _MOST_CALLBACKS:
        raise InputError("callbacks_too_many", f"A subscription may have {_MOST_CALLBACKS} callbacks.")
    for url, bearer_token in wanted:
        await wiring_of(request).check_callback(url, bearer_token)


async def _new(connection: Connection, viewer: Viewer, body: SubscriptionRequest) -> NewObject:
    if body.program_id is not None:
        try:
            await objects.find(connection, viewer, ObjectType.PROGRAM, body.program_id)
        except NotFoundError as error:  # hidden or not there: the answer is the same
            raise objects.unknown_reference() from error
    return NewObject(
        _KIND,
        body.content(),
        client_id=viewer.client_id,
        name=body.client_name,
        program_id=body.program_id,
        targets=body.targets or (),
    )
