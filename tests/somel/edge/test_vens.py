"""A VEN reads at the broker what is for it, and nothing else; it writes nothing, and is no gateway."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from core.errors import NotFoundError
from db.connection import Role, connect
from edge.guard import PLATFORM_RULES
from edge.vens import revoke_ven, revoked_vens
from grid.openadr.fan_out import fan_out
from ingest.line import database_lines
from ingest.notifier import Notifier
from somel.cli import app
from tests.api.webhooks.vtn import Vtn, opened
from tests.edge.asking import ec_key, pem_of, request_of
from tests.ingest.running import ingesting, until
from tests.somel.edge.field import NOT_AUTHORIZED, Client, Field, Identity

ROOT = "openadr3/3.1.0"


@pytest.fixture
def vtn(field: Field) -> Iterator[Vtn]:
    with opened(field.database_url) as vtn:
        vtn.ven("north", ["n"])
        vtn.ven("south", ["s"])
        yield vtn


def ven(field: Field, identity: Identity) -> Client:
    return Client(field.ven_port, ca=field.ca, identity=identity)


def platform(field: Field, account: str) -> Client:
    return Client(field.broker.port, password=(account, field.broker.guard.passwords[account]))


def numbers(client: Client) -> list[int]:
    return [json.loads(payload)["object"]["number"] for _, payload in client.received]


async def test_the_whole_way_each_ven_hears_what_is_for_it_and_business_logic_everything(field: Field, vtn: Vtn):
    north, south, gateway = (
        await field.enrol_ven("north"),
        await field.enrol_ven("south"),
        await field.enrol("gw-0001"),
    )
    with (
        ven(field, north).connected() as mine,
        ven(field, south).connected() as theirs,
        Client(field.port, ca=field.ca, identity=gateway).connected() as meter,
        platform(field, "openadr").connected() as business_logic,
        platform(field, "observer").connected() as observer,
    ):
        mine.subscribe(f"{ROOT}/vens/id-north/events/+")
        for other in (theirs, meter, observer):
            for wanted in ("#", f"{ROOT}/#", f"{ROOT}/vens/+/events/+", f"{ROOT}/vens/id-north/#", f"{ROOT}/bl/#"):
                other.subscribe(wanted)
        business_logic.subscribe(f"{ROOT}/bl/events/+")
        business_logic.subscribe(f"{ROOT}/vens/#")
        vtn.change("e1", targets=["n"], number=1)
        vtn.change("e2", targets=["s"], number=2)
        vtn.change("e3", targets=["n", "hidden"], number=3)
        async with await connect(field.database_url, Role.COMPUTE, autocommit=True) as connection:
            await fan_out(connection)
        async with ingesting(field.database_url, field.broker, ingest_strays=False, sparkplug_group=""):
            await until(lambda: vtn.value("SELECT count(*) FROM openadr_publication WHERE published_at IS NULL") == 0)
        assert mine.wait(lambda: len(mine.received) >= 2)
        assert business_logic.wait(lambda: len(business_logic.received) >= 3)
        assert theirs.wait(lambda: theirs.received)
    assert numbers(mine) == [1, 3]
    assert set(numbers(theirs)) == {2}
    assert all(topic.startswith(f"{ROOT}/vens/id-south/") for topic, _ in theirs.received)
    assert numbers(business_logic) == [1, 2, 3]
    assert not [topic for topic, _ in (*meter.received, *observer.received) if topic.startswith(ROOT)]
    assert b"hidden" not in b"".join(payload for _, payload in mine.received)


async def test_what_a_broker_with_rules_of_before_refuses_waits_until_it_has_those_of_now(
    field: Field, vtn: Vtn, capsys: pytest.CaptureFixture[str]
):
    rules = field.broker.guard.path / PLATFORM_RULES
    now = rules.read_text()
    rules.write_text(now.replace(f"topic write {ROOT}/#\n", ""))
    field.broker.read_guard_again()
    vtn.rows("INSERT INTO openadr_publication (topic, notification) VALUES (%s, '{}')", [f"{ROOT}/bl/vens/create"])
    line = database_lines(field.database_url)["openadr"]
    publishing = asyncio.create_task(Notifier(line, field.broker.url()).run())
    said = ""
    while "notifications_away" not in said:
        said += capsys.readouterr().out
        await asyncio.sleep(0.05)
    assert "`somel pki broker`" in said
    rules.write_text(now)
    field.broker.read_guard_again()
    await until(lambda: vtn.value("SELECT count(*) FROM openadr_publication WHERE published_at IS NULL") == 0)
    publishing.cancel()
    await asyncio.wait([publishing])
    await line.close()


async def test_a_ven_writes_nothing_and_reads_nothing_of_the_platform(field: Field, vtn: Vtn):
    identity = await field.enrol_ven("north")
    with ven(field, identity).connected() as client, platform(field, "ingest").connected() as ingest:
        for wanted in ("somel/#", "somel/v1/1/id-north/command", "spBv1.0/#", "$SYS/#"):
            client.subscribe(wanted)
        for topic in (
            f"{ROOT}/vens/id-north/events/update",
            f"{ROOT}/bl/events/update",
            "somel/v1/1/id-north/batch",
            "somel/v1/1/gw-0001/batch",
            "spBv1.0/somel/NDATA/id-north",
            "anything",
        ):
            assert client.publish(topic, b"{}") == NOT_AUTHORIZED
        ingest.publish("somel/v1/1/id-north/command", b"{}")
        assert ingest.publish(f"{ROOT}/vens/id-north/events/update", b"{}") in {0, 0x10}
        with platform(field, "openadr").connected() as business_logic:
            assert business_logic.publish(f"{ROOT}/bl/events/update", b"{}") == NOT_AUTHORIZED
    assert not client.received


async def test_a_ven_is_no_gateway_and_a_gateway_no_ven_whatever_the_name(field: Field, vtn: Vtn):
    as_ven, as_gateway = await field.enrol_ven("north"), await field.enrol("gw-0001")
    named_as_gateway = field.signed("gw-0001", field.vens)
    named_as_ven = field.signed("id-north", field.authority)
    for identity, port in (
        (as_ven, field.port),
        (named_as_gateway, field.port),
        (as_gateway, field.ven_port),
        (named_as_ven, field.ven_port),
    ):
        client = Client(port, ca=field.ca, identity=identity)
        assert client.connect()
        client.leave()
    assert field.has_logged("certificate verify failed")
    nobody = Client(field.ven_port, ca=field.ca)
    assert nobody.connect()
    nobody.leave()


async def test_a_ven_that_is_revoked_or_gone_is_let_in_no_more(field: Field, vtn: Vtn):
    north, south, now = await field.enrol_ven("north"), await field.enrol_ven("south"), datetime.now(UTC)
    with ven(field, north).connected():
        pass
    async with await connect(field.database_url, Role.OWNER) as connection:
        with pytest.raises(NotFoundError, match="ven_unknown"):
            await field.enrol_ven("west")
        assert len(await revoke_ven(connection, ven_name="north", now=now)) == 1
        await connection.commit()
        vtn.rows("DELETE FROM openadr_object WHERE name = 'south'")
        field.broker.guard.write_revoked_vens(await revoked_vens(connection, field.vens, now))
    field.broker.read_guard_again()
    for identity in (north, south):
        client = ven(field, identity)
        assert client.wait(lambda identity=identity: bool(ven(field, identity).connect()))
    assert vtn.rows("SELECT action, count(*)::integer FROM audit_entry GROUP BY action ORDER BY action") == [
        ("ven.certified", 2),
        ("ven.shut_out", 1),
    ]


def test_an_operator_signs_for_vens_lists_and_revokes(
    field: Field, vtn: Vtn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def typed(*words: str) -> str:
        done = CliRunner().invoke(app, ["pki", "ven", *words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    monkeypatch.setenv("SOMEL_DATABASE_URL", field.database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", field.broker.url())
    monkeypatch.setenv("SOMEL_EDGE_DIR", str(field.authority.folder))
    assert "no certificates yet" in typed("list")
    request, out = tmp_path / "north.csr", tmp_path / "north.pem"
    request.write_text(pem_of(request_of(ec_key())))
    with pytest.raises(NotFoundError, match="ven_unknown"):
        typed("sign", "west", str(request))
    assert "valid until" in typed("sign", "north", str(request), "--out", str(out))
    assert x509.load_pem_x509_certificate(typed("sign", "south", str(request)).encode()).subject.rfc4514_string() == (
        "CN=id-south"
    )
    assert typed("list").count("valid") == 2
    assert "1 certificates revoked" in typed("revoke", "north")
    vtn.rows("DELETE FROM openadr_object WHERE name = 'south'")
    assert "its VEN object is gone" in typed("list")
    assert json.loads(typed("list", "--json").splitlines()[0])["state"].startswith("revoked")
    typed("revoked", str(tmp_path / "vens.crl"))
    shut_out = {one.serial_number for one in x509.load_pem_x509_crl((tmp_path / "vens.crl").read_bytes())}
    assert len(shut_out) == 2
    assert x509.load_pem_x509_certificate(out.read_bytes()).serial_number in shut_out
