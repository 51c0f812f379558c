"""One code, one certificate: what a device has to show, and what is written down of those who cannot."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from core.errors import ForbiddenError, InputError, NotFoundError
from db import edge as store
from db.connection import Connection, Role, connect
from edge.authority import Authority, make_authorities
from edge.enrolment import enrol, make_code, renew, revoke
from tests.edge.asking import DeviceKey, ec_key, pem_of, request_of
from tests.ingest.registered import Territory, register

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    return make_authorities(folder / "root", folder / "edge", name="Test", passphrase="a long passphrase", now=NOW)


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1)
        made.add_gateway("ingest-1", 1)
        yield made


@pytest.fixture
async def connection(territory: Territory) -> AsyncIterator[Connection]:
    async with await connect(territory.url, Role.OWNER) as opened:
        yield opened


async def ask(connection: Connection, authority: Authority, code: str, key: DeviceKey | None = None, **changed):
    given: dict[str, Any] = {"gateway_name": "gw-0001", "now": NOW} | changed
    return await enrol(connection, authority, code=code, request=pem_of(request_of(key or ec_key())), **given)


def refusals(territory: Territory) -> list[str]:
    return [row[0] for row in territory.rows("SELECT detail FROM edge_event WHERE action = 'refused' ORDER BY 1")]


@pytest.mark.parametrize("key", [ec_key(), ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)])
async def test_a_code_buys_a_certificate_in_the_registered_name(
    connection: Connection, authority: Authority, key: DeviceKey
):
    code = await make_code(connection, "gw-0001", now=NOW)
    enrolled = await ask(connection, authority, code.lower().replace("-", " "), key)
    certificate = x509.load_pem_x509_certificate(enrolled.certificate.encode())
    assert certificate.subject.rfc4514_string() == "CN=gw-0001"
    assert certificate.public_key() == key.public_key()
    certificate.verify_directly_issued_by(authority.certificate)
    (issued,) = await store.certificates(connection, "gw-0001")
    assert issued.sha256 == certificate.fingerprint(SHA256())


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"code": "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"}, "the code is wrong"),
        ({"now": NOW + timedelta(hours=73)}, "the code has expired"),
        ({"gateway_name": "gw-9999"}, "no such gateway is registered"),
        ({"gateway_name": "ingest-1"}, "no code was made for it"),
    ],
)
async def test_every_refusal_reads_the_same_and_its_reason_is_written_down(
    connection: Connection, authority: Authority, territory: Territory, changed: dict[str, Any], text: str
):
    code = await make_code(connection, "gw-0001", now=NOW)
    await connection.commit()
    with pytest.raises(ForbiddenError) as refused:
        await ask(connection, authority, **({"code": code} | changed))
    await connection.rollback()
    assert refused.value.code == "enrolment_refused"
    assert refusals(territory) == [text]


async def test_a_stolen_code_is_good_for_nothing_once_it_is_used(
    connection: Connection, authority: Authority, territory: Territory
):
    code = await make_code(connection, "gw-0001", now=NOW)
    await ask(connection, authority, code)
    with pytest.raises(ForbiddenError):
        await ask(connection, authority, code)
    assert refusals(territory) == ["the code was used already"]
    assert len(await store.certificates(connection, "gw-0001")) == 1


async def test_after_five_wrong_codes_the_right_one_is_void(
    connection: Connection, authority: Authority, territory: Territory
):
    code = await make_code(connection, "gw-0001", now=NOW)
    for _ in range(5):
        with pytest.raises(ForbiddenError):
            await ask(connection, authority, "WRONG")
    with pytest.raises(ForbiddenError):
        await ask(connection, authority, code)
    assert refusals(territory)[0] == "the code is void after too many wrong ones"
    assert await ask(connection, authority, await make_code(connection, "gw-0001", now=NOW))


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        ("nonsense", "request_unreadable"),
        (pem_of(request_of(rsa.generate_private_key(65537, 1024))), "key_too_weak"),  # noqa: S505
        (pem_of(request_of(ec.generate_private_key(ec.SECP192R1()))), "key_too_weak"),
    ],
)
async def test_a_request_that_is_no_good_does_not_use_up_the_code(
    connection: Connection, authority: Authority, request_text: str, code: str
):
    one_time = await make_code(connection, "gw-0001", now=NOW)
    with pytest.raises(InputError) as refused:
        await enrol(connection, authority, gateway_name="gw-0001", code=one_time, request=request_text, now=NOW)
    assert refused.value.code == code
    assert await ask(connection, authority, one_time)


async def test_a_request_that_somebody_else_signed_is_refused(connection: Connection, authority: Authority):
    der = bytearray(request_of(ec_key()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    forged = pem_of(x509.load_der_x509_csr(bytes(der)))
    code = await make_code(connection, "gw-0001", now=NOW)
    with pytest.raises(InputError) as refused:
        await enrol(connection, authority, gateway_name="gw-0001", code=code, request=forged, now=NOW)
    assert refused.value.code == "request_unproven"


async def test_codes_are_made_for_registered_names_that_are_not_the_platforms(connection: Connection):
    with pytest.raises(NotFoundError):
        await make_code(connection, "gw-9999", now=NOW)
    with pytest.raises(InputError) as refused:
        await make_code(connection, "ingest-1", now=NOW)
    assert refused.value.code == "gateway_name_reserved"


async def renewed(connection: Connection, authority: Authority, certificate: str, signer: DeviceKey, now: datetime):
    request = request_of(ec_key())
    text = request.public_bytes(Encoding.DER)
    if isinstance(signer, ec.EllipticCurvePrivateKey):
        signature = signer.sign(text, ec.ECDSA(SHA256()))
    else:
        assert isinstance(signer, ed25519.Ed25519PrivateKey)
        signature = signer.sign(text)
    return await renew(
        connection, authority, certificate=certificate, request=pem_of(request), signature=signature, now=now
    )


@pytest.mark.parametrize("key", [ec_key(), ed25519.Ed25519PrivateKey.generate()])
async def test_a_certificate_is_renewed_by_who_holds_its_key_and_nobody_else(
    connection: Connection, authority: Authority, territory: Territory, key: DeviceKey
):
    first = await ask(connection, authority, await make_code(connection, "gw-0001", now=NOW), key)
    later = NOW + timedelta(days=60)
    second = await renewed(connection, authority, first.certificate, key, later)
    assert second.expires_at > first.expires_at
    with pytest.raises(ForbiddenError):
        await renewed(connection, authority, first.certificate, ec_key(), later)
    with pytest.raises(ForbiddenError):
        await renewed(connection, authority, first.certificate, key, NOW + timedelta(days=91))
    stranger = authority.sign_device(key.public_key(), "gw-0001", NOW, 90).public_bytes(Encoding.PEM).decode()
    with pytest.raises(ForbiddenError):
        await renewed(connection, authority, stranger, key, later)
    assert len(refusals(territory)) == 3


async def test_a_revoked_gateway_is_kept_out_and_can_neither_renew_nor_enrol(
    connection: Connection, authority: Authority, territory: Territory
):
    key = ec_key()
    first = await ask(connection, authority, await make_code(connection, "gw-0001", now=NOW), key)
    assert await revoke(connection, "gw-0001", reason="key_compromise", now=NOW) == 1
    (kept,) = await store.kept_out(connection, at=NOW)
    assert kept.reason == "key_compromise"
    with pytest.raises(ForbiddenError):
        await renewed(connection, authority, first.certificate, key, NOW)
    code = await make_code(connection, "gw-0001", now=NOW)
    with pytest.raises(ForbiddenError):
        await ask(connection, authority, code)
    assert await store.release(connection, "gw-0001")
    assert await ask(connection, authority, code)
    assert [entry.serial for entry in await store.kept_out(connection, at=NOW)] == [kept.serial]


async def test_a_gateway_in_quarantine_has_its_certificates_on_hold(connection: Connection, authority: Authority):
    await ask(connection, authority, await make_code(connection, "gw-0001", now=NOW))
    await store.quarantine(connection, "gw-0001", reason="It floods.", at=NOW)
    assert [entry.reason for entry in await store.kept_out(connection, at=NOW)] == ["certificate_hold"]
    assert [gateway.name for gateway in await store.quarantined(connection)] == ["gw-0001"]
    assert await store.release(connection, "gw-0001")
    assert not await store.release(connection, "gw-0001")
    assert await store.kept_out(connection, at=NOW) == []
