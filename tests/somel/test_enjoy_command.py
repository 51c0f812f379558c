"""``somel enjoy`` as an operator types it, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConfigurationError, ConflictError, InputError, NotFoundError
from db.accounts import Account, find_account, insert_account
from db.connection import Role, connect
from db.records import Written
from db.sources import due_sources, mark_failed, mark_pulled
from enjoy.passphrases import NOBODY, is_right
from enjoy.publishing import declare
from somel.cli import app
from tests.enjoy.stations import CAR_PARKS, described
from tests.enjoy.test_publishing import NOW, acting, organisations


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["enjoy", *arguments], catch_exceptions=False)


def test_an_organisation_is_added_given_keys_and_loses_them(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    assert "no organisations yet" in typed("organisations").stdout
    assert "may publish" in typed("organisation", "ilevia", "Ilévia", "--homepage", "https://ilevia.example").stdout
    with pytest.raises(ConflictError, match="already_exists"):
        typed("organisation", "ilevia", "Ilévia")
    with pytest.raises(InputError, match="value_not_storable"):
        typed("organisation", "Ilévia", "Ilévia")
    assert "ilevia" in typed("organisations").stdout
    assert "no keys yet" in typed("keys", "ilevia").stdout
    with pytest.raises(NotFoundError, match="organisation_unknown"):
        typed("key", "nobody")
    with pytest.raises(InputError, match="scope_unknown"):
        typed("key", "ilevia", "--scope", "everything")
    secret = typed("key", "ilevia", "--name", "feeds", "--sandbox").stdout.strip()
    assert secret.startswith("enjoy_")
    (line,) = typed("keys", "ilevia").stdout.splitlines()
    assert ("feeds" in line, "sandbox" in line, secret in line) == (True, True, False)
    number = line.split()[0]
    assert typed("rotate", number, "--overlap-h", "0").stdout.startswith("enjoy_")
    assert "600 a minute" in typed("quota", number, "600").stdout
    assert "as the settings say" in typed("quota", number).stdout
    assert typed("invite", "ilevia", "--role", "reader").stdout.startswith("/enjoy/account#invitation=")
    with pytest.raises(NotFoundError, match="organisation_unknown"):
        typed("invite", "nobody")
    with pytest.raises(NotFoundError, match="account_unknown"):
        typed("passphrase", "nobody@example.org")
    assert f"key {number} is revoked" in typed("revoke", number).stdout
    with pytest.raises(NotFoundError, match="api_key_unknown"):
        typed("revoke", number)


async def test_a_file_is_uploaded_and_what_became_of_its_rows_is_printed(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        await declare(connection, ilevia, "parks", described("private"), CAR_PARKS, actor="key/ada", now=NOW)
    file = tmp_path / "parks.csv"
    file.write_text("park;places\nNouveau Siècle;7\nRihour;many\n" + ";1\n" * 25)

    def uploading(*more: str) -> list[str]:
        return typed("upload", str(file), *more).stdout.splitlines()

    tried = await asyncio.to_thread(uploading, "--dataset", "parks", "--dry-run")
    assert tried[0] == "27 rows: 1 new, 0 corrected, 0 as before, 26 refused; nothing was stored"
    done = await asyncio.to_thread(uploading, "--dataset", "parks")
    assert done[0] == "27 rows: 1 new, 0 corrected, 0 as before, 26 refused"
    assert done[1] == "row 2, places: It is an integer. [value_type]"
    assert done[-1] == "and 6 more: report 2"
    with pytest.raises(NotFoundError, match="dataset_unknown"):
        await asyncio.to_thread(uploading, "--dataset", "nothing")


async def test_a_source_is_declared_told_and_removed(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    ilevia, _ = await organisations(database_url)
    async with acting(database_url, ilevia) as connection:
        await declare(connection, ilevia, "parks", described("private"), CAR_PARKS, actor="key/ada", now=NOW)

    def typing(*more: str) -> str:
        return typed("source", "parks", *more).stdout

    with pytest.raises(NotFoundError, match="source_unknown"):
        await asyncio.to_thread(typing)
    options = ("--json", "https://feeds.example/", "--items", "rows", "--field", "park=id", "--constant", "places=12")
    told = await asyncio.to_thread(typing, *options)
    assert "parks is pulled from https://feeds.example/ (json) every 60 s" in told
    async with acting(database_url, ilevia) as connection:
        (source,) = await due_sources(connection, now=datetime.now(UTC), limit=9)
        assert (source.mapping["fields"], source.mapping["constants"]) == ({"park": "id"}, {"places": 12})
        done = {"now": NOW, "next_try_at": NOW + timedelta(minutes=1)}
        await mark_pulled(connection, source, Written(3, 2, 1), 4, **done)
        await mark_failed(connection, source, code="source_answer", reason="It answered 500.", **done)
    told = await asyncio.to_thread(typing)
    assert "3 new, 2 corrected, 4 refused" in told
    assert "failed 1 times since: It answered 500. [source_answer]" in told
    assert (await asyncio.to_thread(typed, "source", "parks", "--field", "park", "--json", "http://x/")).exit_code == 2
    assert "parks is pulled no more" in await asyncio.to_thread(typing, "--remove")


def test_who_forgot_a_passphrase_is_given_another(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")

    async def stored(*, new: bool) -> Account:
        async with await connect(database_url, Role.OWNER) as connection:
            if new:
                await insert_account(connection, "ada@example.org", NOBODY)
            found = await find_account(connection, "ada@example.org")
        assert found is not None
        return found

    asyncio.run(stored(new=True))
    drawn = typed("passphrase", " Ada@example.org").stdout.strip()
    assert is_right(drawn, asyncio.run(stored(new=False)).passphrase)


def test_keys_of_passes_are_listed_rotated_and_revoked(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    assert "no keys yet" in typed("pass-keys", "list").stdout
    with pytest.raises(ConfigurationError, match="pass_secret_missing"):
        typed("pass-keys", "rotate")
    monkeypatch.setenv("SOMEL_PASS_SECRET", "a secret of an operator, long enough")
    first = typed("pass-keys", "rotate", "--at-once").stdout.split()[0]
    second = typed("pass-keys", "rotate").stdout.split()[0]
    states = dict(line.split()[:2] for line in typed("pass-keys", "list").stdout.splitlines())
    assert states == {first: "signs", second: "next"}
    assert f"{first} is revoked, and 0 passes with it" in typed("pass-keys", "revoke", first).stdout
    states = dict(line.split()[:2] for line in typed("pass-keys", "list").stdout.splitlines())
    assert states.pop(first) == "revoked"
    assert sorted(states.values()) == ["next", "signs"]  # somebody has to sign
    with pytest.raises(NotFoundError, match="signing_key_unknown"):
        typed("pass-keys", "revoke", first)
