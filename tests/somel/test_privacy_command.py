"""``somel consent`` and ``somel privacy`` as an operator types them, on a real database."""

import asyncio
import json
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConflictError, InputError, NotFoundError
from db.connection import Role, connect
from db.personal_access import NewAccess, insert_accesses
from somel.cli import app
from tests.db.village import ask
from tests.enjoy.people import START, agree, build_people, draw, keys

pytestmark = pytest.mark.usefixtures("_named")


@pytest.fixture
def _named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    monkeypatch.setenv("SOMEL_CLOCK_REPLAY_ORIGIN", "2026-02-01T00:00:00+00:00")
    monkeypatch.setenv("SOMEL_CLOCK_WALL_ORIGIN", "2036-01-01T00:00:00+00:00")


def typed(*arguments: str, **how: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False, **how)  # type: ignore[arg-type]


async def test_consents_are_given_listed_withdrawn_and_counted(database_url: str):
    await build_people(database_url)
    key = str(keys(database_url)[0])
    assert "no consents yet" in (await _typed("consent", "count")).stdout
    assert "nothing was agreed" in (await _typed("consent", "list", key)).stdout
    given = ("consent", "give", key, "--proof", "file 7", "--text", "2026-1", "--at", "2026-01-05")
    assert (await _typed(*given)).stdout == "recorded\n"
    assert "holds already" in (await _typed(*given)).stdout
    assert "holds  file 7" in (await _typed("consent", "list", key)).stdout
    assert (await _typed("consent", "withdraw", key, "--how", "telephone")).stdout == "withdrawn\n"
    with pytest.raises(ConflictError, match="consent_missing"):
        await _typed("consent", "withdraw", key)
    told = json.loads((await _typed("consent", "list", key, "--json")).stdout)
    assert (told["withdrawn_how"], told["given_at"]) == ("telephone", "2026-01-05 00:00:00+00:00")
    assert (await _typed("consent", "count")).stdout.split() == ["enjoy", "0", "hold", "1", "withdrawn"]


async def test_a_file_of_consents_is_taken_line_by_line(database_url: str, tmp_path: Path):
    await build_people(database_url)
    one, two, *_ = keys(database_url)
    file = tmp_path / "consents.csv"
    titles = "usage_point_key,purpose,text_version,given_at,how,proof\n"
    file.write_text(f"{titles}{one},enjoy,1,2026-01-05T00:00:00Z,paper,a\n{two},grid,1,2026-01-05T00:00:00Z,paper,b\n")
    done = await _typed("consent", "import", str(file))
    assert done.exit_code == 3
    assert "1 new, 0 known already\n  line 2: purpose: Consent to demand response" in done.stdout
    again = await _typed("consent", "import", str(file), "--json")
    assert json.loads(again.stdout) == {"stored": 0, "known": 1, "refused": 1}
    file.write_text("key\n")
    with pytest.raises(InputError, match="consents_unreadable"):
        await _typed("consent", "import", str(file))
    with pytest.raises(InputError, match="consents_unreadable"):
        await _typed("consent", "import", str(tmp_path / "none.csv"))


async def test_a_person_is_exported_erased_and_stays_so(database_url: str, tmp_path: Path):
    await build_people(database_url)
    draw(database_url, START, 1, "100")
    ask(database_url, "INSERT INTO personal.usage_point_identity VALUES (1, '00000000000001')")
    key = str(keys(database_url)[0])
    file = tmp_path / "person.zip"
    assert "bytes" in (await _typed("privacy", "export", key, str(file))).stdout
    with zipfile.ZipFile(file) as archive:
        assert b"00000000000001" in archive.read("personal.usage_point_identity.jsonl")
    with pytest.raises(InputError, match="file_exists"):
        await _typed("privacy", "export", key, str(file))
    assert (await _typed("privacy", "erase", key, input="n\n")).exit_code == 1
    said = (await _typed("privacy", "erase", key, "--yes")).stdout
    assert "deleted        48 of somel.interval_reading" in said
    assert "kept    somel.settlement_slot" in said
    assert "0 rows had come again" in (await _typed("privacy", "erase-again")).stdout
    with pytest.raises(NotFoundError, match="usage_point_unknown"):
        await _typed("privacy", "export", key, str(tmp_path / "other.zip"))
    listed = (await _typed("privacy", "tables")).stdout
    assert "somel.interval_reading             deleted" in listed
    assert json.loads((await _typed("privacy", "tables", "--json")).stdout.splitlines()[0])["reason"]


async def test_the_access_log_is_shown_and_forgotten_when_it_is_old(database_url: str):
    await build_people(database_url)
    assert "nobody has read" in (await _typed("privacy", "accesses")).stdout
    async with await connect(database_url, Role.COMPUTE) as connection:
        await insert_accesses(connection, [NewAccess(START, "token/ada", 1, "load", "complaint")])
    assert "token/ada  load" in (await _typed("privacy", "accesses")).stdout
    assert (await _typed("privacy", "accesses", "--usage-point", str(uuid4()), "--json")).stdout == ""
    assert json.loads((await _typed("privacy", "accesses", "--json")).stdout)["purpose"] == "complaint"
    ask(
        database_url,
        "INSERT INTO personal_access (accessed_at, recorded_at, actor, usage_point_id, subject, purpose)"
        " SELECT now(), now() - interval '14 months', 'x', 1, 'load', 'y'",
    )
    assert (await _typed("privacy", "forget")).stdout.startswith("1 entries of more than 12 months")
    assert (await _typed("privacy", "forget", "--months", "6")).stdout.startswith("0 entries")


async def test_energy_is_published_by_hand(database_url: str):
    await build_people(database_url)
    assert "nothing is old enough" in (await _typed("privacy", "publish")).stdout
    await agree(database_url, keys(database_url))
    draw(database_url, START, 1, "100")
    # Until the clock's first of February less a day.
    assert (await _typed("privacy", "publish")).stdout == "60 days published\n"


async def _typed(*arguments: str, **how: str) -> Result:
    """Run a command beside the loop of the test, as it has one of its own."""
    return await asyncio.to_thread(typed, *arguments, **how)
