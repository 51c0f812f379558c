"""The release manifest of firmware: what is signed, how it is written, and what a device checks. Pure.

A manifest is signed and sent as *canonical JSON*: RFC 8785, for objects that hold only printable ASCII strings,
integers below 2**53 and lists of these: names sorted by their code points, no white space. A device verifies the bytes
that came before it reads them; it need not write canonical JSON itself.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.errors import InputError
from core.signature import is_signed, key_id, sign

#: Stands before the manifest in what is signed, so that the signature means nothing in another place.
CONTEXT: Final = b"somel firmware v1\n"
VERSION: Final = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
HARDWARE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LARGEST_IMAGE_BYTES: Final = 64 << 20
MOST_MODELS: Final = 32
MOST_KEYS: Final = 4


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release says about itself.

    Attributes
    ----------
    serial : int
        Number of the release: a device takes none that is lower than one it took.
    version, minimum_version : str
        Version of the image, and the lowest that it can be installed over, ``major.minor.patch``.
    hardware : tuple of str
        Models that it is for.
    sha256 : str
        SHA-256 of the image, in lower-case hexadecimal digits.
    size_bytes : int
        Length of the image. [bytes]
    released_at, expires_at : int
        When it was signed, and from when on it is refused, UTC epoch. [s]
    public_keys : tuple of str
        Keys that a device trusts instead of its present ones once the image is installed; empty: it keeps them.
    """

    serial: int
    version: str
    minimum_version: str
    hardware: tuple[str, ...]
    sha256: str
    size_bytes: int
    released_at: int
    expires_at: int
    public_keys: tuple[str, ...] = ()

    def canonical(self) -> str:
        """Return the text that is signed and sent."""
        content: dict[str, object] = {
            "expires_at": self.expires_at,
            "hardware": list(self.hardware),
            "minimum_version": self.minimum_version,
            "released_at": self.released_at,
            "serial": self.serial,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "version": self.version,
        }
        if self.public_keys:
            content["public_keys"] = list(self.public_keys)
        return json.dumps(content, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Device:
    """What a device knows when it judges a manifest; `public_keys` by key identifier."""

    hardware: str
    version: str
    serial: int
    public_keys: Mapping[str, str]


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as numbers to compare.

    Raises
    ------
    InputError
        ``version_invalid``.

    Examples
    --------
    >>> version_key("2.10.0") > version_key("2.9.3")
    True
    """
    found = VERSION.fullmatch(version)
    if found is None:
        raise InputError("version_invalid", f"A version is three numbers, like 2.4.0, not {version[:40]!r}.")
    return tuple(map(int, found.groups()))


def make_manifest(
    image: bytes,
    *,
    serial: int,
    version: str,
    minimum_version: str,
    hardware: Sequence[str],
    released_at: int,
    expires_at: int,
    public_keys: Sequence[str] = (),
) -> Manifest:
    """Describe an image as a release.

    Raises
    ------
    InputError
        ``version_invalid``, ``hardware_invalid``, ``image_unfit``, ``expiry_invalid``, ``keys_too_many`` or
        ``key_unreadable``.
    """
    if version_key(minimum_version) > version_key(version):
        raise InputError("version_invalid", "The minimum version lies above the version itself.")
    if not 1 <= len(hardware) <= MOST_MODELS or not all(map(HARDWARE.fullmatch, hardware)):
        raise InputError(
            "hardware_invalid", f"A release is for 1 to {MOST_MODELS} models, named by letters and digits."
        )
    if not 1 <= len(image) <= LARGEST_IMAGE_BYTES:
        raise InputError("image_unfit", f"An image has 1 to {LARGEST_IMAGE_BYTES:,} bytes, not {len(image):,}.")
    if expires_at <= released_at:
        raise InputError("expiry_invalid", "A release has to expire after it is signed.")
    if len(public_keys) > MOST_KEYS:
        raise InputError("keys_too_many", f"A device trusts at most {MOST_KEYS} keys.")
    for key in public_keys:
        key_id(key)
    return Manifest(
        serial=serial,
        version=version,
        minimum_version=minimum_version,
        hardware=tuple(dict.fromkeys(hardware)),
        sha256=hashlib.sha256(image).hexdigest(),
        size_bytes=len(image),
        released_at=released_at,
        expires_at=expires_at,
        public_keys=tuple(public_keys),
    )


def cohort_position(gateway: str, serial: int) -> float:
    """Return where a gateway stands in the queue for a release, in ``[0, 1)``: always the same, and even over many.

    Examples
    --------
    >>> 0.0 <= cohort_position("gw-0001", 7) < 1.0
    True
    """
    digest = hashlib.sha256(f"{serial}:{gateway}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def signed_bytes(manifest: str) -> bytes:
    """Return what is signed for a manifest."""
    return CONTEXT + manifest.encode()


def sign_manifest(manifest: str, pem: bytes, passphrase: str | None = None) -> str:
    """Return the signature of a manifest, base64."""
    return sign(pem, signed_bytes(manifest), passphrase)


def judge_offer(offer: Mapping[str, Any], device: Device, now_s: int) -> tuple[Manifest | None, str, str]:
    """Check an offer as a device has to, in the order that the specification gives.

    Parameters
    ----------
    offer : mapping
        The ``firmware`` message, of the shape that its schema gives.
    device : Device
        Who checks.
    now_s : int
        Time, UTC epoch. [s]

    Returns
    -------
    manifest : Manifest or None
        What may be installed; None when it is refused.
    fault, reason : str
        Why it is refused; empty when it is not.
    """
    text = offer["manifest"]
    known = [signature for signature in offer["signatures"] if signature["key"] in device.public_keys]
    if not known:
        return None, "key_unknown", "None of the keys that signed the manifest is trusted here."
    message = signed_bytes(text)
    if not any(is_signed(device.public_keys[one["key"]], message, one["signature"]) for one in known):
        return None, "signature_invalid", "No signature of a trusted key is right."
    manifest = read_manifest(text)
    if manifest is None:
        return None, "manifest_invalid", "The manifest has not the shape that the specification gives."
    fault, reason = _unfit(manifest, device, now_s)
    return (None if fault else manifest), fault, reason


def read_manifest(text: str) -> Manifest | None:
    """Return a manifest that was signed; None when it has not the shape of one."""
    try:
        content = json.loads(text)
        manifest = Manifest(
            **{**content, "hardware": tuple(content["hardware"]), "public_keys": tuple(content.get("public_keys", ()))}
        )
        version_key(manifest.version)
        version_key(manifest.minimum_version)
    except (ValueError, TypeError, KeyError, AttributeError, InputError):
        return None
    return manifest


def _unfit(manifest: Manifest, device: Device, now_s: int) -> tuple[str, str]:
    if now_s >= manifest.expires_at:
        return "manifest_expired", "The manifest has expired."
    if device.hardware not in manifest.hardware:
        return "hardware_mismatch", f"The release is not for {device.hardware}."
    if manifest.serial < device.serial:
        return "replayed", f"Release {device.serial} was taken before; {manifest.serial} is older."
    if version_key(manifest.version) < version_key(device.version):
        return "downgrade", f"{device.version} runs; {manifest.version} is older."
    if version_key(device.version) < version_key(manifest.minimum_version):
        return "version_too_old", f"{manifest.minimum_version} has to be installed before."
    return "", ""
