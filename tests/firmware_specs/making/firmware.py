"""Offers of firmware, rightly and wrongly signed, and what devices report of them."""

import base64
import hashlib
import json
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.firmware_specs.making.vector import CLOCK_S, OFFER, Made, as_json

#: What stands in for firmware: 70,000 bytes, so that a download takes several reads.
IMAGE: Final = hashlib.shake_256(b"somel golden firmware image").digest(70_000)
IMAGE_FILE: Final = "image.bin"
#: Keys of the vectors, made from seeds that anybody may know; nobody else may ever trust them.
_TRUSTED, _NEXT, _STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2, 3))


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _text(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(_public(key)).decode()


def _id(key: Ed25519PrivateKey) -> str:
    return hashlib.sha256(_public(key)).hexdigest()[:16]


CONTEXT: dict[str, object] = {
    "image": IMAGE_FILE,
    "hardware": "somel-g1",
    "version": "2.3.1",
    "serial": 7,
    "public_keys": {_id(_TRUSTED): _text(_TRUSTED)},
}
_RELEASE: dict[str, object] = {
    "expires_at": CLOCK_S + 30 * 86_400,
    "hardware": ["somel-g1", "somel-g2"],
    "minimum_version": "2.0.0",
    "released_at": CLOCK_S - 3_600,
    "serial": 8,
    "sha256": hashlib.sha256(IMAGE).hexdigest(),
    "size_bytes": len(IMAGE),
    "version": "2.4.0",
}


def _canonical(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _signature(key: Ed25519PrivateKey, text: str, prefix: bytes = b"somel firmware v1\n") -> dict[str, str]:
    return {"key": _id(key), "signature": base64.b64encode(key.sign(prefix + text.encode())).decode()}


def _offer(text: str, *signatures: dict[str, str]) -> dict[str, object]:
    url = f"https://api.example.org/v1/firmware/{_RELEASE['sha256']}"
    return {"offer": OFFER, "manifest": text, "signatures": list(signatures), "url": url}


def _signed(*keys: Ed25519PrivateKey, **changes: object) -> dict[str, object]:
    text = _canonical(_RELEASE | changes)
    return _offer(text, *(_signature(key, text) for key in keys or (_TRUSTED,)))


def _flipped(signature: dict[str, str]) -> dict[str, str]:
    raw = bytearray(base64.b64decode(signature["signature"]))
    raw[-1] ^= 1
    return signature | {"signature": base64.b64encode(bytes(raw)).decode()}


_TEXT: Final = _canonical(_RELEASE)
_OTHER_KEY = {"key": _id(_TRUSTED)}
_OFFERS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("right", _signed(), "Rightly signed, newer, for this hardware", "installed", ""),
    ("two-signatures", _signed(_STRANGER, _TRUSTED), "One signature of a trusted key is enough", "installed", ""),
    ("new-keys", _signed(public_keys=[_text(_NEXT)]), "From then on another key is trusted", "installed", ""),
    ("same-version", _signed(version="2.3.1"), "It runs already: nothing to do", "installed", ""),
    (
        "tampered-manifest",
        _offer(_TEXT.replace('"2.4.0"', '"2.5.0"'), _signature(_TRUSTED, _TEXT)),
        "The version was changed after it was signed",
        "refused",
        "signature_invalid",
    ),
    (
        "tampered-signature",
        _offer(_TEXT, _flipped(_signature(_TRUSTED, _TEXT))),
        "One bit of the signature is wrong",
        "refused",
        "signature_invalid",
    ),
    (
        "no-prefix",
        _offer(_TEXT, _signature(_TRUSTED, _TEXT, b"")),
        "Signed without the words that stand before the manifest",
        "refused",
        "signature_invalid",
    ),
    (
        "borrowed-key-name",
        _offer(_TEXT, _signature(_STRANGER, _TEXT) | _OTHER_KEY),
        "A stranger's signature under the name of a trusted key",
        "refused",
        "signature_invalid",
    ),
    ("unknown-key", _signed(_STRANGER), "Rightly signed by a key that is not trusted", "refused", "key_unknown"),
    (
        "no-manifest",
        _offer("[1]", _signature(_TRUSTED, "[1]")),
        "What is signed is no manifest",
        "refused",
        "manifest_invalid",
    ),
    ("expired", _signed(expires_at=CLOCK_S), "Expired at this very second", "refused", "manifest_expired"),
    ("other-hardware", _signed(hardware=["somel-g2"]), "For another model", "refused", "hardware_mismatch"),
    ("replayed", _signed(serial=6), "Release 7 was taken before", "refused", "replayed"),
    ("downgrade", _signed(version="2.3.0"), "Older than what runs", "refused", "downgrade"),
    (
        "too-big-a-step",
        _signed(minimum_version="2.3.2"),
        "Cannot be installed over 2.3.1",
        "refused",
        "version_too_old",
    ),
    ("other-size", _signed(size_bytes=69_999), "The image is a byte longer", "failed", "size_mismatch"),
    ("other-image", _signed(sha256="0" * 64), "The image is another one", "failed", "hash_mismatch"),
]
#: Offers down with the last word of a device.
OFFERS: Final[list[Made]] = [
    Made(
        f"firmware-{name}",
        "firmware",
        as_json(offer),
        text,
        device={"update": {"status": status, **({"fault": fault} if fault else {})}},
    )
    for name, offer, text, status, fault in _OFFERS
]


def _report(status: str, **more: object) -> dict[str, object]:
    return {"offer": OFFER, "at": CLOCK_S, "status": status} | more


_REPORTS: list[tuple[str, dict[str, object], str]] = [
    ("downloading", _report("downloading", sequence=40), "The image is being fetched"),
    ("verified", _report("verified"), "Size and SHA-256 are right"),
    ("installed", _report("installed"), "It runs"),
    ("failed", _report("failed", fault="hash_mismatch", reason="other bytes"), "The former firmware runs on"),
    ("rolled-back", _report("rolled_back", fault="health_check_failed"), "The former firmware runs again"),
    ("refused", _report("refused", fault="signature_invalid"), "The manifest is not to be obeyed"),
]
#: Reports up that are in order.
VALID: Final[list[Made]] = [
    Made(f"update-{name}", "update", as_json(content), text, content=content) for name, content, text in _REPORTS
]
#: Reports up that are refused.
INVALID: Final[list[Made]] = [
    Made(
        "update-status",
        "update",
        as_json(_report("perhaps")),
        "There is no such status",
        conforms=False,
        refusals={"payload_invalid": 1},
    ),
    Made(
        "update-fault",
        "update",
        as_json(_report("failed", fault="bad luck")),
        "There is no such fault",
        conforms=False,
        refusals={"payload_invalid": 1},
    ),
    Made(
        "update-offer-unknown",
        "update",
        as_json(_report("installed") | {"offer": "11111111-2222-4333-8444-555555555555"}),
        "No such offer was made to this gateway",
        refusals={"offer_unknown": 1},
    ),
]
