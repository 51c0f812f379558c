"""Readers are answered where their bytes come in: as the long way answers, and only where nothing is unusual."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from api.enjoy.passes.plain_request import PlainRequest, read_plain
from db.connection import Role, connect
from enjoy.passes.doors import make_reader
from tests.api.conftest import PASS_SECRET
from tests.api.enjoy.running import api_process
from tests.enjoy.passes.test_reader_command import paper
from tests.enjoy.passes.town import Town, add_service

_LINE = b"POST /enjoy/v1/reader/validations HTTP/1.1\r\n"
_USUAL = b"Host: a\r\nAuthorization: Bearer s\r\nContent-Length: 2\r\n"


def test_a_usual_request_is_read():
    assert read_plain(_LINE + _USUAL + b"\r\n{}") == PlainRequest("s", b"{}")
    more = b"User-Agent: gate\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: Keep-Alive\r\n"
    assert read_plain(_LINE + more + _USUAL + b"\r\n{}") == PlainRequest("s", b"{}")


@pytest.mark.parametrize(
    "request_",
    [
        _LINE + _USUAL + b"\r\n{",  # the rest is not there yet
        _LINE + _USUAL + b"\r\n{}POST",  # another behind it
        _LINE + _USUAL,
        _LINE + _USUAL + b"Content-Length: 2\r\n\r\n{}",
        _LINE + _USUAL + b"Host: b\r\n\r\n{}",
        _LINE + _USUAL + b"Transfer-Encoding: chunked\r\n\r\n{}",
        _LINE + _USUAL + b"Origin: https://a.example\r\n\r\n{}",
        _LINE + _USUAL + b"Expect: 100-continue\r\n\r\n{}",
        _LINE + _USUAL + b"Upgrade: h2c\r\n\r\n{}",
        _LINE + _USUAL + b"Connection: close\r\n\r\n{}",
        _LINE + _USUAL + b"Folded: a\r\n b\r\n\r\n{}",
        _LINE + _USUAL + b"Spaced : a\r\n\r\n{}",
        _LINE + _USUAL + b"Bare: a\nb\r\n\r\n{}",
        _LINE + _USUAL + b"Nothing: \x00\r\n\r\n{}",
        _LINE + _USUAL.replace(b"2", b"+2") + b"\r\n{}",
        _LINE + _USUAL.replace(b"Bearer", b"Basic") + b"\r\n{}",
        _LINE + _USUAL.replace(b"Host: a\r\n", b"") + b"\r\n{}",
        _LINE + _USUAL + b"Long: " + b"a" * 5_000 + b"\r\n\r\n{}",
        _LINE.replace(b"validations", b"validations?x") + _USUAL + b"\r\n{}",
        _LINE.replace(b"1.1", b"1.0") + _USUAL + b"\r\n{}",
    ],
)
def test_what_is_unusual_in_any_way_is_left_to_the_server_of_http(request_: bytes):
    assert read_plain(request_) is None


@asynccontextmanager
async def _line(address: httpx.URL) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    source, sink = await asyncio.open_connection(address.host, address.port)
    try:
        yield source, sink
    finally:
        sink.close()


def _asked(secret: str, content: dict[str, str], more: str = "") -> bytes:
    body = json.dumps(content).encode()
    head = f"Host: a\r\nAuthorization: Bearer {secret}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return _LINE + head.encode() + body


async def _answer(source: asyncio.StreamReader) -> tuple[int, dict[str, str], dict[str, object]]:
    async with asyncio.timeout(30):
        lines = (await source.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): content for name, content in (line.split(": ", 1) for line in lines[1:])}
        content = json.loads(await source.readexactly(int(headers["content-length"])))
    return int(lines[0].split()[1]), headers, content


async def test_both_ways_answer_alike_on_one_connection(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEL_PASS_SECRET", PASS_SECRET)
    town = Town(database_url)
    add_service(town, "pool")
    code = await paper(town, "http://127.0.0.1/enjoy")
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        owner, now = town.organisations["lille"], datetime.now(UTC)
        made = [
            await make_reader(connection, owner, "pool", "door", title, actor="test", now=now) for title in ("A", "B")
        ]
    secret, other = made[0][1], made[1][1]
    first, second = {"nonce": str(uuid4()), "text": code}, {"nonce": str(uuid4()), "text": code}
    async with api_process(database_url, secret) as running, _line(running.client.base_url) as (source, sink):
        sink.write(_asked(secret, first))  # the reader is not known yet: the long way
        status, long_headers, told = await _answer(source)
        assert (status, told["admitted"]) == (200, True)
        sink.write(_asked(secret, first))  # the short one
        status, short_headers, again = await _answer(source)
        assert (status, again) == (200, told)
        assert short_headers | {"date": ""} == long_headers | {"date": ""}
        asked = _asked(secret, second)
        sink.write(asked)  # one in the wake of another, the last in two pieces
        sink.write(_asked(secret, first) + _asked(secret, second)[:-5])
        await sink.drain()
        await asyncio.sleep(0.1)
        sink.write(asked[-5:])
        answers = [await _answer(source) for _ in range(3)]
        assert [told["nonce"] for _, _, told in answers] == [second["nonce"], first["nonce"], second["nonce"]]
        await _is_refused(source, sink, secret, other, first)


async def _is_refused(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, secret: str, other: str, first: dict[str, str]
) -> None:
    """Require that what is wrong is told as ever, and that the connection lives on."""
    for asked, expected in (
        (_asked(other, {"nonce": str(uuid4()), "text": "?"}), (200, None)),
        (_asked(other, first), (409, "nonce_taken")),
        (_asked(secret, {"nonce": "none"}), (422, "presentation_invalid")),
        (_asked("somel_reader_wrong", first), (401, "reader_unknown")),
        (_asked(secret, first), (200, None)),
        (_asked(secret, first, "Connection: close\r\n"), (200, None)),
    ):
        sink.write(asked)
        status, _, told = await _answer(source)
        assert (status, told.get("code")) == expected
    assert await source.read() == b""
