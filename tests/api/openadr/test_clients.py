"""Clients that others wrote work against the VTN as they are, each in an environment of its own."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.openadr.app import PREFIX
from core.settings import Settings, read_settings
from db.connection import Role, connect
from db.openadr_clients import create_client
from tests.api.serving import served
from tests.support.judges import environment

_HERE = Path(__file__).parent
#: One client's own switch for development: it would have tokens over TLS alone.
_PLAIN_HTTP = {"OAUTHLIB_INSECURE_TRANSPORT": "1"}
ALL = ["ALL", "CREATE", "DELETE", "UPDATE"]


@contextlib.asynccontextmanager
async def callback() -> AsyncIterator[str]:
    """Run a callback that repeats the word it is asked for; give its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        word = head.split("echo=")[1].split()[0].split("&")[0]
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(word)}\r\nConnection: close\r\n\r\n{word}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/told"


async def judged(python: Path, script: str, database_url: str) -> dict[str, Any]:
    """Let a client of others work against a VTN and return what it found."""
    facts: dict[str, Any] = {}
    async with await connect(database_url, Role.OWNER) as connection:
        for role in ("bl", "ven"):
            client, secret = await create_client(connection, role, role)
            facts[role] = [client.client_id, secret]
    settings = read_settings(
        clock_wall_origin=datetime.now(UTC),
        clock_replay_origin=datetime(2026, 1, 17, 12, tzinfo=UTC),
        api_port=0,
        openadr_development=True,
        openadr_broker_uri="mqtt://broker.test",
    )
    async with served(settings, database_url) as address, callback() as url:
        told = json.dumps(
            {**facts, "url": address + PREFIX, "token_url": f"{address}{PREFIX}/auth/token", "callback": url}
        ).encode()
        process = await asyncio.create_subprocess_exec(
            str(python), str(_HERE / script), stdin=-1, stdout=-1, stderr=-1, env={**os.environ, **_PLAIN_HTTP}
        )
        out, wrong = await process.communicate(told)
    assert process.returncode == 0, wrong.decode()
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


@pytest.mark.slow(20)
async def test_python_oa3_client_works_as_it_is(settings: Settings, database_url: str) -> None:
    python = environment("openadr-python", settings)
    assert await judged(python, "judge_python_client.py", database_url) == {
        "registered_once": True,
        "program": "Evening",
        "events": ["Peak, moved"],
        "event_by_id": "Peak, moved",
        "ven": "House 7",
        "resource": "tank",
        "report": "tank",
        "bl": 403,
        "topics": [ALL] * 10,
        "notifiers": True,
        "left": [0, 0, 0, 0],
    }


@pytest.mark.slow(20)
async def test_elaads_client_works_as_it_is(settings: Settings, database_url: str) -> None:
    python = environment("openadr-elaad", settings, least=(3, 12))
    found = await judged(python, "judge_elaad_client.py", database_url)
    (tree,) = [topic.split("/")[3] for topic in found.pop("topics")[1:]]
    assert found == {
        "token_url": True,
        "ven": "House 9",
        "granted": ["group-1"],
        "resources": ["car", "tank"],
        "programs": ["Evenings"],
        "untargeted": 0,
        "asked": {"group-1": [["group-1"]], "group-3": [], "group-2-group-3": [["group-2"]]},
        "event": ["Moved", ["group-1", "group-2"]],
        "report": "tank",
        "left": 0,
        "notifiers": [True, ["mqtt://broker.test"]],
    }
    assert tree
