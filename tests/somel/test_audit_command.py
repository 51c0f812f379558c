"""``somel audit`` as an operator types it, on a real database."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from core.errors import InputError
from db.audit import record
from db.connection import Role, connect
from somel.cli import app
from tests.db.village import ask

AT = datetime(2026, 1, 15, 17, tzinfo=UTC)


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments], catch_exceptions=False)


@pytest.fixture
def log(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    return database_url


async def fill(url: str) -> None:
    async with await connect(url, Role.COMPUTE, autocommit=True) as connection:
        for action in ("event.drafted", "event.approved"):
            await record(connection, at=AT, actor="operator", action=action, subject="event/1", facts={"commands": 3})


def test_an_empty_log_says_so(log: str):
    assert "nothing was recorded" in typed("list").output
    assert typed("list", "--json").output == ""
    assert typed("head").output.startswith("0:0000")
    assert typed("verify").exit_code == 0


def test_what_was_done_is_listed_and_tampering_is_told_with_exit_code_1(log: str):
    asyncio.run(fill(log))
    first, second = typed("list").stdout.splitlines()
    assert first.split() == ["2", "2026-01-15", "17:00:00Z", "operator", "event.approved", "event/1", "commands=3"]
    assert second.split()[0] == "1"
    (line,) = typed(
        "list", "--action", "event.drafted", "--since", "2026-01-15T17:00:00Z", "--json"
    ).stdout.splitlines()
    entry = json.loads(line)
    assert (entry["number"], entry["facts"]) == (1, {"commands": 3})
    anchor = typed("head").stdout.strip()
    told = json.loads(typed("head", "--json").stdout)
    assert f"{told['number']}:{told['hash']}" == anchor
    whole = typed("verify", "--anchor", anchor)
    assert whole.exit_code == 0
    assert f"2 entries, whole; head {anchor}" in whole.stdout

    ask(log, "SET session_replication_role = replica; UPDATE audit_entry SET actor = 'x' WHERE number = 2")
    broken = typed("verify")
    assert broken.exit_code == 1
    assert "broken at entry 2" in broken.stdout
    answer = typed("verify", "--json")
    assert answer.exit_code == 1
    facts = json.loads(answer.stdout)
    assert (facts["whole"], facts["verified"], facts["entry"], facts["kind"]) == (False, 1, 2, "content_altered")


def test_what_cannot_be_read_is_refused(log: str):
    with pytest.raises(InputError, match="anchor_not_readable"):
        typed("verify", "--anchor", "7")
    with pytest.raises(InputError, match="filter_not_readable"):
        typed("list", "--since", "yesterday")
