"""Root and issuing authority: made once, kept apart, checked by OpenSSL itself."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from core.errors import ConfigurationError
from db.edge import KeptOut
from edge.authority import CHAIN, ISSUING_KEY, ROOT_KEY, Authority, make_authorities, renew_issuing
from edge.certificates import pem, serial_of
from tests.edge.asking import ec_key

NOW = datetime.now(UTC)
PASSPHRASE = "correct horse battery"  # noqa: S105


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return make_authorities(tmp_path / "root", tmp_path / "edge", name="Test", passphrase=PASSPHRASE, now=NOW)


def verified(tmp_path: Path, authority: Authority, leaf: bytes, *options: str) -> str:
    """Return what OpenSSL says of a certificate under the authority."""
    files = {"root.crt": pem(authority.root), "issuing.crt": pem(authority.certificate), "leaf.crt": leaf}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.crt", "-untrusted", "issuing.crt", *options]
    done = subprocess.run([*command, "leaf.crt"], cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_gateways_certificate_is_one_that_openssl_believes_as_a_clients_and_not_as_a_servers(
    tmp_path: Path, authority: Authority
):
    leaf = pem(authority.sign_device(ec_key().public_key(), "gw-0001", NOW, 90))
    assert "leaf.crt: OK" in verified(tmp_path, authority, leaf, "-purpose", "sslclient")
    assert "unsuitable certificate purpose" in verified(tmp_path, authority, leaf, "-purpose", "sslserver")


def test_a_brokers_certificate_is_good_for_its_names_alone(tmp_path: Path, authority: Authority):
    leaf = pem(authority.sign_server(ec_key().public_key(), ["mqtt.example", "127.0.0.1"], NOW))
    for name in (("-verify_hostname", "mqtt.example"), ("-verify_ip", "127.0.0.1")):
        assert "leaf.crt: OK" in verified(tmp_path, authority, leaf, "-purpose", "sslserver", *name)
    assert "ostname mismatch" in verified(tmp_path, authority, leaf, "-verify_hostname", "other.example")


def test_a_revoked_certificate_is_refused_by_openssl_and_another_is_not(tmp_path: Path, authority: Authority):
    revoked, good = (authority.sign_device(ec_key().public_key(), "gw-0001", NOW, 90) for _ in range(2))
    (tmp_path / "crl.pem").write_bytes(
        authority.revocation_list([KeptOut(serial_of(revoked), NOW, "key_compromise")], NOW)
    )
    check = ("-crl_check", "-CRLfile", "crl.pem")
    assert "certificate revoked" in verified(tmp_path, authority, pem(revoked), *check)
    assert "leaf.crt: OK" in verified(tmp_path, authority, pem(good), *check)


def test_a_device_cannot_sign_another(tmp_path: Path, authority: Authority):
    device = authority.sign_device(ec_key().public_key(), "gw-0001", NOW, 90)
    assert not device.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_issuing_works_while_the_roots_folder_is_away(tmp_path: Path, authority: Authority):
    (tmp_path / "root").rename(tmp_path / "in a safe")
    again = Authority.open(authority.folder, NOW)
    assert again.sign_device(ec_key().public_key(), "gw-0001", NOW, 90).issuer == authority.certificate.subject


def test_keys_are_for_their_owner_alone_and_the_roots_is_encrypted(tmp_path: Path, authority: Authority):
    keys = (tmp_path / "root" / ROOT_KEY, authority.folder / ISSUING_KEY)
    assert [stat.S_IMODE(file.stat().st_mode) for file in keys] == [0o600, 0o600]
    assert b"ENCRYPTED" in keys[0].read_bytes()


def test_a_second_init_changes_nothing(tmp_path: Path, authority: Authority):
    before = (authority.folder / CHAIN).read_bytes()
    for root in ("root", "another root"):
        with pytest.raises(ConfigurationError) as failure:
            make_authorities(tmp_path / root, authority.folder, name="x", passphrase=PASSPHRASE, now=NOW)
        assert failure.value.code == "authority_exists"
    assert (authority.folder / CHAIN).read_bytes() == before


def test_a_new_issuing_authority_takes_the_root_and_its_passphrase(tmp_path: Path, authority: Authority):
    with pytest.raises(ConfigurationError) as failure:
        renew_issuing(tmp_path / "root", authority.folder, name="Test", passphrase="wrong wrong wrong", now=NOW)
    assert failure.value.code == "passphrase_wrong"
    later = NOW + timedelta(days=4 * 365)
    again = renew_issuing(tmp_path / "root", authority.folder, name="Test", passphrase=PASSPHRASE, now=later)
    assert again.root == authority.root
    assert again.certificate.subject != authority.certificate.subject


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda folder: (folder / CHAIN).unlink(), "authority_missing"),
        (lambda folder: (folder / CHAIN).write_text("?"), "authority_unreadable"),
        (lambda folder: (folder / ISSUING_KEY).unlink(), "key_missing"),
        (lambda folder: (folder / ISSUING_KEY).write_text("?"), "passphrase_wrong"),
    ],
)
def test_an_authority_that_cannot_be_used_says_why(authority: Authority, spoil, code: str):
    spoil(authority.folder)
    with pytest.raises(ConfigurationError) as failure:
        Authority.open(authority.folder, NOW)
    assert failure.value.code == code


def test_an_expired_authority_signs_nothing_and_nobody_outlives_it(authority: Authority):
    end = authority.certificate.not_valid_after_utc
    with pytest.raises(ConfigurationError) as failure:
        Authority.open(authority.folder, end)
    assert failure.value.code == "authority_expired"
    late = authority.sign_device(ec_key().public_key(), "gw-0001", end - timedelta(days=1), 90)
    assert late.not_valid_after_utc == end


def test_a_short_passphrase_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError) as failure:
        make_authorities(tmp_path / "root", tmp_path / "edge", name="x", passphrase="short", now=NOW)
    assert failure.value.code == "passphrase_short"
    assert not (tmp_path / "root").exists()
