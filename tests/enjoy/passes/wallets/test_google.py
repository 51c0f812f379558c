"""The link into Google Wallet holds claims that the service account's key signed, and nothing of a person."""

import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from core.errors import ConfigurationError
from core.settings import read_settings
from enjoy.passes.wallets.google import SAVE, google_account, save_link
from tests.enjoy.passes.wallets.authority import ACCOUNT, ISSUER, make_account, public_key
from tests.enjoy.passes.wallets.test_apple import NOW, SHOWN


def link_of(folder: Path) -> str:
    account = google_account(read_settings(wallet_google_account=make_account(folder), wallet_google_issuer=ISSUER))
    assert account is not None
    return save_link(SHOWN, account, serial="7f2a", product="city-pass-48", now=NOW)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_claims_are_those_that_google_asks_for(tmp_path: Path):
    link = link_of(tmp_path)
    assert link.startswith(SAVE)
    token = jwt.decode(link.removeprefix(SAVE), RSAKey.import_key(public_key()), algorithms=["RS256"])
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    told = token.claims
    assert (told["iss"], told["aud"], told["typ"], told["iat"]) == (ACCOUNT, "google", "savetowallet", NOW.timestamp())
    (kind,), (one,) = told["payload"]["genericClasses"], told["payload"]["genericObjects"]
    assert (kind["id"], one["classId"], one["id"]) == (f"{ISSUER}.city-pass-48", kind["id"], f"{ISSUER}.7f2a")
    assert one["barcode"] == {"type": "QR_CODE", "value": SHOWN.code}
    assert one["header"]["defaultValue"] == {"language": "fr", "value": "City Pass « 48 h »"}
    assert one["header"]["translatedValues"] == [{"language": "en", "value": "City Pass 48 h"}]
    assert one["validTimeInterval"]["end"]["date"] == (NOW + timedelta(days=365)).isoformat()


def test_openssl_accepts_the_signature_and_refuses_it_when_a_claim_was_changed(tmp_path: Path):
    head, claims, signature = link_of(tmp_path).removeprefix(SAVE).split(".")
    (tmp_path / "key.pem").write_bytes(public_key())
    (tmp_path / "signature").write_bytes(decoded(signature))
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature"]

    def accepts(signed: str) -> bool:
        ended = subprocess.run(
            command, cwd=tmp_path, input=signed.encode(), capture_output=True, check=False, timeout=60
        )
        return ended.returncode == 0

    assert accepts(f"{head}.{claims}")
    told = json.loads(decoded(claims))
    told["payload"]["genericObjects"][0]["barcode"]["value"] = "SMP1:OTHER"
    forged = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    assert not accepts(f"{head}.{forged}")


def test_what_an_operator_got_wrong_is_said(tmp_path: Path):
    assert google_account(read_settings()) is None
    with pytest.raises(ConfigurationError, match="wallet_google_incomplete"):
        google_account(read_settings(wallet_google_issuer=ISSUER))
    for content in ("{}", "[]", "not json", json.dumps({"client_email": ACCOUNT, "private_key": "no key"})):
        path = tmp_path / "wrong.json"
        path.write_text(content)
        with pytest.raises(ConfigurationError, match="wallet_google_invalid"):
            google_account(read_settings(wallet_google_account=path, wallet_google_issuer=ISSUER))
