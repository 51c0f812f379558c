"""The route that is asked most: a reader shows what it was shown, and learns whether to open."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from api.context import Context, context_of
from api.enjoy.limits import address_of
from api.enjoy.passes.secret import offered_secret
from core.errors import ConflictError, InputError, UnauthenticatedError
from db.connection import borrow
from db.validations import StoredRow
from enjoy.passes.doors import Doors, Judging, require_good
from enjoy.passes.validating import Presentation, read_shown, validate

#: Presentations are gathered for so long, and for as long as the transaction before takes. [s]
GATHER_S: Final = 0.005
_MOST_AT_ONCE: Final = 64
_MOST_TEXT: Final = 2_200
_ADDRESS: Final = "/v1/reader/validations"


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold a request."""

    nonce: UUID
    text: str | None = None
    serial: str | None = None
    at: datetime | None = None


class Told(msgspec.Struct, frozen=True):
    """Hold an answer."""

    admitted: bool
    reason: str
    price_class: str | None
    nonce: UUID


class Gathering:
    """Judge what comes at about the same time together: one transaction is for all of it.

    Parameters
    ----------
    context : Context
        Of the application.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: list[tuple[Presentation, asyncio.Future[StoredRow]]] = []
        self._working: asyncio.Task[None] | None = None

    async def judge(self, presentation: Presentation) -> StoredRow:
        """Return the answer, which is stored.

        Raises
        ------
        ConflictError
            ``nonce_taken``.
        """
        answered: asyncio.Future[StoredRow] = asyncio.get_running_loop().create_future()
        self._waiting.append((presentation, answered))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="validations")
        return await answered

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(GATHER_S)
            batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            try:
                answers: Sequence[StoredRow | Exception] = await self._validated([one for one, _ in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                answers = [error] * len(batch)
            for (_, answered), answer in zip(batch, answers, strict=True):
                _tell(answered, answer)

    async def _validated(self, asked: Sequence[Presentation]) -> list[StoredRow | ConflictError]:
        async with borrow(self._context.passes) as connection:
            return await validate(connection, asked)


def install(app: FastAPI, context: Context) -> None:
    """Add the route, before all others, and what it needs."""
    app.state.doors = Doors(context.passes, context.wall)
    app.state.gathering = Gathering(context)
    app.router.add_route(_ADDRESS, post_validation, methods=["POST"], include_in_schema=False)


async def judging_of(request: Request) -> Judging:
    """Return the reader whose secret a request was sent with; wrong ones are counted as a stranger's requests are.

    Raises
    ------
    UnauthenticatedError
        ``reader_unknown``.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    doors: Doors = request.app.state.doors
    try:
        return await doors.find(secret.strip() if scheme.lower() == "bearer" else "")
    except UnauthenticatedError:
        traffic = context_of(request).traffic
        if not traffic.may_guess(address_of(request.scope)):
            detail = "Too many secrets of readers were wrong: wait a minute."
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, detail, {"Retry-After": "60"}) from None
        raise


async def post_validation(request: Request) -> Response:
    """Tell whether to open; asked again with the same nonce, the answer is the same."""
    judging = await judging_of(request)
    require_good(judging.door)
    context = context_of(request)
    keys = await request.app.state.doors.keys()
    gathering: Gathering = request.app.state.gathering
    row = await gathering.judge(presented_now(context, judging, await request.body(), keys))
    return Response(written(row), media_type="application/json", headers={"Cache-Control": "no-store"})


def presented_now(context: Context, judging: Judging, content: bytes, keys: dict[bytes, str]) -> Presentation:
    """Return what a reader shows.

    Raises
    ------
    InputError
        ``presentation_invalid``.
    """
    asked = _read(content)
    return read_shown(
        judging,
        asked.nonce,
        text=asked.text,
        serial=asked.serial,
        at=asked.at,
        keys=keys,
        secret=offered_secret(context.settings),
        now=context.wall.now(),
    )


def written(row: StoredRow) -> bytes:
    """Return an answer as it is sent."""
    return msgspec.json.encode(Told(row.is_admitted, row.reason, row.price_class, row.nonce))


def _read(body: bytes) -> Shown:
    """Return a request.

    Raises
    ------
    InputError
        ``presentation_invalid``.
    """
    try:
        asked = msgspec.json.decode(body, type=Shown)
    except msgspec.DecodeError as error:
        raise InputError("presentation_invalid", f"The presentation cannot be read: {error}.") from None
    if (asked.text is None) == (asked.serial is None):
        raise InputError("presentation_invalid", "Either the text of a code is shown or the serial of a card.")
    if len(asked.text or asked.serial or "") > _MOST_TEXT or (asked.at is not None and asked.at.tzinfo is None):
        raise InputError("presentation_invalid", "A text is no longer than a code, and a time names its zone.")
    return asked


def _tell(answered: "asyncio.Future[StoredRow]", answer: StoredRow | Exception) -> None:
    if answered.done():  # who asked went away
        return
    if isinstance(answer, Exception):
        answered.set_exception(answer)
    else:
        answered.set_result(answer)
