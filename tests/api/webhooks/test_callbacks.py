"""A callback is called only where it may be, and only when it has shown that it wants to be."""

import asyncio
import base64
import hashlib
import hmac
import ssl
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import InputError, RetryableError
from core.public_addresses import is_public
from outward.addresses import Address, resolve
from outward.callback_addresses import FAULTS, read_callback
from outward.callbacks import MOST_BYTES, Callbacks, check_callback
from outward.exchange import Asked, exchange
from outward.signing import signature_headers
from tests.api.webhooks.subscriber import (
    babble,
    certificate_for,
    drip,
    flood,
    nonsense,
    said,
    subscriber,
)

INWARD = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
    "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
    "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:9.9.9.9", "64:ff9b::7f00:1", "fe80::1", "fe80::1%lo", "fec0::1",
    "fd00:ec2::254", "fc00::1", "ff02::1", "2001:0:53aa:64c::1", "2001:db8::1", "2002:7f00:1::", "100::1", "3fff::1",
]  # fmt: skip

GET = Asked("GET")


@pytest.mark.parametrize("address", INWARD)
def test_an_address_that_leads_inward_or_nowhere_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "172.15.255.255", "172.32.0.1", "2a01:e0a::1", "2620:fe::9"])
def test_an_address_of_the_internet_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "https://", "https://u:p@example.org/", "https://example.org/#x",
        "https://example.org:99999/", "https://exa mple.org/", "https://example.org/\r\nHost: other", "//example.org",
        "https://exämple.org/", "https://[::1", "example.org",
    ],
)  # fmt: skip
async def test_a_url_that_is_no_callback_is_refused_before_anybody_is_asked(url: str):
    with pytest.raises(InputError, match="callback_unfit"):
        await check_callback(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"],
)
async def test_a_host_inside_is_refused_however_it_is_written(host: str):
    with pytest.raises(InputError, match="callback_not_public"):
        await check_callback(f"https://{host}/hook")


async def test_what_is_connected_to_is_looked_at_again():
    with subscriber() as inside:
        callback = Address("callback.example", inside.port, "/", is_tls=False)
        with pytest.raises(InputError, match="callback_not_public"):
            await exchange(callback, ["127.0.0.1"], GET, FAULTS, tls=ssl.create_default_context())
    assert not inside.heard


async def test_the_address_that_was_checked_is_called_and_the_certificate_is_for_the_name(tmp_path: Path):
    certificate = certificate_for(tmp_path, "callback.example")
    tls = ssl.create_default_context(cafile=certificate)
    with subscriber(certificate=certificate) as server:
        # Nobody knows these names: were they looked up again, nothing would be reached.
        right = Address("callback.example", server.port, "/", is_tls=True)
        wrong = Address("another.example", server.port, "/", is_tls=True)
        answer = await exchange(right, ["127.0.0.1"], GET, FAULTS, tls=tls, may_be_private=True)
        assert answer.status == 200
        with pytest.raises(RetryableError, match="certificate verify failed"):
            await exchange(wrong, ["127.0.0.1"], GET, FAULTS, tls=tls, may_be_private=True)
        with pytest.raises(RetryableError, match="certificate verify failed"):
            await Callbacks(is_development=True).post(f"https://localhost:{server.port}/", (), b"{}")
    (heard,) = server.heard
    assert heard.headers["host"] == f"callback.example:{server.port}"


async def test_a_callback_that_repeats_the_word_is_good_and_knows_who_asks():
    with subscriber() as server:
        await check_callback(f"http://localhost:{server.port}/hook?a=1", "token", is_development=True)
        await check_callback(f"http://127.0.0.1:{server.port}", is_development=True)
    first, second = server.heard
    assert first.path.startswith("/hook?a=1&echo=")
    assert second.path.startswith("/?echo=")
    assert first.path.partition("echo=")[2] != second.path.partition("echo=")[2]
    assert first.headers["authorization"] == "Bearer token"
    assert "authorization" not in second.headers


@pytest.mark.parametrize(
    "reply",
    [
        said(200, b"{}"), said(200, b"x" * 32), said(204), said(404), said(500), nonsense, drip, flood, babble,
        said(302, b"", Location="http://127.0.0.1:1/"),
    ],
)  # fmt: skip
async def test_a_callback_that_does_not_is_refused_and_holds_nobody_up(reply):
    began_s = time.monotonic()
    with subscriber(reply) as server:
        door = Callbacks(is_development=True, timeout_s=0.5)
        with pytest.raises(InputError, match="callback_unproven"):
            await door.check(f"http://localhost:{server.port}/", None)
    assert time.monotonic() - began_s < 5
    assert len([request for request in server.heard if "echo=" in request.path]) == len(server.heard)


async def test_nobody_there_is_told_from_who_is_not_wanted():
    with subscriber() as server:
        gone = f"http://localhost:{server.port}/"
    with pytest.raises(InputError, match="callback_unproven"):
        await check_callback(gone, is_development=True)
    with pytest.raises(RetryableError, match="callback_unreachable"):
        await Callbacks(is_development=True).post("http://nobody.invalid/", (), b"{}")
    with pytest.raises(InputError, match="callback_unfit"):
        await check_callback("https://example.org/", "two\r\nlines")


async def test_of_an_answer_no_more_is_kept_than_is_needed():
    with subscriber(flood) as server:
        callback = read_callback(f"http://127.0.0.1:{server.port}/", is_development=True)
        addresses = await resolve(callback, FAULTS, may_be_private=True)
        async with asyncio.timeout(5):
            asked = Asked("GET", most_bytes=MOST_BYTES)
            tls = ssl.create_default_context()
            answer = await exchange(callback, addresses, asked, FAULTS, tls=tls, may_be_private=True)
    assert len(answer.body) == MOST_BYTES


async def test_a_notification_is_posted_signed_and_not_redirected():
    body, at = b'{"objectType":"EVENT"}', datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with subscriber() as server:
        door = Callbacks(is_development=True)
        url = f"http://localhost:{server.port}/hook"
        assert await door.post(url, signature_headers("secret", "delivery-7", body, at), body) == 200
        server.reply = said(307, b"", Location=f"http://localhost:{server.port}/elsewhere")
        assert await door.post(url, (), body) == 307
    first, second = server.heard
    assert second.path == "/hook"
    assert first.body == body
    assert first.headers["content-type"] == "application/json"
    signed = b"delivery-7." + str(int(at.timestamp())).encode() + b"." + body
    expected = base64.b64encode(hmac.digest(b"secret", signed, hashlib.sha256)).decode()
    assert first.headers["webhook-signature"] == f"v1,{expected}"
    assert (first.headers["webhook-id"], first.headers["authorization"]) == ("delivery-7", "Bearer secret")
    assert not any(name == "webhook-signature" for name, _ in signature_headers(None, "delivery-7", body, at))
