"""The API is killed in the middle of validations: every answer that was given is stored."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from db.connection import Role, connect
from enjoy.passes.doors import make_reader
from tests.api.conftest import PASS_SECRET
from tests.api.enjoy.running import api_process
from tests.db.village import ask
from tests.enjoy.passes.test_reader_command import paper
from tests.enjoy.passes.town import Town, add_service

_KILLED_AFTER = 60


async def test_every_validation_that_was_answered_before_a_kill_is_stored(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEL_PASS_SECRET", PASS_SECRET)
    town = Town(database_url)
    add_service(town, "pool")
    code = await paper(town, "http://127.0.0.1/enjoy")
    async with await connect(database_url, Role.ENJOY_PASS) as connection:
        owner, now = town.organisations["lille"], datetime.now(UTC)
        _, secret = await make_reader(connection, owner, "pool", "door", "Gate", actor="test", now=now)
    answered: dict[str, bool] = {}
    async with api_process(database_url, secret) as running:
        killed = asyncio.Event()

        async def show() -> None:
            while not killed.is_set():
                nonce = str(uuid4())
                try:
                    answer = await running.client.post("/v1/reader/validations", json={"nonce": nonce, "text": code})
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                answered[nonce] = answer.json()["admitted"]
                if len(answered) >= _KILLED_AFTER:
                    killed.set()

        shows = [asyncio.create_task(show()) for _ in range(6)]
        await killed.wait()
        await running.kill()
        await asyncio.gather(*shows)
    stored = dict(ask(database_url, "SELECT nonce::text, is_admitted FROM pass.validation"))
    assert len(answered) >= _KILLED_AFTER
    assert sum(answered.values()) == 1
    assert {nonce: stored.get(nonce) for nonce in answered} == answered
