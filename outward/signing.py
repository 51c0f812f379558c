"""How a subscriber knows that a notification is ours: signed as Standard Webhooks (standardwebhooks.com) has it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime


def signature_headers(bearer_token: str | None, message_id: str, body: bytes, at: datetime) -> list[tuple[str, str]]:
    """Return the headers that go with a notification.

    Parameters
    ----------
    bearer_token : str or None
        The subscriber's own; its UTF-8 bytes are the key. Without one there is no secret, and nothing is signed.
    message_id : str
        The same at each attempt.
    body : bytes
        Exactly what is sent.
    at : datetime
        When it is sent; subscribers refuse what is much older.

    Notes
    -----
    Signed is ``<id>.<seconds since 1970>.<body>``, with HMAC-SHA256. Libraries for Standard Webhooks take the key as
    ``whsec_`` and the token's base64.

    Examples
    --------
    >>> signature_headers("t", "delivery-1", b"{}", datetime.fromisoformat("2026-01-01T00:00:00+00:00"))[2:]
    [('webhook-signature', 'v1,reLUPQx3ngI8WQceFetwMMGlOeuMzNC3mwm6DhF9IoY='), ('Authorization', 'Bearer t')]
    """
    secrets = () if bearer_token is None else (bearer_token.encode(),)
    return [*signed_headers(secrets, message_id, body, at), *authorization(bearer_token)]


def signed_headers(secrets: Sequence[bytes], message_id: str, body: bytes, at: datetime) -> list[tuple[str, str]]:
    """Return the headers of Standard Webhooks, with a signature by each secret: while one takes another's place, two.

    Examples
    --------
    >>> signed_headers([], "delivery-1", b"{}", datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    [('webhook-id', 'delivery-1'), ('webhook-timestamp', '1767225600')]
    """
    seconds = str(int(at.timestamp()))
    headers = [("webhook-id", message_id), ("webhook-timestamp", seconds)]
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    digests = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets]
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return [*headers, ("webhook-signature", signatures)] if secrets else headers


def authorization(bearer_token: str | None) -> list[tuple[str, str]]:
    """Return the header by which a callback knows who asks, where its subscriber gave a token."""
    return [] if bearer_token is None else [("Authorization", f"Bearer {bearer_token}")]
