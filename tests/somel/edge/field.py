"""A guarded broker with enrolled gateways, and clients that come to it in every way, rightful or not."""

import contextlib
import ssl
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as paho
from cryptography.hazmat.primitives.serialization import Encoding
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from db.connection import Role, connect
from edge.authority import Authority
from edge.enrolment import enrol, make_code
from edge.files import PRIVATE, PUBLIC, write_file
from edge.vens import sign_ven
from somel.embedded.broker import Broker
from tests.edge.asking import DeviceKey, ec_key, key_text, pem_of, request_of
from tests.support.mqtt import let_go

NOT_AUTHORIZED = 0x87


@dataclass(frozen=True, slots=True)
class Identity:
    """Files of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass
class Field:
    """The guarded broker, who signs for gateways and for VENs, and a folder for what clients hold."""

    broker: Broker
    authority: Authority
    vens: Authority
    folder: Path
    database_url: str

    @property
    def port(self) -> int:
        """Port of gateways."""
        return self.broker.guard.gateway_port

    @property
    def ven_port(self) -> int:
        """Port of VENs."""
        port = self.broker.guard.ven_port
        assert port is not None
        return port

    @property
    def ca(self) -> Path:
        """File that signs the broker."""
        return self.broker.guard.path / "ca.pem"

    def keep(self, name: str, certificate: bytes, key: DeviceKey) -> Identity:
        """Write a certificate and its key down."""
        identity = Identity(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        write_file(identity.certificate, certificate, PUBLIC)
        write_file(identity.key, key_text(key), PRIVATE)
        return identity

    def signed(self, name: str, authority: Authority, *, at: datetime | None = None, days: int = 1) -> Identity:
        """Return a certificate signed without any enrolment, as by who holds an authority's key."""
        key = ec_key()
        certificate = authority.sign_device(key.public_key(), name, at or datetime.now(UTC), days)
        file = f"{name}-{certificate.serial_number:x}"
        return self.keep(file, certificate.public_bytes(Encoding.PEM) + authority.chain, key)

    async def enrol(self, name: str) -> Identity:
        """Enrol a gateway as it should be."""
        key, now = ec_key(), datetime.now(UTC)
        async with await connect(self.database_url, Role.OWNER) as connection:
            code = await make_code(connection, name, now=now)
            request = pem_of(request_of(key))
            enrolled = await enrol(connection, self.authority, gateway_name=name, code=code, request=request, now=now)
        return self.keep(name, (enrolled.certificate + enrolled.chain).encode(), key)

    async def enrol_ven(self, name: str) -> Identity:
        """Sign for a VEN as an operator does."""
        key, now = ec_key(), datetime.now(UTC)
        async with await connect(self.database_url, Role.OWNER) as connection:
            request = pem_of(request_of(key))
            signed = await sign_ven(connection, self.vens, ven_name=name, request=request, now=now, days=1)
        return self.keep(name, signed.certificate.encode(), key)

    def log(self) -> str:
        """Return all that the broker has said."""
        return self.broker.log.read_text()

    def has_logged(self, text: str, within_s: float = 5.0) -> bool:
        """Tell whether the broker says something, soon."""
        deadline_s = time.monotonic() + within_s
        while text not in self.log():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.05)
        return True


class Client:
    """A client of the guarded broker, which keeps what it is told."""

    def __init__(
        self,
        port: int,
        *,
        ca: Path | None = None,
        identity: Identity | None = None,
        client_id: str = "",
        password: tuple[str, str] | None = None,
    ) -> None:
        self.answer: ReasonCode | None = None
        self.lost = False
        self.published: dict[int, ReasonCode] = {}
        self.granted: list[ReasonCode] = []
        self.received: list[tuple[str, bytes]] = []
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        if ca is not None:
            self._client.tls_set_context(tls_context(ca, identity))
        if password is not None:
            self._client.username_pw_set(*password)
        self._port = port
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = lambda _c, _d, mid, reason, _p: self.published.__setitem__(mid, reason)
        self._client.on_subscribe = lambda _c, _d, _mid, reasons, _p: self.granted.extend(reasons)
        self._client.on_message = lambda _c, _d, message: self.received.append((message.topic, bytes(message.payload)))

    @contextlib.contextmanager
    def connected(self) -> Iterator["Client"]:
        """Connect and stay while inside."""
        self.connect()
        assert self.answer is not None, "not let in"
        assert not self.answer.is_failure, str(self.answer)
        try:
            yield self
        finally:
            self.leave()

    def connect(self) -> str:
        """Connect; return what became of it, empty when the broker let us in."""
        try:
            self._client.connect("127.0.0.1", self._port)
        except (OSError, ValueError) as error:  # ssl.SSLError is one
            return str(error)
        self._client.loop_start()
        self.wait(lambda: self.answer is not None or self.lost)
        if self.answer is None:
            return "closed without a word"
        return str(self.answer) if self.answer.is_failure else ""

    def leave(self) -> None:
        """Take leave."""
        self._client.disconnect()
        let_go(self._client)

    def publish(self, topic: str, payload: bytes, content_type: str = "application/json") -> int:
        """Publish at QoS 1 and return the broker's reason code; -1 when it closed the connection instead."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = content_type
        mid = self._client.publish(topic, payload, qos=1, properties=properties).mid
        self.wait(lambda: mid in self.published or self.lost, within_s=20.0)
        return self.published[mid].value if mid in self.published else -1

    def subscribe(self, topic_filter: str) -> None:
        """Subscribe at QoS 1, and wait for the broker's word."""
        before = len(self.granted)
        self._client.subscribe(topic_filter, options=SubscribeOptions(qos=1))
        self.wait(lambda: len(self.granted) > before)

    def wait(self, condition, within_s: float = 5.0) -> bool:
        """Wait for something; tell whether it came."""
        deadline_s = time.monotonic() + within_s
        while not condition() and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return bool(condition())

    def _on_connect(self, _client, _data, _flags, reason: ReasonCode, _properties) -> None:
        self.answer = reason

    def _on_disconnect(self, _client, _data, _flags, _reason, _properties) -> None:
        self.lost = True


def tls_context(
    ca: Path, identity: Identity | None, newest_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    if newest_tls < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of old TLS: that is what is tried
        context.maximum_version = newest_tls
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context
