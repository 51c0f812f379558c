"""What a reader says to its server: paired, brought up to date, its log told, one scan judged online."""

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from uuid import uuid4

import msgspec

from core.errors import InputError, PlatformError, RetryableError, UnauthenticatedError
from enjoy.reader.journal import Entry
from enjoy.reader.offline import Reader, Sync, not_paired
from enjoy.reader.status import MOST_BYTES, StatusList
from outward.addresses import HTTP_AND_HTTPS, Faults, read_address, resolve
from outward.exchange import Answer, Asked, exchange

_WITHIN_S: Final = 30.0
_AT_ONCE: Final = 2_000
_MOST_ANSWER: Final = 2**22
_SERVER: Final = "server"
_OK, _UNAUTHORIZED, _FORGOTTEN, _BAD = 200, 401, (409, 410), 400
_TOO_MANY, _FAULTY = 429, 500
_FAULTS: Final = Faults(
    unfit=lambda why: InputError("server_url_unfit", f"The address of the server cannot be used: {why}."),
    not_public=lambda: InputError("server_url_unfit", "The address of the server cannot be used: it is not public."),
    unreachable=lambda why: RetryableError("server_unreachable", f"The server cannot be reached: {why}."),
    too_long=lambda most: RetryableError("server_answer_broken", f"The answer is longer than {most:,} bytes."),
)


class Server(msgspec.Struct, frozen=True):
    """Name the server of a reader, and the secret that it knows the reader by.

    Attributes
    ----------
    url : str
        Address of Enjoy.
    secret : str
        Of the reader.
    """

    url: str
    secret: str


class Told(msgspec.Struct, frozen=True):
    """Tell what became of a log.

    Attributes
    ----------
    stored, known, flagged : int
        As the server counts.
    refused : list of dict
        Entries that the server did not take, with codes.
    """

    stored: int
    known: int
    flagged: int
    refused: list[dict[str, Any]]


async def pair(reader: Reader, server: Server, *, now: datetime) -> Sync:
    """Make a folder that of a reader: its keys are those of the server that its secret was shown by."""
    keys = _keys(await _called(server, "GET", "/v1/passes/keys"))
    answer = await _called(server, "GET", "/v1/reader/bundle")
    reader.pair(answer.body, keys)
    reader.journal.keep(_SERVER, msgspec.json.encode(server))
    return await sync(reader, now=now)


async def sync(reader: Reader, *, now: datetime) -> Sync:
    """Fetch the bundle and what changed in the status list, and compare the clocks."""
    server = server_of(reader)
    answer = await _called(server, "GET", "/v1/reader/bundle")
    server_now = _date_of(answer)
    bundle = reader.renew(answer.body)
    reader.keep_list(await _listed(reader, server, bundle.key_bytes(), now))
    return reader.synced(now=now, server_now=server_now)


async def upload(reader: Reader) -> Told:
    """Tell the server what it does not know yet, the earliest first."""
    server = server_of(reader)
    told = Told(0, 0, 0, [])
    while entries := reader.journal.untold(_AT_ONCE):
        body = b"\n".join(msgspec.json.encode(_line(entry)) for entry in entries)
        answer = await _called(server, "POST", "/v1/reader/log", body, content_type="application/x-ndjson")
        part = msgspec.json.decode(answer.body, type=Told)
        reader.journal.told(entry.nonce for entry in entries)
        refused = [*told.refused, *part.refused]
        told = Told(told.stored + part.stored, told.known + part.known, told.flagged + part.flagged, refused)
    return told


async def ask(reader: Reader, text: str, *, now: datetime) -> dict[str, Any]:
    """Have the server judge what was read: the text of a code, or the serial of a card."""
    kind = "text" if text.startswith("SMP") else "serial"
    body = msgspec.json.encode({"nonce": uuid4(), kind: text, "at": now})
    answer = await _called(server_of(reader), "POST", "/v1/reader/validations", body)
    told: dict[str, Any] = msgspec.json.decode(answer.body)
    return told


def server_of(reader: Reader) -> Server:
    """Return the server of a reader.

    Raises
    ------
    ConfigurationError
        ``reader_not_paired``.
    """
    content = reader.journal.fact(_SERVER)
    if content is None:
        raise not_paired()
    return msgspec.json.decode(content, type=Server)


async def _listed(reader: Reader, server: Server, keys: dict[bytes, str], now: datetime) -> StatusList:
    """Return the status list as it is now: by its changes where they are kept, else the whole."""
    known = reader.status_list
    if known is not None:
        address = f"/v1/passes/status/changes?since={known.version}"
        answer = await _called(server, "GET", address, may_be=_FORGOTTEN)
        if answer.status == _OK:
            try:
                return known.updated(answer.body, keys, now)
            except InputError as error:
                if error.code != "status_gap":
                    raise
    whole = await _called(server, "GET", "/v1/passes/status", most=MOST_BYTES)
    return StatusList.read(whole.body, keys, now) if known is None else known.replaced(whole.body, keys, now)


async def _called(
    server: Server,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    content_type: str = "application/json",
    most: int = _MOST_ANSWER,
    may_be: tuple[int, ...] = (),
) -> Answer:
    address = read_address(server.url.rstrip("/") + path, _FAULTS, schemes=HTTP_AND_HTTPS)
    headers = [("Authorization", f"Bearer {server.secret}")] + ([("Content-Type", content_type)] if body else [])
    if path.startswith("/v1/passes/"):
        headers = []  # open to all, and a reader's secret is no key
    asked = Asked(method, headers, body, most_bytes=most, is_cut=False)
    try:
        async with asyncio.timeout(_WITHIN_S):
            addresses = await resolve(address, _FAULTS, may_be_private=True)
            tls = ssl.create_default_context()
            answer = await exchange(address, addresses, asked, _FAULTS, tls=tls, may_be_private=True)
    except TimeoutError as error:
        raise RetryableError("server_unreachable", "The server does not answer.") from error
    if answer.status >= _BAD and answer.status not in may_be:
        raise _refused(answer)
    return answer


def _refused(answer: Answer) -> PlatformError:
    try:
        problem = json.loads(answer.body)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        code, detail = "server_answer_unfit", f"The server answered {answer.status}: is the address that of Enjoy?"
    if answer.status == _UNAUTHORIZED:
        return UnauthenticatedError(code, detail)
    if answer.status == _TOO_MANY or answer.status >= _FAULTY:
        return RetryableError(code, detail)
    return InputError(code, detail)


def _keys(answer: Answer) -> dict[bytes, str]:
    """Return the keys of a JWK set."""
    try:
        found = {
            bytes.fromhex(key["kid"]): base64.b64encode(base64.urlsafe_b64decode(key["x"] + "=")).decode()
            for key in json.loads(answer.body)["keys"]
        }
    except (ValueError, KeyError, TypeError) as error:
        message = "The server has no keys of passes: is the address that of Enjoy?"
        raise InputError("server_answer_unfit", message) from error
    return found


def _date_of(answer: Answer) -> datetime:
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise RetryableError("server_answer_broken", "The server does not say what time it is.") from error


def _line(entry: Entry) -> Mapping[str, object]:
    return {
        "nonce": entry.nonce,
        "at": entry.at,
        "token_id": entry.token_id,
        "step": entry.step,
        "proof": entry.proof,
        "reason": entry.reason,
        "rule_id": entry.rule_id,
        "price_class": entry.price_class,
    }
