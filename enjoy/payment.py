"""Payments are made elsewhere: signed words go to a provider's page, and signed words come back. Never card data.

Pure, and free of what is paid: shops and sales of passes use it alike. Words are JSON Web Signatures in compact form
(RFC 7515) with HMAC-SHA-256 [1]_; the header says which way they go, so that what we sent is never taken for an answer.

References
----------
.. [1] RFC 7518, section 3.2.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import urlencode

from core.errors import ConflictError, InputError

REQUEST: Final = "somel-payment-request+jws"
RESULT: Final = "somel-payment-result+jws"
LEAST_SECRET_BYTES: Final = 32
_LONGEST: Final = 4_000
_PARTS: Final = 3
Outcome = Literal["paid", "failed"]


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """Ask a provider to have somebody pay.

    Attributes
    ----------
    reference : str
        What is paid, as we know it; random, and nothing that says who pays.
    payee : str
        Who is paid.
    amount_eur_cent : int
        How much. [euro cents]
    return_url : str
        Where the browser is sent afterwards, with ``result=`` behind it.
    notify_url : str
        Where the provider posts the same result, should the browser not come back.
    expires_at : datetime
        After this it is not to be paid.
    """

    reference: str
    payee: str
    amount_eur_cent: int
    return_url: str
    notify_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """Hold what a provider said.

    Attributes
    ----------
    message_id : str
        Number of what it said; the same again is the same message.
    reference : str
        What was to be paid.
    outcome : str
        ``paid`` or ``failed``.
    payment_id : str
        What the provider calls the payment.
    """

    message_id: str
    reference: str
    outcome: Outcome
    payment_id: str


def page_of(provider_url: str, request: PaymentRequest, secret: bytes, *, now: datetime) -> str:
    """Return the address at which somebody pays: the provider's page, with the signed request.

    Parameters
    ----------
    provider_url : str
        The provider's page.
    request : PaymentRequest
        What is to be paid.
    secret : bytes
        Shared with the provider, `LEAST_SECRET_BYTES` or more.
    now : datetime
        Time.
    """
    said = {
        "iat": int(now.timestamp()),
        "exp": int(request.expires_at.timestamp()),
        "reference": request.reference,
        "payee": request.payee,
        "amount_eur_cent": request.amount_eur_cent,
        "currency": "EUR",
        "return_url": request.return_url,
        "notify_url": request.notify_url,
    }
    joint = "&" if "?" in provider_url else "?"
    return provider_url + joint + urlencode({"request": sign(said, REQUEST, secret)})


def read_result(text: str, secret: bytes, *, reference: str, amount_eur_cent: int, now: datetime) -> PaymentResult:
    """Return what a provider said of a payment, if it is the provider's and of this payment.

    Parameters
    ----------
    text : str
        As it came, by whatever way.
    secret : bytes
        Shared with the provider.
    reference : str
        Of the payment that it has to be of.
    amount_eur_cent : int
        What had to be paid. [euro cents]
    now : datetime
        Time.

    Raises
    ------
    InputError
        ``payment_result_invalid``: not the provider's, not a result, or too old.
    ConflictError
        ``payment_result_other``: the provider's, and of another payment, amount or currency.

    Notes
    -----
    That a message is taken once is the caller's to see to, by its number.
    """
    said = verify(text, RESULT, secret)
    outcome, message_id, payment_id = said.get("outcome"), said.get("jti"), said.get("payment_id")
    if outcome not in ("paid", "failed") or not _is_name(message_id) or not _is_name(payment_id):
        raise _invalid("it does not say what came of the payment")
    until = said.get("exp")
    if type(until) is not int or datetime.fromtimestamp(min(until, 2**33), UTC) <= now:
        raise _invalid("it is too old")
    about = (said.get("reference"), said.get("amount_eur_cent"), said.get("currency"))
    if about != (reference, amount_eur_cent, "EUR") or type(said.get("amount_eur_cent")) is not int:
        raise ConflictError("payment_result_other", "What the provider said is of another payment or amount.")
    return PaymentResult(str(message_id), reference, outcome, str(payment_id))


def result_of(
    secret: bytes, *, message_id: str, reference: str, amount_eur_cent: int, outcome: Outcome, until: datetime
) -> str:
    """Return a result as a provider says it: for providers' developers, and tests."""
    said = {
        "jti": message_id,
        "exp": int(until.timestamp()),
        "reference": reference,
        "amount_eur_cent": amount_eur_cent,
        "currency": "EUR",
        "outcome": outcome,
        "payment_id": f"pay-{message_id}",
    }
    return sign(said, RESULT, secret)


def sign(said: Mapping[str, Any], kind: str, secret: bytes) -> str:
    """Return words with their signature.

    Raises
    ------
    InputError
        ``payment_secret_short``.
    """
    if len(secret) < LEAST_SECRET_BYTES:
        raise InputError("payment_secret_short", f"A provider's secret has {LEAST_SECRET_BYTES} bytes or more.")
    header = _written({"alg": "HS256", "typ": kind})
    signed = f"{header}.{_written(said)}"
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def verify(text: str, kind: str, secret: bytes) -> dict[str, Any]:
    """Return signed words of a kind.

    Raises
    ------
    InputError
        ``payment_result_invalid``.
    """
    parts = text.split(".")
    if len(text) > _LONGEST or len(parts) != _PARTS or not text.isascii():
        raise _invalid("it is no signed message")
    signed, _, signature = text.rpartition(".")
    wanted = _encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())
    if len(secret) < LEAST_SECRET_BYTES or not hmac.compare_digest(wanted, signature):
        raise _invalid("the signature is not the provider's")
    header, said = _read(parts[0]), _read(parts[1])
    if header != {"alg": "HS256", "typ": kind}:
        raise _invalid("it is another kind of message")
    return said


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= 200  # noqa: PLR2004 - as long as names are


def _written(said: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(part: str) -> dict[str, Any]:
    try:
        said = json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _invalid("it cannot be read") from error
    if not isinstance(said, dict):
        raise _invalid("it cannot be read")
    return said


def _invalid(why: str) -> InputError:
    return InputError("payment_result_invalid", f"What the provider said is not taken: {why}.")
