"""Passes for Google Wallet: a link that holds a signed description of the pass (JWT, RS256).

The operator has an issuer ID and a service account whose key signs. Nothing is sent to Google before the holder opens
the link on their own account.

References
----------
.. [1] Google, *Google Wallet API*, "Generic pass", "Work with JWT".
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.errors import ConfigurationError, InputError
from core.settings import Settings
from enjoy.passes.wallets.json_web_token import sign_rs256
from enjoy.passes.wallets.shown import Shown
from enjoy.passes.wallets.words import label, told

SAVE: Final = "https://pay.google.com/gp/v/save/"
_FIELDS: Final = ("duration", "entries", "begins", "use_until")


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """Hold who signs for Google Wallet."""

    issuer_id: str
    email: str
    key_id: str
    key: str


def google_account(settings: Settings) -> Account | None:
    """Return who signs for Google Wallet, or None where the settings name no account.

    Raises
    ------
    ConfigurationError
        ``wallet_google_incomplete`` or ``wallet_google_invalid``.
    """
    path = settings.wallet_google_account
    if path is None and not settings.wallet_google_issuer:
        return None
    if path is None or not settings.wallet_google_issuer:
        message = "Google Wallet needs both SOMEL_WALLET_GOOGLE_ACCOUNT and SOMEL_WALLET_GOOGLE_ISSUER."
        raise ConfigurationError("wallet_google_incomplete", message)
    try:
        told_account = json.loads(path.read_bytes())
        account = Account(
            issuer_id=settings.wallet_google_issuer,
            email=str(told_account["client_email"]),
            key_id=str(told_account.get("private_key_id", "")),
            key=str(told_account["private_key"]),
        )
        sign_rs256({}, account.key, account.key_id)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        message = f"The file of Google Wallet's service account is of no use: {type(error).__name__}."
        raise ConfigurationError("wallet_google_invalid", message) from error
    return account


def save_link(shown: Shown, account: Account, *, serial: str, product: str, now: datetime) -> str:
    """Return the link that puts a pass into Google Wallet.

    Parameters
    ----------
    serial : str
        Names the object: what Google knows under a name it does not change.
    product : str
        Name of the product: passes of the same one are of one class.
    """
    class_id = f"{account.issuer_id}.{product}"
    claims = {
        "iss": account.email,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(now.timestamp()),
        "origins": [],
        "payload": {
            "genericClasses": [{"id": class_id}],
            "genericObjects": [_object_of(shown, class_id, f"{account.issuer_id}.{serial}")],
        },
    }
    return SAVE + sign_rs256(claims, account.key, account.key_id)


def _object_of(shown: Shown, class_id: str, object_id: str) -> dict[str, Any]:
    french, english = told(shown, "fr"), told(shown, "en")
    interval = {
        "start": {"date": shown.begins_at.isoformat(timespec="seconds")},
        "end": {"date": shown.expires_at.isoformat(timespec="seconds")},
    }
    return {
        "id": object_id,
        "classId": class_id,
        "state": "ACTIVE",
        "cardTitle": _text(shown.issuer, shown.issuer),
        "header": _text(french["title"], english["title"]),
        "hexBackgroundColor": "#154360",
        "barcode": {"type": "QR_CODE", "value": shown.code},
        "validTimeInterval": interval,
        "textModulesData": [
            {
                "id": key,
                "localizedHeader": _text(label(key, "fr"), label(key, "en")),
                "localizedBody": _text(french[key], english[key]),
            }
            for key in _FIELDS
        ],
        "linksModuleData": {"uris": [{"id": "page", "uri": shown.address, "description": label("page", "fr")}]},
    }


def _text(french: str, english: str) -> dict[str, Any]:
    """Return a text in French, and in English where that is another."""
    text: dict[str, Any] = {"defaultValue": {"language": "fr", "value": french}}
    if english != french:
        text["translatedValues"] = [{"language": "en", "value": english}]
    return text
