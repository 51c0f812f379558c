"""Only the provider says that something is paid, and only of this payment and this amount."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import ConflictError, InputError
from enjoy.payment import REQUEST, RESULT, PaymentRequest, page_of, read_result, result_of, sign, verify

NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)
SECRET, OTHER = b"s" * 32, b"t" * 32
ASKED = PaymentRequest("ref-1", "73282932000074", 900, "https://x/back", "https://x/told", NOW + timedelta(minutes=15))


def said(**more: object) -> dict[str, object]:
    known = {"jti": "m1", "exp": int(NOW.timestamp()) + 60, "reference": "ref-1", "amount_eur_cent": 900}
    return {**known, "currency": "EUR", "outcome": "paid", "payment_id": "p1", **more}


def read(text: str) -> object:
    return read_result(text, SECRET, reference="ref-1", amount_eur_cent=900, now=NOW)


def test_a_provider_is_asked_by_a_signed_request_that_holds_no_card_and_no_person():
    for page in ("https://pay.test/x", "https://pay.test/x?a=1"):
        url = page_of(page, ASKED, SECRET, now=NOW)
        (request,) = parse_qs(urlsplit(url).query)["request"]
        asked = verify(request, REQUEST, SECRET)
        assert (asked["amount_eur_cent"], asked["currency"], asked["reference"]) == (900, "EUR", "ref-1")
        assert asked["exp"] - asked["iat"] == 900
        assert set(asked) == {
            "iat", "exp", "reference", "payee", "amount_eur_cent", "currency", "return_url", "notify_url"
        }  # fmt: skip
        with pytest.raises(InputError, match="payment_result_invalid"):
            verify(request, RESULT, SECRET)  # what we sent is not taken for an answer


def test_what_the_provider_said_is_read():
    until = NOW + timedelta(minutes=1)
    text = result_of(SECRET, message_id="m1", reference="ref-1", amount_eur_cent=900, outcome="paid", until=until)
    assert read_result(text, SECRET, reference="ref-1", amount_eur_cent=900, now=NOW).payment_id == "pay-m1"


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "ref-2"}, {"amount_eur_cent": 1}, {"amount_eur_cent": 900.0}, {"currency": "XAF"},
        {"amount_eur_cent": True},
    ],
)  # fmt: skip
def test_what_is_said_of_another_payment_or_amount_is_refused(change: dict[str, object]):
    with pytest.raises(ConflictError, match="payment_result_other"):
        read(sign(said(**change), RESULT, SECRET))


@pytest.mark.parametrize(
    "change", [{"outcome": "maybe"}, {"exp": int(NOW.timestamp())}, {"exp": None}, {"jti": ""}, {"payment_id": 7}]
)
def test_what_is_no_result_is_refused(change: dict[str, object]):
    with pytest.raises(InputError, match="payment_result_invalid"):
        read(sign(said(**change), RESULT, SECRET))


def test_what_is_not_the_providers_is_refused():
    good = sign(said(), RESULT, SECRET)
    head, body, signature = good.split(".")
    unsigned = sign(said(), RESULT, SECRET).rpartition(".")[0] + "."
    other_body = sign(said(amount_eur_cent=900, jti="m2"), RESULT, OTHER).split(".")[1]
    for text in (
        sign(said(), RESULT, OTHER), sign(said(), REQUEST, SECRET), unsigned, f"{head}.{other_body}.{signature}",
        "", "a.b.c", "é.b.c", good + "x", "." * 5000, sign({}, RESULT, SECRET).replace(".", ""), f"{body}.{body}.",
    ):  # fmt: skip
        with pytest.raises(InputError, match="payment_result_invalid"):
            read(text)
    assert json.loads(urlsafe_b64decode(head + "=="))["alg"] == "HS256"
    with pytest.raises(InputError, match="payment_secret_short"):
        sign({}, RESULT, b"short")
