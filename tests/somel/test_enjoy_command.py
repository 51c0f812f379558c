"""``somel enjoy`` as an operator types it, on a real database."""

import asyncio

import pytest
from typer.testing import CliRunner, Result

from core.errors import ConflictError, InputError, NotFoundError
from db.accounts import Account, find_account, insert_account
from db.connection import Role, connect
from enjoy.passphrases import NOBODY, is_right
from somel.cli import app


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
