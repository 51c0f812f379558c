"""Clients of the OpenADR VTN are made, listed and revoked from the command line."""

import json

import pytest
from typer.testing import CliRunner

from somel.cli import app


@pytest.fixture
def somel(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")  # nothing is sent
    return lambda *arguments: CliRunner().invoke(app, ["openadr", "client", *arguments])


def test_a_client_is_made_listed_and_revoked(somel):
    assert "no clients yet" in somel("list").output
    made = json.loads(somel("create", "House 7", "--role", "ven").output)
    assert made["client_id"].startswith("ven-")
    assert made["scope"].split()[0] == "read_all"
    narrow = json.loads(somel("create", "Office", "--role", "bl", "--scope", "read_all").output)
    assert narrow["scope"] == "read_all"
    somel("revoke", made["client_id"])
    shown = somel("list").output.splitlines()
    assert [("revoked" in line, made["client_secret"] in line) for line in shown] == [(True, False), (False, False)]


def test_what_cannot_be_made_is_refused(somel):
    for arguments, code in (
        (("create", "x", "--role", "utility"), "openadr_role_unknown"),
        (("create", "x", "--role", "ven", "--scope", "write_events"), "openadr_scope_unknown"),
        (("revoke", "nobody"), "openadr_client_unknown"),
    ):
        assert getattr(somel(*arguments).exception, "code", None) == code
