"""E-mail: one letter at a time to the relay that the operator names, over SMTP (RFC 5321)."""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from core.errors import ConfigurationError, InputError, RetryableError

TIMEOUT_S: Final = 20.0
_PORTS: Final[Mapping[str, int]] = {"smtp": 587, "smtps": 465}
_FOR_GOOD: Final = 500


@dataclass(frozen=True, slots=True)
class Relay:
    """Say where letters are handed in.

    Attributes
    ----------
    host : str
        Name, as its certificate has it.
    port : int
        TCP port.
    is_tls : bool
        Whether the connection begins with TLS; otherwise it is asked for where the relay offers it.
    user, password : str
        Empty: nobody signs in.
    """

    host: str
    port: int
    is_tls: bool
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Hold an e-mail of plain text.

    Attributes
    ----------
    message_id : str
        The same at each attempt, so that a letter that was sent twice is seen to be one.
    sender, recipient : str
        Addresses.
    subject, text : str
        What it says.
    written_at : datetime
        When.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str
    written_at: datetime


def read_smtp_url(url: str) -> Relay:
    """Read where letters are handed in: ``smtp[s]://[user:password@]host[:port]``.

    Raises
    ------
    ConfigurationError
        ``smtp_url_invalid``.

    Examples
    --------
    >>> relay = read_smtp_url("smtps://ada:four%20words@mail.example.org")
    >>> relay.port, relay.password
    (465, 'four words')
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _unreadable() from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise _unreadable()
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Relay(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


class Mailer:
    """Hand letters in.

    Parameters
    ----------
    relay : Relay
        Where.
    tls : SSLContext, optional
        Whom to believe; whom the system believes, by default.
    """

    def __init__(self, relay: Relay, *, tls: ssl.SSLContext | None = None) -> None:
        self._relay, self._tls = relay, tls or ssl.create_default_context()

    async def send(self, letter: Letter) -> str:
        """Hand a letter in; return what the relay said.

        Raises
        ------
        InputError
            ``mail_refused``: it will not be taken later either.
        RetryableError
            ``mail_not_taken``.
        """
        return await asyncio.to_thread(self._send, letter)

    def _send(self, letter: Letter) -> str:
        try:
            with self._connected() as smtp:
                smtp.send_message(_written(letter))
        except smtplib.SMTPAuthenticationError as error:  # the operator's to mend: the letter waits
            raise _not_taken(0, f"it does not know us, status {error.smtp_code}") from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise _not_taken(min(codes, default=0), "the recipient is refused") from error
        except smtplib.SMTPResponseException as error:
            raise _not_taken(error.smtp_code, f"status {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise _not_taken(0, type(error).__name__) from error
        return "taken by the relay"

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Give a connection on which letters may be handed in; it is ended in any case."""
        relay = self._relay
        with self._opened() as smtp:
            smtp.ehlo()
            if not relay.is_tls and smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls)
                smtp.ehlo()
            elif not relay.is_tls and relay.user and not _is_near(relay.host):
                raise smtplib.SMTPNotSupportedError("a password is sent over TLS alone")
            if relay.user:
                smtp.login(relay.user, relay.password)
            yield smtp

    def _opened(self) -> smtplib.SMTP:
        host, port = self._relay.host, self._relay.port
        if self._relay.is_tls:
            return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=self._tls)
        return smtplib.SMTP(host, port, timeout=TIMEOUT_S)


def _written(letter: Letter) -> EmailMessage:
    # What stands in a header is one line: whoever wrote it writes no header of ours.
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = letter.sender, " ".join(letter.recipient.split())
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.message_id}@{letter.sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _not_taken(code: int, why: str) -> InputError | RetryableError:
    if code >= _FOR_GOOD:
        return InputError("mail_refused", f"The relay refused the letter: {why}.")
    return RetryableError("mail_not_taken", f"The relay did not take the letter: {why}.")


def _unreadable() -> ConfigurationError:
    message = "The address of the mail relay cannot be read; it has to look like smtps://user:password@host:465."
    return ConfigurationError("smtp_url_invalid", message)
