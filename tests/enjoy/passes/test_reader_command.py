"""``somel reader`` at a real server: paired, judging alone and online, telling its log; and killed in between."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from typer.testing import CliRunner, Result

from core.settings import read_settings
from db.connection import Role, connect
from db.keys import SCOPES, create_key
from enjoy.passes.issuing import issue
from enjoy.reader.offline import Reader
from somel.cli import app
from tests.api.conftest import PASS_SECRET, bearer
from tests.api.serving import served
from tests.db.village import ask
from tests.enjoy.passes.gates import SECRET, gates
from tests.enjoy.passes.town import NOON, Town, add_holder, add_medium, add_service, add_subject


async def ran(*arguments: str, typed: str | None = None) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["reader", *arguments], input=typed)


async def killed_after(code: str, *arguments: str) -> str:
    """Type a code, and kill the reader as soon as it has answered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "somel", "reader", "check", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONUNBUFFERED": "1", "PATH": "/usr/bin"},
        cwd=Path(__file__).parents[3],
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{code}\n".encode())
    answer = await process.stdout.readline()
    process.kill()
    await process.wait()
    return answer.decode()


async def paper(town: Town, address: str) -> str:
    now = datetime.now(UTC)
    holder = add_holder(town)
    subject, medium = add_subject(town, holder, "pool"), add_medium(town, holder, "paper")
    ask(
        town.url,
        "UPDATE pass.entitlement SET valid_from = %s, valid_until = %s WHERE subject_id = %s",
        now - timedelta(days=1),
        now + timedelta(days=9),
        subject,
    )
    async with await connect(town.url, Role.ENJOY_PASS) as connection:
        return (await issue(connection, SECRET, subject, medium, None, address=address, now=now)).text


def refusal(of: Result) -> str:
    """Return the code of why a command was not done."""
    assert of.exception is not None
    return getattr(of.exception, "code", "")


async def gate_of(address: str, key: str) -> str:
    """Register a reader at the door; return its secret."""
    async with httpx.AsyncClient(base_url=address, headers=bearer(key)) as operator:
        body = {"service": "pool", "venue": "door", "title": "Gate"}
        secret: str = (await operator.post("/v1/readers", json=body)).json()["secret"]
        unknown = await operator.post("/v1/readers", json={**body, "venue": "nowhere"})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "venue_unknown")
    return secret


async def judges_alone(folder: tuple[str, str], code: str, other: str) -> None:
    told = await ran("check", *folder, "--json", typed=f"{code}\n\n12345678\nnonsense\n{code}\n")
    said = [json.loads(line)["reason"] for line in told.output.splitlines()]
    assert (told.exit_code, said) == (4, ["admitted", "online_needed", "unreadable", "used_up"])
    one = await ran("check", other, *folder)
    assert one.exit_code == 0
    assert one.output.endswith("OPEN  full\n")
    status = json.loads((await ran("status", *folder, "--json")).output)
    assert (status["not_told"], status["trouble"], status["venue"]) == (5, None, "door")


async def test_a_reader_is_paired_judges_alone_is_killed_and_tells_its_log(database_url: str, tmp_path: Path) -> None:
    town = Town(database_url)
    add_service(town, "pool")
    async with await connect(database_url, Role.OWNER) as connection:
        _, key = await create_key(connection, "ada", SCOPES, organisation_id=town.organisations["lille"])
    settings = read_settings(api_port=0, pass_secret=PASS_SECRET)
    folder = ("--folder", str(tmp_path / "gate"))
    async with served(settings, database_url) as server:
        address = f"{server}/enjoy"
        code, other = await paper(town, address), await paper(town, address)
        secret = await gate_of(address, key)
        assert refusal(await ran("status", *folder)) == "reader_not_paired"
        assert refusal(await ran("check", *folder)) == "reader_not_paired"  # before anything is read
        assert not (tmp_path / "gate").exists()
        assert refusal(await ran("pair", address, "somel_reader_wrong", *folder)) == "reader_unknown"
        assert refusal(await ran("status", *folder)) == "reader_not_paired"
        paired = await ran("pair", address, "-", *folder, typed=secret + "\n")
        assert (paired.exit_code, paired.output) == (0, "Gate: Pool, Door; 1 rules\n"), paired.exception
        await judges_alone(folder, code, other)
        uploaded = json.loads((await ran("upload", *folder, "--json")).output)
        assert uploaded == {"stored": 5, "known": 0, "flagged": 0, "refused": []}
        assert json.loads((await ran("upload", *folder, "--json")).output)["stored"] == 0
        online = await ran("check", code, *folder, "--online")
        assert (online.exit_code, online.output.split()[-1]) == (4, "used_up"), online.exception
        assert (await ran("sync", *folder)).output.startswith("up to date; the clock is ")
        assert len((await ran("log", *folder, "--last", "3")).output.splitlines()) == 3
        third = await paper(town, address)
        assert (await ran("sync", *folder)).exit_code == 0
    assert refusal(await ran("sync", *folder)) == "server_unreachable"
    assert (await killed_after(third, *folder)).endswith("OPEN  full\n")
    with Reader(tmp_path / "gate") as reader:
        assert reader.journal.last(1)[0].reason == "admitted"
        assert reader.check(third, datetime.now(UTC)).entry.reason == "used_up"


def log_with_faults() -> str:
    """Return a log of one good entry, said twice, with six between that are wrong, each in its own way."""
    good = {"nonce": str(uuid4()), "at": NOON.isoformat(), "reason": "unreadable"}
    lines = [
        good,
        {**good, "nonce": "x"},
        {**good, "nonce": str(uuid4()), "at": (NOON + timedelta(hours=1)).isoformat()},
        {**good, "nonce": str(uuid4()), "at": (NOON - timedelta(days=60)).isoformat()},
        {**good, "nonce": str(uuid4()), "token_id": str(uuid4())},
        {**good, "nonce": str(uuid4()), "rule_id": 999},
        {**good, "nonce": str(uuid4()), "reason": "admitted"},
        good,
    ]
    return "\n".join(json.dumps(line) for line in lines)


async def test_what_is_wrong_in_a_log_is_refused_beside_what_is_good(database_url: str, tmp_path: Path) -> None:
    town = Town(database_url)
    add_service(town, "pool")
    async with gates(town, tmp_path, "pool/door") as doors:
        client = doors.calls("pool/door")
        headers = {"Content-Type": "application/x-ndjson"}
        told = await client.post("/v1/reader/log", content=log_with_faults(), headers=headers)
        assert told.status_code == 200, told.text
        assert (told.json()["stored"], told.json()["flagged"]) == (1, 0)
        assert [(one["place"], one["code"]) for one in told.json()["refused"]] == [
            (1, "entry_invalid"),
            (2, "entry_in_future"),
            (3, "entry_too_old"),
            (4, "token_unknown"),
            (5, "rule_unknown"),
            (6, "entry_invalid"),
        ]
        nonsense = await client.post("/v1/reader/log", content="[1", headers={"Content-Type": "application/json"})
        assert (nonsense.status_code, nonsense.json()["code"]) == (422, "log_invalid")
        for body in ({}, {"nonce": str(uuid4())}, {"nonce": "1", "text": "a"}):
            refused = await client.post("/v1/reader/validations", json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "presentation_invalid")
        stranger = await doors.operator.get("/v1/reader/bundle")
        assert (stranger.status_code, stranger.json()["code"]) == (401, "reader_unknown")
        await doors.paper()
        first = await client.get("/v1/reader/bundle")
        again = await client.get("/v1/reader/bundle", headers={"If-None-Match": first.headers["ETag"]})
        assert (first.headers["Cache-Control"], again.status_code) == ("no-store", 304)
