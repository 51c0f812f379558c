"""Manifests and signatures, against the golden vectors and against OpenSSL."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.firmware import CONTEXT, Device, cohort_position, judge_offer, make_manifest, read_manifest, sign_manifest
from core.settings import Settings
from core.signature import (
    is_signed,
    key_id,
    make_key,
    needs_passphrase,
    public_key_of,
    public_key_pem,
    read_public_key,
    sign,
)
from tests.conftest import missing
from tests.firmware_specs.vectors import FOLDER, Vector, index, load_vectors

OFFERS = [vector for vector in load_vectors("down") if vector.kind == "firmware"]
FACTS: dict[str, Any] = index()["context"]["firmware"]
DEVICE = Device(FACTS["hardware"], FACTS["version"], FACTS["serial"], FACTS["public_keys"])
NOW_S: int = index()["context"]["clock"]


@pytest.fixture
def openssl(settings: Settings) -> str:
    program = shutil.which("openssl")
    if program is None:
        missing(settings, "no openssl")
    return program


def _openssl_says(openssl: str, folder: Path, public_key: bytes, message: bytes, signature: str) -> bool:
    (folder / "key").write_bytes(public_key)
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(base64.b64decode(signature))
    asked = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", str(folder / "key"), "-rawin"]
    asked += ["-in", str(folder / "message"), "-sigfile", str(folder / "signature")]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("vector", OFFERS, ids=str)
def test_a_golden_offer_is_judged_as_it_says(vector: Vector) -> None:
    manifest, fault, reason = judge_offer(json.loads(vector.payload), DEVICE, NOW_S)
    expected = vector.expected["update"]
    if expected["status"] == "refused":
        assert (manifest, fault) == (None, expected["fault"])
        assert reason
    else:
        assert manifest is not None
        assert fault == ""


@pytest.mark.parametrize("vector", OFFERS, ids=str)
def test_openssl_agrees_which_golden_signatures_are_right(vector: Vector, openssl: str, tmp_path: Path) -> None:
    offer = json.loads(vector.payload)
    message = b"somel firmware v1\n" + offer["manifest"].encode()
    for one in offer["signatures"]:
        public_key = FACTS["public_keys"].get(one["key"])
        if public_key is None:
            continue
        der = bytes.fromhex("302a300506032b6570032100") + base64.b64decode(public_key)
        pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
        assert public_key_pem(public_key).split() == pem.split()
        is_right = vector.expected["update"].get("fault") != "signature_invalid"
        assert _openssl_says(openssl, tmp_path, pem, message, one["signature"]) == is_right
        assert is_signed(public_key, message, one["signature"]) == is_right


def test_openssl_verifies_what_we_sign_and_we_read_its_keys(openssl: str, tmp_path: Path) -> None:
    subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", str(tmp_path / "theirs")], check=True)
    theirs = (tmp_path / "theirs").read_bytes()
    public_key = public_key_of(theirs)
    assert _openssl_says(openssl, tmp_path, public_key_pem(public_key), b"abc", sign(theirs, b"abc"))
    assert not _openssl_says(openssl, tmp_path, public_key_pem(public_key), b"abd", sign(theirs, b"abc"))


def test_the_first_test_of_rfc_8032_holds() -> None:
    public_key = base64.b64encode(
        bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    ).decode()
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert is_signed(public_key, b"", base64.b64encode(signature).decode())
    assert not is_signed(public_key, b"x", base64.b64encode(signature).decode())
    assert not is_signed(public_key, b"", "not base64")
    assert key_id(public_key) == "21fe31dfa154a261"


def test_a_key_may_be_encrypted_and_is_of_no_use_without_its_passphrase() -> None:
    pem = make_key("correct horse")
    assert needs_passphrase(pem)
    assert is_signed(public_key_of(pem, "correct horse"), b"m", sign(pem, b"m", "correct horse"))
    for passphrase in (None, "wrong"):
        with pytest.raises(InputError, match="key_unreadable"):
            sign(pem, b"m", passphrase)
    plain = make_key()
    assert not needs_passphrase(plain)
    assert read_public_key(public_key_pem(public_key_of(plain))) == public_key_of(plain)
    for wrong in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(InputError, match="key_unreadable"):
            read_public_key(wrong)
    with pytest.raises(InputError, match="key_unreadable"):
        key_id("AAAA")


def _made(**changes: Any) -> Any:
    facts: dict[str, Any] = {
        "serial": 8,
        "version": "2.4.0",
        "minimum_version": "2.0.0",
        "hardware": ["somel-g1", "somel-g2"],
        "released_at": NOW_S - 3_600,
        "expires_at": NOW_S + 30 * 86_400,
    }
    return make_manifest((FOLDER / FACTS["image"]).read_bytes(), **(facts | changes))


def test_our_manifest_is_the_golden_one_byte_by_byte_and_is_read_back() -> None:
    golden = json.loads(next(vector for vector in OFFERS if vector.name == "firmware-right").payload)["manifest"]
    assert _made().canonical() == golden
    assert read_manifest(golden) == _made()
    pem = make_key()
    signed = sign_manifest(golden, pem)
    assert is_signed(public_key_of(pem), CONTEXT + golden.encode(), signed)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "2.4"}, "version_invalid"),
        ({"version": "1.9.9"}, "version_invalid"),
        ({"hardware": []}, "hardware_invalid"),
        ({"hardware": ["a b"]}, "hardware_invalid"),
        ({"expires_at": NOW_S - 3_600}, "expiry_invalid"),
        ({"public_keys": ["AAAA"]}, "key_unreadable"),
        ({"public_keys": ["AAAA"] * 5}, "keys_too_many"),
    ],
)
def test_a_release_that_no_device_could_take_is_not_made(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError, match=code):
        _made(**changes)


@given(st.text(max_size=200))
def test_no_text_makes_reading_a_manifest_fail(text: str) -> None:
    assert read_manifest(text) is None


def test_cohorts_are_stable_even_and_others_for_another_release() -> None:
    names = [f"gw-{number:04d}" for number in range(4_000)]
    first = [cohort_position(name, 7) for name in names]
    assert first == [cohort_position(name, 7) for name in names]
    for ratio in (0.01, 0.1, 0.5):
        assert abs(sum(position < ratio for position in first) / len(names) - ratio) < 0.02
    assert sum(cohort_position(name, 8) < 0.1 for name in names if cohort_position(name, 7) < 0.1) < 100
