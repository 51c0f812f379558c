"""The demo's services: declared once, told on the command line, and judged by their rules."""

import asyncio
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from core.errors import NotFoundError
from db.connection import Role, connect
from db.pass_services import kinds_of, rules_of
from db.territory import load_communes, read_commune_facts
from enjoy.reader.reasons import Proof, Reason
from enjoy.reader.rule_content import read_rule
from enjoy.reader.rules import Asked, judge
from somel.cli import app
from somel.demo.city_data import add_organisations
from somel.demo.city_services import SERVICES, open_services
from tests.db.village import ask

#: A Sunday morning.
NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)


def typed(*arguments: str) -> str:
    return CliRunner().invoke(app, ["enjoy", *arguments], catch_exceptions=False).stdout


async def _prepared(url: str) -> None:
    async with await connect(url, Role.OWNER) as connection:
        await load_communes(connection, read_commune_facts())
    await add_organisations(url)


def test_the_services_of_the_demo_are_there_once_and_told_by_the_command(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    assert "no services yet" in typed("services")
    asyncio.run(_prepared(database_url))
    first = asyncio.run(open_services(database_url, now=NOW))
    again = asyncio.run(open_services(database_url, now=NOW))
    assert again != first
    assert len(typed("services").splitlines()) == len(SERVICES)
    assert len(typed("services", "--organisation", "mel").splitlines()) == 1
    pool = typed("services", "piscine-demo")
    for words in ("4 rules hold", "Entrée, Roubaix", "lives in Roubaix", "is under 12", "takes device or better"):
        assert words in pool
    with pytest.raises(NotFoundError, match="service_unknown"):
        typed("services", "nowhere")
    assert "rights were derived 0 times" in typed("rights")
    assert asyncio.run(_admitted(database_url)) == [("enfant", True), (None, False)]


async def _admitted(url: str) -> list[tuple[str | None, bool]]:
    """Judge a child and somebody without rights at the pool."""
    [(pool,)] = ask(url, "SELECT service_id FROM pass.service WHERE name = 'piscine-demo'")
    async with await connect(url, Role.ENJOY_PASS) as connection:
        rules = [read_rule(one.content, one.rule_id) for one in await rules_of(connection, [pool])]
        numbers = {one.code: one.number for one in await kinds_of(connection, [pool])}
    told: list[tuple[str | None, bool]] = []
    for rights in ({numbers["child"]}, set[int]()):
        asked = Asked(rights=frozenset(rights), venue="entree", at=NOW, proof=Proof.DEVICE)
        verdict = judge(rules, asked, proof=Proof.DEVICE)
        assert verdict.reason in {Reason.ADMITTED, Reason.NOT_ENTITLED}
        told.append((verdict.price_class, verdict.is_admitted))
    return told
