"""Requests that are done once however often they come: the header ``Idempotency-Key``, as the IETF's draft has it.

The answer is kept in the transaction of what it tells, so either both are stored or neither. A key is held by a lock
that ends with the transaction: of a process that died nothing stays behind that says "in progress".
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, TypeVar

from fastapi import Header, Request, Response

from api.enjoy.access import Caller
from api.models.fields import Model
from core.errors import ConflictError, InputError
from db.connection import Connection
from db.idempotency import Answer, find_answer, keep_answer, take_key

Told = TypeVar("Told", bound=Model)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Of your choosing, new for each request; the same request again has the same answer, for a day",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]
#: Says that an answer was given before.
REPLAYED: Final = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class Once:
    """Hold what makes a request the same as another.

    Attributes
    ----------
    key : str or None
        The caller's; None: the request is done each time.
    request_sha256 : bytes
        Of path, query and body.
    """

    key: str | None
    request_sha256: bytes


def asked_once(request: Request, key: str | None, body_sha256: bytes) -> Once:
    """Return what makes a request the same as another."""
    what = f"{request.method} {request.url.path}?{request.url.query}".encode()
    return Once(key, sha256(what + b"\n" + body_sha256).digest())


async def answered_once(
    connection: Connection,
    caller: Caller,
    once: Once,
    kind: type[Told],
    work: Callable[[], Awaitable[Told]],
    *,
    response: Response,
    now: datetime,
) -> Told:
    """Do what is asked and return what to tell of it, or what was told before.

    Parameters
    ----------
    connection : Connection
        In the role that publishes, acting for the caller; whoever lent it commits.
    caller : Caller
        Who asks; keys are of an organisation.
    once : Once
        What makes the request the same as another.
    kind : type
        What is told.
    work : callable
        Does it, on the same connection.
    response : Response
        Is given the header that says so where the answer is an old one.
    now : datetime
        Time.

    Raises
    ------
    ConflictError
        ``idempotency_key_in_use``: a request with this key is being answered at this moment.
    InputError
        ``idempotency_key_reused``: the key came with another request before.
    """
    organisation = caller.organisation_id
    if once.key is None or organisation is None:
        return await work()
    if not await take_key(connection, organisation, once.key):
        raise ConflictError("idempotency_key_in_use", "A request with this key is being answered; ask again later.")
    known = await find_answer(connection, organisation, once.key, now=now)
    if known is None:
        told = await work()
        answer = Answer(once.request_sha256, told.model_dump_json())
        await keep_answer(connection, organisation, once.key, answer, now=now)
        return told
    if known.request_sha256 != once.request_sha256:
        raise InputError("idempotency_key_reused", "This key came with another request before; take a new one.")
    response.headers[REPLAYED] = "true"
    return kind.model_validate_json(known.answer)
