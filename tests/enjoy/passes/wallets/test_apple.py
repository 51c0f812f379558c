"""OpenSSL, which knows nothing of us, accepts the signature of a pass, and refuses it when a byte was changed."""

import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings, read_settings
from enjoy.passes.wallets.apple import apple_signer, pkpass, require_valid
from enjoy.passes.wallets.shown import Shown
from tests.enjoy.passes.wallets.authority import PASS_TYPE, TEAM, Signing, make_signing

NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)
SHOWN = Shown(
    serial="6f1c",
    code="SMP1:6BFOXN*TS0BI$ZD",
    issuer="Office de tourisme",
    title_fr="City Pass « 48 h »",
    title_en="City Pass 48 h",
    lead_fr='Musées, et "métro"',
    lead_en="Museums\nand metro",
    duration_h=48,
    starts_at_first_use=True,
    begins_at=NOW,
    expires_at=NOW + timedelta(days=365),
    use_until=NOW + timedelta(days=363),
    venues=("Palais des Beaux-Arts", "Métro"),
    entries=1,
    address="https://enjoy.example/tourism/passes/7Q2KM",
)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Signing:
    return make_signing(tmp_path_factory.mktemp("authority"))


def settings_of(signing: Signing, **others: object) -> Settings:
    return read_settings(
        wallet_apple_certificate=signing.certificate,
        wallet_apple_key=signing.key,
        wallet_apple_intermediate=signing.intermediate,
        **others,
    )


def files_of(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as folder:
        return {name: folder.read(name) for name in folder.namelist()}


def openssl_accepts(folder: Path, files: dict[str, bytes], root: Path) -> bool:
    (folder / "manifest.json").write_bytes(files["manifest.json"])
    (folder / "signature").write_bytes(files["signature"])
    command = ["openssl", "smime", "-verify", "-inform", "DER", "-content", "manifest.json", "-in", "signature"]
    # at the time that the test plays at, for any purpose: Apple's certificates have one of their own
    command += ["-CAfile", str(root), "-purpose", "any", "-attime", str(int(NOW.timestamp())), "-out", "verified"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60)
    return ended.returncode == 0


def test_openssl_accepts_the_signature_and_refuses_it_when_the_manifest_was_changed(signing: Signing, tmp_path: Path):
    signer = apple_signer(settings_of(signing))
    assert signer is not None
    files = files_of(pkpass(SHOWN, signer))
    assert openssl_accepts(tmp_path, files, signing.root)
    changed = files | {"manifest.json": files["manifest.json"].replace(b"pass.json", b"pass.jsom")}
    assert not openssl_accepts(tmp_path, changed, signing.root)
    other = tmp_path / "other"
    other.mkdir()
    stranger = make_signing(other, user_id="pass.org.example.other")
    (other / "alone.pem").write_bytes(stranger.certificate.read_bytes())
    assert not openssl_accepts(tmp_path, files, other / "alone.pem"), "an authority that did not sign"


def test_the_manifest_has_the_hash_of_every_file_and_the_same_pass_is_the_same_bytes(signing: Signing):
    signer = apple_signer(settings_of(signing))
    assert signer is not None
    files = files_of(pkpass(SHOWN, signer))
    manifest = json.loads(files["manifest.json"])
    hashed = {name: hashlib.sha1(content, usedforsecurity=False).hexdigest() for name, content in files.items()}
    assert manifest == {name: one for name, one in hashed.items() if name not in ("manifest.json", "signature")}
    assert {"icon.png", "icon@2x.png", "logo.png", "fr.lproj/pass.strings", "en.lproj/pass.strings"} <= set(files)
    assert files["icon.png"].startswith(b"\x89PNG")
    again = files_of(pkpass(SHOWN, signer))
    assert [*again] == [*files] == sorted(files)
    assert again["manifest.json"] == files["manifest.json"]
    other = files_of(pkpass(replace(SHOWN, code="SMP1:OTHER"), signer))
    assert json.loads(other["manifest.json"])["pass.json"] != manifest["pass.json"]


def test_a_pass_says_what_apple_asks_for_and_in_french_what_it_says_in_english(signing: Signing):
    signer = apple_signer(settings_of(signing))
    assert signer is not None
    files = files_of(pkpass(SHOWN, signer))
    told = json.loads(files["pass.json"])
    assert (told["formatVersion"], told["passTypeIdentifier"], told["teamIdentifier"]) == (1, PASS_TYPE, TEAM)
    code = {"format": "PKBarcodeFormatQR", "message": SHOWN.code, "messageEncoding": "iso-8859-1"}
    assert (told["barcodes"], told["serialNumber"]) == ([code], "6f1c")
    assert told["expirationDate"] == "2027-11-25T11:00:00+00:00"
    fields = [one for kind in told["generic"].values() for one in kind]
    words = files["fr.lproj/pass.strings"].decode()
    for field in fields:
        for text in (field["value"], field.get("label", field["value"])):
            quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            assert f'"{quoted}" = "' in words, text
    assert '"City Pass 48 h" = "City Pass « 48 h »";' in words
    assert '"Museums\\nand metro" = "Musées, et \\"métro\\"";' in words
    assert not any(word in files["pass.json"].decode() for word in ("@", "holder", "subject"))


def test_what_an_operator_got_wrong_is_said(signing: Signing, tmp_path: Path):
    assert apple_signer(read_settings()) is None
    with pytest.raises(ConfigurationError, match="wallet_apple_incomplete"):
        apple_signer(read_settings(wallet_apple_certificate=signing.certificate))
    with pytest.raises(ConfigurationError, match="wallet_apple_invalid"):
        apple_signer(settings_of(replace(signing, key=tmp_path / "nowhere.key")))
    with pytest.raises(ConfigurationError, match="did not sign the certificate"):
        apple_signer(settings_of(replace(signing, intermediate=signing.certificate)))
    with pytest.raises(ConfigurationError, match="Pass Type ID certificate"):
        apple_signer(
            settings_of(replace(signing, certificate=signing.root, intermediate=signing.root, key=signing.root_key))
        )
    locked = make_signing(tmp_path, passphrase=b"open sesame")
    with pytest.raises(ConfigurationError, match="under its passphrase"):
        apple_signer(settings_of(locked))
    signer = apple_signer(settings_of(locked, wallet_apple_passphrase="open sesame"))
    assert signer is not None
    require_valid(signer, NOW)
    with pytest.raises(ConfigurationError, match="renew it"):
        require_valid(signer, NOW + timedelta(days=900))
