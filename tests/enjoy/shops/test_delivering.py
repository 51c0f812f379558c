"""What is told of orders reaches a real mail server and a real webhook: at least once, signed, or is given up."""

import email
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from benchmarks._passes_orders import NOON
from core.clock import Clock
from core.errors import ConfigurationError, InputError, RetryableError
from core.settings import read_settings
from db.connection import Connection, Pool, Role, borrow, open_pool
from db.outbox import Kind, NewMessage, next_message, put_messages
from enjoy.acting import Connect
from enjoy.shops.delivering import Delivering, keep_outbox
from outward.callbacks import Callbacks
from outward.mail import Letter, Mailer, read_smtp_url
from outward.signing import signed_headers
from somel.embedded.loopback import free_port
from tests.api.webhooks.subscriber import said, subscriber
from tests.db.village import ask
from tests.enjoy.shops.test_never_oversold import opened


@dataclass
class Postbox:
    """Keep what came, and say what to the next letter."""

    answer: str = "250 taken"
    letters: list[EmailMessage] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        if self.answer.startswith("250"):
            found = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(found, EmailMessage)
            self.letters.append(found)
        return self.answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        if address.startswith("nobody"):
            return "550 nobody has this address"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def mail_server(**more: Any) -> Iterator[Postbox]:
    """Run a mail server on the loopback."""
    box = Postbox(port=free_port(24_000))
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **more)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@asynccontextmanager
async def working(url: str) -> AsyncIterator[tuple[Pool, Connect, int]]:
    async with open_pool(url, Role.ENJOY_SHOP, max_size=6) as pool:
        shop = await opened(pool, url)
        yield pool, lambda _role: borrow(pool), shop.shop_id


async def put(pool: Pool, shop_id: int, *messages: NewMessage) -> None:
    async with borrow(pool) as connection:
        await put_messages(connection, shop_id, None, messages, now=NOON)


def at(after: timedelta = timedelta(0)) -> Clock:
    return Clock(NOON + timedelta(days=1000), NOON + after)


def mailing(box: Postbox, after: timedelta = timedelta(0), **more: object) -> Delivering:
    settings = read_settings(smtp_url=f"smtp://127.0.0.1:{box.port}", mail_from="enjoy@lille.test", **more)
    return Delivering(("email",), settings, wall=at(after))


def letter_to(recipient: str) -> NewMessage:
    return NewMessage("email", recipient, "Commande prête", "Éclairs × 2\n")


def statuses(url: str) -> list[tuple[object, ...]]:
    return ask(url, "SELECT status, attempt_count, body = '', recipient = '' FROM shop.outbox ORDER BY outbox_id")


async def test_a_letter_is_taken_by_a_real_server_and_what_it_said_is_forgotten(database_url: str):
    with mail_server() as box:
        async with working(database_url) as (pool, lend, shop_id):
            await put(pool, shop_id, letter_to("ada@example.org"))
            await mailing(box)(lend, at())
            await mailing(box)(lend, at())
    (letter,) = box.letters
    assert (letter["To"], letter["From"]) == ("ada@example.org", "enjoy@lille.test")
    assert letter["Subject"] == "Commande prête"
    assert letter.get_content().replace("\r\n", "\n") == "Éclairs × 2\n"
    [(number,)] = ask(database_url, "SELECT message_id::text FROM shop.outbox")
    assert letter["Message-ID"] == f"<{number}@lille.test>"
    assert statuses(database_url) == [("sent", 1, True, True)]


async def test_a_letter_that_is_not_taken_waits_longer_and_longer_and_is_given_up(database_url: str):
    with mail_server() as box:
        box.answer = "451 come again"
        async with working(database_url) as (pool, lend, shop_id):
            await put(pool, shop_id, letter_to("ada@example.org"), letter_to("nobody@example.org"))
            await mailing(box, enjoy_webhook_attempts=3)(lend, at())
            assert statuses(database_url) == [("pending", 1, False, False), ("dead", 1, False, False)]
            await mailing(box, enjoy_webhook_attempts=3)(lend, at())
            assert statuses(database_url)[0] == ("pending", 1, False, False), "it is left alone for a while"
            for minutes in (1, 2):
                await mailing(box, timedelta(minutes=minutes), enjoy_webhook_attempts=3)(lend, at())
            assert statuses(database_url)[0] == ("dead", 3, False, False)
            box.answer = "250 taken"
            await keep_outbox(lend, at(), wall=at())
            assert len(statuses(database_url)) == 2
            ask(database_url, "UPDATE shop.outbox SET made_at = made_at - INTERVAL '31 days' RETURNING 1")
            await keep_outbox(lend, at(), wall=at())
    assert (box.letters, statuses(database_url)) == ([], [])


async def test_without_a_relay_letters_stay_and_webhooks_go(database_url: str):
    async with working(database_url) as (pool, lend, shop_id):
        await put(pool, shop_id, letter_to("ada@example.org"), NewMessage("webhook", "", "", "{}"))
        with subscriber() as server:
            ask(
                database_url,
                "UPDATE shop.shop SET webhook_url = %s, webhook_secret = %s RETURNING 1",
                f"http://localhost:{server.port}/orders",
                b"s" * 32,
            )
            door = Callbacks(is_development=True)
            await Delivering(("email", "webhook"), read_settings(), door=door, wall=at())(lend, at())
            (heard,) = server.posted
            sent = dict(heard.headers)
            number = sent["webhook-id"]
            stamp = int(sent["webhook-timestamp"])
            again = signed_headers([b"s" * 32], number, heard.body, NOON.fromtimestamp(stamp, NOON.tzinfo))
            assert ("webhook-signature", sent["webhook-signature"]) in again
            assert sent["content-type"] == "application/cloudevents+json"
            server.reply = said(503)
            await put(pool, shop_id, NewMessage("webhook", "", "", "{}"), NewMessage("provider", "", "", "{}"))
            kinds: tuple[Kind, ...] = ("webhook", "provider")
            await Delivering(kinds, read_settings(), door=door, wall=at())(lend, at())
            server.reply = said(410)
            await Delivering(kinds, read_settings(), door=door, wall=at(timedelta(minutes=1)))(lend, at())
    assert [row[:2] for row in statuses(database_url)] == [("pending", 0), ("sent", 1), ("dead", 2), ("dead", 1)]


async def test_of_a_process_that_is_killed_while_it_sends_the_message_is_free_at_once(database_url: str):
    async with working(database_url) as (pool, lend, shop_id):
        await put(pool, shop_id, letter_to("ada@example.org"))
        async with open_pool(database_url, Role.ENJOY_SHOP, max_size=1) as doomed, doomed.connection() as connection:
            held = await next_message(connection, ["email"], now=NOON)
            assert held is not None
            async with borrow(pool) as other:
                assert await next_message(other, ["email"], now=NOON) is None, "two do not send the same"
            await _cut(connection, database_url)
        with mail_server() as box:
            await mailing(box)(lend, at())
    assert [letter["Message-ID"] for letter in box.letters] == [f"<{held.message_id}@lille.test>"]


async def _cut(connection: Connection, url: str) -> None:
    """End a connection as the end of its process would."""
    ask(url, "SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
    await connection.close()


async def test_who_signs_in_at_the_relay_is_known_and_a_stranger_is_not():
    def judged(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_ada = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ada", b"four words")
        return AuthResult(success=is_ada, handled=False)  # the server says so

    more = {"authenticator": judged, "auth_require_tls": False}
    letter = Letter(str(uuid4()), "enjoy@lille.test", "bob@example.org", "Two\r\nBcc: all@example.org", "x", NOON)
    with mail_server(**more) as box:
        relay = read_smtp_url(f"smtp://ada:four%20words@127.0.0.1:{box.port}")
        assert await Mailer(relay).send(letter) == "taken by the relay"
        with pytest.raises(RetryableError, match="does not know us, status 535"):  # the operator mends it, and it waits
            await Mailer(read_smtp_url(f"smtp://ada:wrong@127.0.0.1:{box.port}")).send(letter)
        with pytest.raises(InputError, match="mail_refused"):
            await Mailer(relay).send(replace(letter, recipient="nobody@example.org"))
    assert (box.letters[0]["Bcc"], box.letters[0]["Subject"]) == (None, "Two Bcc: all@example.org")
    with pytest.raises(RetryableError, match="mail_not_taken"):
        await Mailer(relay).send(letter)
    for wrong in ("http://x", "smtp://", "smtp://host:none", "smtp://host/path"):
        with pytest.raises(ConfigurationError, match="smtp_url_invalid"):
            read_smtp_url(wrong)
