"""Who is not whom he says he is gets nowhere, and the operator can see that he tried."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from db.connection import Role, connect
from db.edge import KeptOut, kept_out
from edge.authority import make_authorities
from edge.certificates import named, serial_of
from edge.enrolment import revoke
from edge.guard import Guard
from somel.guard_writing import write_guard
from tests.edge.asking import ec_key
from tests.ingest.registered import Territory
from tests.ingest.running import START, batch, block, ingesting, until
from tests.somel.edge.field import NOT_AUTHORIZED, Client, Field, Identity, tls_context

PAYLOAD = batch(block("m-000001", START, 1.0))


def self_signed(field: Field, name: str) -> Identity:
    """Return a certificate that a device made for itself."""
    key, now = ec_key(), datetime.now(UTC)
    builder = x509.CertificateBuilder(named(name), named(name), key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, SHA256())
    return field.keep(f"{name}-self", certificate.public_bytes(Encoding.PEM), key)


def gateway(field: Field, identity: Identity | None, **options) -> Client:
    return Client(field.port, ca=field.ca, identity=identity, **options)


@pytest.mark.parametrize("kind", ["other authority", "self-signed", "expired", "not yet valid", "none"])
def test_a_certificate_that_is_not_good_opens_nothing(field: Field, tmp_path: Path, kind: str):
    now = datetime.now(UTC)
    if kind == "other authority":
        other = make_authorities(tmp_path / "r", tmp_path / "e", name="Other", passphrase="a long passphrase", now=now)
        identity = field.signed("gw-0001", other)
    elif kind == "self-signed":
        identity = self_signed(field, "gw-0001")
    elif kind == "none":
        identity = None
    else:
        at = now - timedelta(days=3) if kind == "expired" else now + timedelta(days=1)
        identity = field.signed("gw-0001", field.authority, at=at)
    client = gateway(field, identity)
    assert client.connect()
    client.leave()
    said = "peer did not return a certificate" if kind == "none" else "certificate verify failed"
    assert field.has_logged(said), field.log()[-2_000:]


async def test_a_revoked_certificate_opens_nothing_more(field: Field):
    identity = await field.enrol("gw-0001")
    with gateway(field, identity).connected() as client:
        async with await connect(field.database_url, Role.OWNER) as connection:
            assert await revoke(connection, "gw-0001", reason="key_compromise", now=datetime.now(UTC)) == 1
            await connection.commit()
            revoked = field.authority.revocation_list(
                await kept_out(connection, at=datetime.now(UTC)), datetime.now(UTC)
            )
        field.broker.guard.write_revoked(revoked)
        field.broker.read_guard_again()
        assert client.publish("somel/v1/1/gw-0001/batch", PAYLOAD) in {0, 0x10}, "open connections outlive a revocation"
    again = gateway(field, identity)
    assert again.wait(lambda: bool(gateway(field, identity).connect()))
    assert again.connect()
    again.leave()
    assert field.has_logged("certificate verify failed")


async def test_a_broker_that_gets_a_new_certificate_forgets_nobody_it_shuts_out(field: Field):
    now, hosts = datetime.now(UTC), ["127.0.0.1"]
    outcast, guest = field.signed("gw-0001", field.authority), field.signed("gw-0002", field.authority)
    serial = serial_of(x509.load_pem_x509_certificate(outcast.certificate.read_bytes()))
    field.broker.guard.write_revoked(field.authority.revocation_list([KeptOut(serial, now, "superseded")], now))
    guard = Guard(shards=4, gateway_address="127.0.0.1")
    write_guard(field.broker.guard, field.authority, guard, hosts=hosts, gateway_port=field.port, now=now)
    field.broker.stop()
    field.broker.start()
    assert gateway(field, outcast).connect()
    with gateway(field, guest).connected():
        pass


@pytest.mark.parametrize(
    "topic",
    [
        "somel/v1/0/gw-0002/batch",
        "somel/v1/1/gw-0001/command",
        "somel/v1/9/gw-0001/batch",
        "somel/v1/1/gw-0001/batch/deeper",
        "somel/v1/1/gw-0001/readings",
        "somel/v2/1/gw-0001/batch",
        "spBv1.0/somel/NDATA/gw-0002",
        "spBv1.0/other/NDATA/gw-0001",
        "spBv1.0/STATE/somel",
        "$SYS/broker/uptime",
        "anything",
    ],
)
async def test_another_topic_than_its_own_is_refused_to_its_face(field: Field, topic: str):
    with gateway(field, await field.enrol("gw-0001")).connected() as client:
        assert client.publish(topic, PAYLOAD) == NOT_AUTHORIZED
        assert field.has_logged("Denied PUBLISH from gw-0001"), field.log()[-2_000:]
        assert client.publish("somel/v1/1/gw-0001/batch", PAYLOAD) in {0, 0x10}


async def test_others_commands_and_everything_else_stay_silent(field: Field):
    identity = await field.enrol("gw-0001")
    passwords = field.broker.guard.passwords
    with (
        gateway(field, identity).connected() as client,
        Client(field.broker.port, password=("ingest", passwords["ingest"])).connected() as ingest,
    ):
        for wanted in ("#", "somel/#", "somel/v1/+/+/command", "somel/v1/0/gw-0002/command", "$SYS/#"):
            client.subscribe(wanted)
        client.subscribe("somel/v1/1/gw-0001/command")
        ingest.publish("somel/v1/0/gw-0002/command", b"theirs")
        ingest.publish("somel/v1/1/gw-0001/command", b"mine")
        assert client.wait(lambda: client.received)
    assert {payload for _, payload in client.received} == {b"mine"}
    assert field.has_logged("gw-0001")


async def test_nobody_takes_over_another_gateways_session(field: Field):
    first, second = await field.enrol("gw-0001"), await field.enrol("gw-0002")
    with gateway(field, first).connected() as victim:
        with gateway(field, second, client_id="gw-0001").connected() as thief:
            assert thief.publish("somel/v1/1/gw-0001/batch", PAYLOAD) == NOT_AUTHORIZED
            assert victim.publish("somel/v1/1/gw-0001/batch", PAYLOAD) in {0, 0x10}
        assert not victim.lost


@pytest.mark.parametrize("password", [None, ("ingest", "guessed"), ("gw-0001", ""), ("observer", "")])
def test_the_platforms_door_is_shut_to_the_anonymous_and_to_who_guesses(field: Field, password):
    client = Client(field.broker.port, client_id="ingest-0", password=password)
    assert client.connect() in {"Not authorized", "Bad user name or password"}
    client.leave()
    assert field.has_logged("not authorised") or field.has_logged("not authorized"), field.log()[-2_000:]


def test_a_certificate_in_the_platforms_name_is_no_key_to_its_rights(field: Field):
    identity = field.signed("ingest", field.authority)  # cannot be had by enrolment: the name is reserved
    with gateway(field, identity).connected() as client:
        assert client.publish("somel/v1/1/gw-0001/command", b"{}") == NOT_AUTHORIZED


def test_plain_text_on_the_gateways_port_gets_no_answer(field: Field):
    client = Client(field.port, client_id="gw-0001")
    assert client.connect()
    client.leave()
    assert field.has_logged("Error") or field.has_logged("error")


async def test_tls_before_1_2_is_refused(field: Field):
    identity = await field.enrol("gw-0001")
    for newest, is_let_in in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)):
        context = tls_context(field.ca, identity, newest)
        with socket.create_connection(("127.0.0.1", field.port)) as plain:
            if is_let_in:
                context.wrap_socket(plain, server_hostname="127.0.0.1").close()
            else:
                with pytest.raises((ssl.SSLError, ConnectionError)):
                    context.wrap_socket(plain, server_hostname="127.0.0.1")
    assert field.has_logged("unsupported protocol"), field.log()[-2_000:]


async def test_an_oversize_packet_ends_the_connection(field: Field):
    with gateway(field, await field.enrol("gw-0001")).connected() as client:
        assert client.publish("somel/v1/1/gw-0001/batch", b"x" * (3 * 1024 * 1024)) in {-1, 0x95}
    assert field.has_logged("oversize") or field.has_logged("too large"), field.log()[-2_000:]


async def test_an_observer_sees_everything_and_says_nothing(field: Field):
    passwords = field.broker.guard.passwords
    identity = await field.enrol("gw-0001")
    with (
        Client(field.broker.port, password=("observer", passwords["observer"])).connected() as observer,
        gateway(field, identity).connected() as client,
    ):
        observer.subscribe("somel/#")
        assert observer.publish("somel/v1/1/gw-0001/command", b"{}") == NOT_AUTHORIZED
        client.publish("somel/v1/1/gw-0001/batch", PAYLOAD)
        assert observer.wait(lambda: observer.received)


async def test_the_whole_way_over_tls_and_a_meter_of_anothers_is_refused(field: Field, territory: Territory):
    identity = await field.enrol("gw-0001")
    foreign = batch(block("m-000101", START, 1.0))
    async with ingesting(field.database_url, field.broker, ingest_strays=False, sparkplug_group=""):
        with gateway(field, identity).connected() as client:
            assert client.publish("somel/v1/1/gw-0001/batch", PAYLOAD) == 0
            assert client.publish("somel/v1/1/gw-0001/batch", foreign) == 0
            await until(lambda: territory.value("SELECT count(*) FROM refused_message") == 1)
    assert territory.value("SELECT count(*) FROM interval_reading") == 1
    assert territory.value("SELECT code FROM refused_message") == "device_foreign"
