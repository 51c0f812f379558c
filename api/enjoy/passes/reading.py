"""What readers ask for by their own secret: the bundle that they judge by alone, and their log, told later."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response

from api.context import InContext, context_of
from api.enjoy.features.answers import is_known, unchanged
from api.enjoy.passes.published import enjoy_address
from api.enjoy.passes.secret import offered_secret
from api.enjoy.passes.validations import judging_of
from api.models.pass_readers import EntryRefused, LogTaken
from core.errors import InputError
from db.connection import borrow
from db.pass_readers import see_reader
from enjoy.passes.bundling import make_bundle
from enjoy.passes.doors import Judging, require_good, rules_now
from enjoy.passes.issuing import STATUS_PATH
from enjoy.passes.late import AT_ONCE, MOST_ENTRIES, Entry, Outcome, read_entry, store_log
from enjoy.passes.signing import signer_now
from enjoy.reader.bundle import HOLDS

router = APIRouter(prefix="/v1/reader", tags=["readers"])

BUNDLE: Final = 'application/cose; cose-type="cose-sign1"'
NDJSON: Final = "application/x-ndjson"
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/bundle",
    response_class=Response,
    responses={
        200: {"description": "The bundle, signed", "content": {BUNDLE: _BINARY}},
        304: {"description": "Nothing has changed since"},
    },
)
async def get_bundle(request: Request, context: InContext) -> Response:
    """Return what the reader judges by when it is alone: its venue, the rules, the keys; signed, for eight days."""
    judging = await judging_of(request)
    require_good(judging.door)
    now = context.wall.now()
    async with borrow(context.passes) as connection:
        signer = await signer_now(connection, offered_secret(context.settings), now, holds_until=now + HOLDS)
        status_uri = enjoy_address(request) + STATUS_PATH
        bundle = await make_bundle(connection, judging, signer, status_uri=status_uri, now=now)
        await see_reader(connection, judging.door.reader_id, now=now)
    headers = {"ETag": f'"{hashlib.sha256(bundle).hexdigest()[:32]}"', "Cache-Control": "no-store"}
    if is_known(request, headers["ETag"]):
        return unchanged(headers)
    return Response(bundle, media_type=BUNDLE, headers=headers)


@router.post("/log")
async def post_log(request: Request, context: InContext) -> LogTaken:
    """Take what the reader did alone: a JSON array, or one entry a line; told again, nothing changes.

    Nobody is un-admitted by it: what looks wrong is flagged. A log of a reader that was revoked is taken and flagged.
    """
    judging = await judging_of(request)
    contents = _contents(await request.body(), request.headers.get("content-type", ""))
    entries, refused = _read(contents)
    async with borrow(context.passes) as connection:
        rules = await rules_now(connection, judging.door.service_id, with_ended=True)
    outcome = await _stored(request, Judging(judging.door, rules), entries)
    places = {entry.nonce: place for place, entry in reversed(entries)}
    refused += [EntryRefused(place=places[nonce], nonce=nonce, code=code) for nonce, code in outcome.refused]
    return LogTaken(
        stored=outcome.stored,
        known=outcome.known,
        flagged=outcome.flagged,
        refused=sorted(refused, key=lambda one: one.place),
    )


async def _stored(request: Request, judging: Judging, entries: Sequence[tuple[int, Entry]]) -> Outcome:
    """Store the entries by parts, the earliest first: what is stored stays so if the next part fails."""
    context, outcome = context_of(request), Outcome()
    ordered = sorted((entry for _, entry in entries), key=lambda entry: entry.at)
    for begin in range(0, len(ordered), AT_ONCE):
        async with borrow(context.passes) as connection:
            part = ordered[begin : begin + AT_ONCE]
            outcome.add(await store_log(connection, judging, part, now=context.wall.now()))
    async with borrow(context.passes) as connection:
        await see_reader(connection, judging.door.reader_id, now=context.wall.now())
    return outcome


def _contents(body: bytes, media_type: str) -> list[Any]:
    """Return the entries of a log.

    Raises
    ------
    InputError
        ``log_invalid``.
    """
    try:
        if media_type.split(";", maxsplit=1)[0].strip() == NDJSON:
            contents = [msgspec.json.decode(line) for line in body.splitlines() if line.strip()]
        else:
            contents = msgspec.json.decode(body, type=list[Any])
    except msgspec.DecodeError as error:
        raise InputError("log_invalid", f"The log cannot be read: {error}.") from None
    if len(contents) > MOST_ENTRIES:
        raise InputError("log_invalid", f"A log has at most {MOST_ENTRIES:,} entries at once.")
    return contents


def _read(contents: Sequence[Any]) -> tuple[list[tuple[int, Entry]], list[EntryRefused]]:
    entries: list[tuple[int, Entry]] = []
    refused = []
    for place, content, read in _each(contents):
        if isinstance(read, Entry):
            entries.append((place, read))
        else:
            refused.append(EntryRefused(place=place, nonce=_nonce_of(content), code=read))
    return entries, refused


def _each(contents: Sequence[Any]) -> Iterator[tuple[int, Any, Entry | str]]:
    for place, content in enumerate(contents):
        try:
            yield place, content, read_entry(content)
        except InputError as error:
            yield place, content, error.code


def _nonce_of(content: Any) -> UUID | None:
    try:
        return UUID(content["nonce"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
