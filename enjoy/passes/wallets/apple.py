"""Passes for Apple Wallet: a signed folder (.pkpass).

It holds ``pass.json``, words in French and English, pictures, ``manifest.json`` with the SHA-1 of each, and a detached
signature of the manifest by the operator's Pass Type ID certificate. SHA-1 is the format's; what is signed is SHA-256
of the manifest.

References
----------
.. [1] Apple, *Wallet Passes*, "Building a Pass" and "Pass".
"""

import hashlib
import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import ConfigurationError, InputError
from core.pkcs7 import Signer, read_signer, sign_detached
from core.settings import Settings
from enjoy.passes.wallets.drawing import picture
from enjoy.passes.wallets.shown import Shown
from enjoy.passes.wallets.words import LABELS, LANGUAGES, label, told

MEDIA_TYPE: Final = "application/vnd.apple.pkpass"
_PICTURES: Final = {
    "icon.png": 29,
    "icon@2x.png": 58,
    "icon@3x.png": 87,
    "logo.png": 50,
    "logo@2x.png": 100,
    "logo@3x.png": 150,
}
#: Time of files in the folder: the first that the format can say, so that the same pass is the same bytes.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


def apple_signer(settings: Settings) -> Signer | None:
    """Return who signs passes for Apple Wallet, or None where the settings name no certificate.

    Raises
    ------
    ConfigurationError
        ``wallet_apple_incomplete`` or ``wallet_apple_invalid``.
    """
    files = (settings.wallet_apple_certificate, settings.wallet_apple_key, settings.wallet_apple_intermediate)
    given = [path for path in files if path is not None]
    if not given:
        return None
    if len(given) < len(files):
        message = "Apple Wallet needs three files: set SOMEL_WALLET_APPLE_CERTIFICATE, _KEY and _INTERMEDIATE."
        raise ConfigurationError("wallet_apple_incomplete", message)
    secret = settings.wallet_apple_passphrase
    try:
        certificate, key, intermediate = (_read(path) for path in given)
        signer = read_signer(certificate, key, intermediate, secret.get_secret_value() if secret else None)
    except (OSError, InputError) as error:
        raise ConfigurationError("wallet_apple_invalid", f"Apple Wallet's certificate is of no use: {error}") from error
    if not signer.user_id or not signer.unit:
        message = "The certificate names no pass type and team (UID and OU): it has to be a Pass Type ID certificate."
        raise ConfigurationError("wallet_apple_invalid", message)
    return signer


def _read(path: Path) -> bytes:
    return path.read_bytes()


def require_valid(signer: Signer, now: datetime) -> None:
    """Refuse to sign with a certificate that is not valid now.

    Raises
    ------
    ConfigurationError
        ``wallet_apple_expired``.
    """
    if not signer.not_before <= now < signer.not_after:
        message = f"Apple Wallet's certificate is valid until {signer.not_after:%Y-%m-%d}: renew it."
        raise ConfigurationError("wallet_apple_expired", message)


def pkpass(shown: Shown, signer: Signer) -> bytes:
    """Return a pass as Apple Wallet takes it; but for the signature, the same pass is the same bytes."""
    files = {"pass.json": _json(_pass_of(shown, signer))}
    files |= {name: picture(size) for name, size in _PICTURES.items()}
    files |= {f"{language}.lproj/pass.strings": _strings(shown, language) for language in LANGUAGES}
    manifest = _json({name: hashlib.sha1(files[name], usedforsecurity=False).hexdigest() for name in sorted(files)})
    files |= {"manifest.json": manifest, "signature": sign_detached(manifest, signer)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr = 0o644 << 16
            folder.writestr(entry, files[name], compress_type=zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _pass_of(shown: Shown, signer: Signer) -> dict[str, object]:
    code = {"format": "PKBarcodeFormatQR", "message": shown.code, "messageEncoding": "iso-8859-1"}
    return {
        "formatVersion": 1,
        "passTypeIdentifier": signer.user_id,
        "teamIdentifier": signer.unit,
        "organizationName": shown.issuer,
        "serialNumber": shown.serial,
        "description": told(shown, "en")["title"],
        "logoText": shown.issuer,
        "foregroundColor": "rgb(255, 255, 255)",
        "labelColor": "rgb(206, 226, 240)",
        "backgroundColor": "rgb(21, 67, 96)",
        "expirationDate": shown.expires_at.isoformat(timespec="seconds"),
        "relevantDates": [{"startDate": shown.begins_at.isoformat(timespec="seconds")}],
        "sharingProhibited": True,
        "barcodes": [code],
        "generic": _fields(shown),
    }


def _fields(shown: Shown) -> dict[str, object]:
    """Return what is written on the front and on the back, in English: language files say the same in others."""
    said = told(shown, "en")

    def field(key: str, labelled: str | None = None) -> dict[str, str]:
        return {"key": key, "label": label(labelled or key, "en"), "value": said[key]}

    return {
        "primaryFields": [{"key": "title", "value": said["title"]}],
        "secondaryFields": [field("duration"), field("entries")],
        "auxiliaryFields": [field("begins"), field("use_until")],
        "backFields": [field("lead", "terms"), field("terms"), field("venues"), field("page")],
    }


def _strings(shown: Shown, language: str) -> bytes:
    """Return a language file: what each English text is in that language; a phone of a third one shows the English."""
    english, said = told(shown, "en"), told(shown, language)
    words = {label(key, "en"): label(key, language) for key in LABELS}
    words |= {english[key]: said[key] for key in english}
    return "".join(f'"{_quoted(key)}" = "{_quoted(text)}";\n' for key, text in sorted(words.items())).encode()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()
