"""Rights that a service knows, and its rules: for those who run it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from api.context import InContext
from api.enjoy.operating import Passes
from api.enjoy.passes.services import Runs, Seen, ServiceName
from api.models.pass_services import KindOf, KindWanted, RuleOf, RuleWanted
from db import pass_services as store
from enjoy.passes import ruling, services

router = APIRouter(prefix="/v1/services/{service}", tags=["services"])

RightCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,47}$", description="Right", examples=["resident"])]
RuleId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Rule", examples=[1])]


@router.get("/rights")
async def get_rights(operator: Runs, connection: Passes, service: ServiceName) -> list[KindOf]:
    """List the rights that a service knows, with their numbers and what they follow from; never who has them."""
    own = await services.own_service(connection, service, operator.organisation_id)
    kinds = [one for one in await store.kinds_of(connection, [own.service_id]) if one.ended_on is None]
    communes = await store.communes(connection)
    return [KindOf.of(one, communes) for one in kinds]


@router.put("/rights/{right}")
async def put_right(
    context: InContext,
    operator: Runs,
    connection: Passes,
    service: ServiceName,
    right: RightCode,
    seen: Seen,
    body: KindWanted,
) -> KindOf:
    """Say which right there is and what it follows from; rights of all who joined are derived again in a minute."""
    own = await services.own_service(connection, service, operator.organisation_id)
    made = await services.put_kind(
        connection,
        own,
        right,
        title=body.title,
        condition=body.condition,
        seen=seen,
        actor=operator.actor,
        now=context.wall.now(),
    )
    return KindOf.of(made, await store.communes(connection))


@router.delete("/rights/{right}", status_code=HTTPStatus.NO_CONTENT)
async def delete_right(
    context: InContext, operator: Runs, connection: Passes, service: ServiceName, right: RightCode, seen: Seen
) -> Response:
    """End a right that no rule names: nobody has it any more, and its number is not given again."""
    own = await services.own_service(connection, service, operator.organisation_id)
    await services.end_kind(connection, own, right, seen=seen, actor=operator.actor, now=context.wall.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/rules")
async def get_rules(
    operator: Runs,
    connection: Passes,
    service: ServiceName,
    *,
    ended: Annotated[bool, Query(description="With those that have ended", examples=[False])] = False,
) -> list[RuleOf]:
    """List rules in the order in which they are tried: the first that admits decides."""
    own = await services.own_service(connection, service, operator.organisation_id)
    return [RuleOf.of(one) for one in await store.rules_of(connection, [own.service_id], with_ended=ended)]


@router.post("/rules", status_code=HTTPStatus.CREATED)
async def post_rule(
    context: InContext, operator: Runs, connection: Passes, service: ServiceName, seen: Seen, body: RuleWanted
) -> RuleOf:
    """Add a rule after all others; readers go by it from their next bundle on."""
    own = await services.own_service(connection, service, operator.organisation_id)
    made = await ruling.add_rule(connection, own, body.content, seen=seen, actor=operator.actor, now=context.wall.now())
    return RuleOf.of(made)


@router.put("/rules")
async def put_rules(
    context: InContext,
    operator: Runs,
    connection: Passes,
    service: ServiceName,
    seen: Seen,
    body: Annotated[list[RuleWanted], Body(max_length=200)],
) -> list[RuleOf]:
    """Say all rules anew, in their order; those before end, and stay on record."""
    own = await services.own_service(connection, service, operator.organisation_id)
    contents = [one.content for one in body]
    held = await ruling.replace_rules(
        connection, own, contents, seen=seen, actor=operator.actor, now=context.wall.now()
    )
    return [RuleOf.of(one) for one in held]


@router.delete("/rules/{rule}", status_code=HTTPStatus.NO_CONTENT)
async def delete_rule(
    context: InContext, operator: Runs, connection: Passes, service: ServiceName, rule: RuleId, seen: Seen
) -> Response:
    """End a rule; it stays, so that what was judged by it can be explained."""
    own = await services.own_service(connection, service, operator.organisation_id)
    await ruling.end_rule(connection, own, rule, seen=seen, actor=operator.actor, now=context.wall.now())
    return Response(status_code=HTTPStatus.NO_CONTENT)
