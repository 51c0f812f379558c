"""A subscriber's server, over HTTP or HTTPS: it repeats echoes and takes notifications, or does whatever it is told."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Reply = Callable[[BaseHTTPRequestHandler, bytes], None]


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def notification(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Subscriber:
    """Where it is, what it does with the next request, and what came."""

    port: int
    reply: Reply
    heard: list[Heard] = field(default_factory=list)

    @property
    def posted(self) -> list[Heard]:
        return [request for request in self.heard if request.method == "POST"]


def said(status: int, body: bytes = b"", **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def obliging(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Repeat an echo, in JSON, and take whatever is posted."""
    word = parse_qs(urlsplit(handler.path).query).get("echo", [""])[0]
    said(200, json.dumps({"echo": word}).encode())(handler, body)


def drip(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(60):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def stall(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    time.sleep(1.5)
    obliging(handler, body)


def flood(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1_000):
        handler.wfile.write(b"x" * 65_536)


def babble(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    """Say for ever that the answer will come."""
    for _ in range(100_000):
        handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")


def nonsense(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    handler.wfile.write(b"hello, this is no HTTP\r\n\r\n")


@contextmanager
def subscriber(reply: Reply = obliging, *, certificate: Path | None = None, port: int = 0) -> Iterator[Subscriber]:
    """Serve on the loopback; with a certificate, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            known.heard.append(Heard(method, self.path, headers, body))  # before the answer: the next comes after
            try:
                known.reply(self, body)
            except OSError:
                self.close_connection = True  # whoever asked had enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by its base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    known = Subscriber(server.server_address[1], reply)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate_for(folder: Path, *hosts: str) -> Path:
    """Write a certificate that vouches for itself, and its key, into one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    signed = builder.add_extension(names, critical=False).sign(key, SHA256())
    file = folder / f"{hosts[0]}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return file
