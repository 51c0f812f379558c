"""Keys of an organisation: made, rotated and revoked by whoever belongs to it; and what they were used for."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response

from api.context import Context, InContext
from api.enjoy.signing_in import Accounts, Asking, Belonging, Person, actor_of
from api.models.account import DatasetUsageOf, KeyOf, KeyUsageOf, KeyWanted, NewKey
from api.models.fields import GivenInstant
from api.models.webhook import Overlap
from db import keys as store
from db.audit import record
from db.connection import Connection
from db.keys import ApiKey
from db.usage import usage_of_datasets, usage_of_organisation
from enjoy.accounts import make_key, own_key

router = APIRouter(prefix="/v1", tags=["accounts"])

_LARGEST_KEY: Final = 2**31 - 1
_MOST_ROWS: Final = 10_000
KeyId = Annotated[int, Path(ge=1, le=_LARGEST_KEY, description="Key", examples=[1])]
Since = Annotated[GivenInstant | None, Query(description="Left out: 30 days ago", examples=["2026-01-01T00:00:00Z"])]
Until = Annotated[GivenInstant | None, Query(description="Left out: now", examples=["2026-02-01T00:00:00Z"])]


def _told(context: Context, key: ApiKey) -> KeyOf:
    facts = {name: getattr(key, name) for name in KeyOf.model_fields if hasattr(key, name)}
    quota = context.settings.enjoy_key_quota if key.quota_per_minute is None else key.quota_per_minute
    return KeyOf.model_validate(facts | {"organisation": key.organisation_name, "quota_per_minute": quota})


async def _changed(context: Context, connection: Connection, action: str, actor: str, key: ApiKey) -> None:
    facts = {"organisation": key.organisation_name}
    subject = f"key/{key.api_key_id}"
    await record(connection, at=context.clock.now(), actor=actor, action=action, subject=subject, facts=facts)
    context.traffic.keyring.forget()


@router.get("/keys")
async def get_keys(context: InContext, connection: Accounts, membership: Belonging) -> list[KeyOf]:
    """List the keys of an organisation that are not revoked."""
    return [_told(context, one) for one in await store.list_keys(connection, membership.organisation)]


@router.post("/keys", status_code=HTTPStatus.CREATED)
async def post_key(
    context: InContext, connection: Accounts, membership: Belonging, person: Person, body: KeyWanted
) -> NewKey:
    """Make a key; its secret is shown this once, and only its hash is kept."""
    number, secret = await make_key(
        connection,
        membership,
        body.name,
        body.scopes,
        is_sandbox=body.is_sandbox,
        expires_at=datetime.now(UTC) + timedelta(days=body.days),
        actor=actor_of(person),
        now=context.clock.now(),
    )
    return NewKey(secret=secret, **_told(context, await own_key(connection, membership, number)).model_dump())


@router.post("/keys/{api_key_id}/secret")
async def post_secret(
    context: InContext,
    connection: Accounts,
    membership: Belonging,
    person: Person,
    api_key_id: KeyId,
    body: Overlap,
) -> NewKey:
    """Give a key a new secret; for some hours the one before is taken as well."""
    await own_key(connection, membership, api_key_id)
    secret = await store.rotate_key(
        connection,
        api_key_id,
        overlap=timedelta(hours=body.overlap_h),
        organisation_id=membership.organisation_id,
    )
    key = await own_key(connection, membership, api_key_id)
    await _changed(context, connection, "key.rotated", actor_of(person), key)
    return NewKey(secret=secret, **_told(context, key).model_dump())


@router.delete("/keys/{api_key_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_key(
    context: InContext, connection: Accounts, membership: Belonging, person: Person, api_key_id: KeyId
) -> Response:
    """Revoke a key for good; it is refused from now on."""
    key = await own_key(connection, membership, api_key_id)
    await store.revoke_key(connection, api_key_id, organisation_id=membership.organisation_id)
    await _changed(context, connection, "key.revoked", actor_of(person), key)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/usage")
async def get_usage(
    connection: Accounts, organisation_id: Asking, since: Since = None, until: Until = None
) -> list[KeyUsageOf]:
    """Tell what an organisation's keys were used for, by hour, the newest first; stored every ten seconds."""
    span = _span(since, until)
    rows = await usage_of_organisation(connection, organisation_id, limit=_MOST_ROWS, since=span[0], until=span[1])
    return [KeyUsageOf.model_validate(one) for one in rows]


@router.get("/usage/datasets")
async def get_usage_of_datasets(
    connection: Accounts, organisation_id: Asking, since: Since = None, until: Until = None
) -> list[DatasetUsageOf]:
    """Tell how much an organisation's datasets were read by others, by day, the newest first."""
    span = _span(since, until)
    rows = await usage_of_datasets(connection, organisation_id, limit=_MOST_ROWS, since=span[0], until=span[1])
    return [DatasetUsageOf.model_validate(one) for one in rows]


def _span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return since or now - timedelta(days=30), until or now + timedelta(hours=1)
