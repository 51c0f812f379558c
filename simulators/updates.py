"""How simulated gateways take firmware: verify, fetch, check, install or fail, and report each step."""

import asyncio
import hashlib
import math
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog

from core.errors import InputError, RetryableError
from core.firmware import Device, Manifest, judge_offer
from core.signature import key_id
from simulators.draws import uniform

log = structlog.get_logger()

Report = Callable[[dict[str, object]], Awaitable[None]]

_READ_BYTES: Final = 65_536
_ATTEMPTS: Final = 4
_WAIT_S: float = 0.5
_TIMEOUT_S: Final = 20.0


class Signature(msgspec.Struct, frozen=True):
    """One signature of a manifest."""

    key: str
    signature: str


class Offer(msgspec.Struct, frozen=True):
    """A ``firmware`` message as it arrives."""

    offer: str
    manifest: str
    signatures: list[Signature]
    url: str


@dataclass(slots=True)
class Running:
    """What one gateway runs and trusts, and what it last said of each offer."""

    version: str
    public_keys: dict[str, str]
    serial: int = 0
    said: dict[str, dict[str, object]] = field(default_factory=dict)


class Updates:
    """Take firmware for the gateways of one fleet.

    Parameters
    ----------
    gateways : int
        How many there are.
    public_keys : sequence of str
        Keys that they trust at first, base64.
    hardware, version : str
        Their model, and what they run at first.
    seed : int, default 1
        Seed of who fails.
    failure_ratio : float, default 0
        Share of gateways whose update goes wrong after the download, ``0 <= ratio <= 1``; half of those roll back.
    """

    def __init__(
        self,
        gateways: int,
        public_keys: Sequence[str],
        *,
        hardware: str,
        version: str,
        seed: int = 1,
        failure_ratio: float = 0.0,
    ) -> None:
        self.hardware = hardware
        self._seed, self.failure_ratio = seed, failure_ratio
        trusted = {key_id(key): key for key in public_keys}
        self._running = [Running(version, dict(trusted)) for _ in range(gateways)]

    def version(self, gateway: int) -> str:
        """Return what a gateway runs."""
        return self._running[gateway].version

    def trusted(self, gateway: int) -> list[str]:
        """Return the keys that a gateway trusts, base64."""
        return list(self._running[gateway].public_keys.values())

    async def take(self, gateway: int, payload: bytes, now_s: int, report: Report) -> None:
        """Take one offer and report each step.

        Parameters
        ----------
        gateway : int
            Index of the gateway.
        payload : bytes
            The message. What has no identifier that could be read is passed over.
        now_s : int
            Time, UTC epoch. [s]
        report : callable
            Publishes an ``update``.
        """
        running = self._running[gateway]
        try:
            offer = msgspec.json.decode(payload, type=Offer)
        except msgspec.DecodeError as error:
            log.warning("offer_unreadable", gateway=gateway, reason=str(error))
            return
        if offer.offer in running.said:
            await report(running.said[offer.offer])
            return

        async def say(status: str, fault: str = "", reason: str = "") -> None:
            told: dict[str, object] = {"offer": offer.offer, "at": now_s, "status": status}
            told |= {name: text for name, text in (("fault", fault), ("reason", reason)) if text}
            running.said[offer.offer] = told
            await report(told)

        device = Device(self.hardware, running.version, running.serial, running.public_keys)
        manifest, fault, reason = judge_offer(msgspec.to_builtins(offer), device, now_s)
        if manifest is None:
            await say("refused", fault, reason)
        elif manifest.version == running.version:
            await say("installed")
        else:
            await self._carry_out(gateway, offer.url, manifest, say)

    async def _carry_out(self, gateway: int, url: str, manifest: Manifest, say: Callable[..., Awaitable[None]]) -> None:
        await say("downloading")
        try:
            image = await download(url, manifest.size_bytes)
        except (InputError, RetryableError) as error:
            await say("failed", "download_failed", error.message)
            return
        if len(image) != manifest.size_bytes:
            await say("failed", "size_mismatch", f"It has {len(image)} bytes or more.")
        elif hashlib.sha256(image).hexdigest() != manifest.sha256:
            await say("failed", "hash_mismatch", "Its SHA-256 is another one.")
        else:
            await say("verified")
            await say(*self._install(gateway, manifest))

    def _install(self, gateway: int, manifest: Manifest) -> tuple[str, ...]:
        """Install, unless this gateway was drawn to fail; return what is reported."""
        draw = uniform(self._seed, "firmware", [gateway])[0]
        if draw < self.failure_ratio / 2:
            return "failed", "install_failed", "The flash could not be written."
        if draw < self.failure_ratio:
            return "rolled_back", "health_check_failed", "The new firmware found no meter."
        running = self._running[gateway]
        running.version, running.serial = manifest.version, manifest.serial
        if manifest.public_keys:
            running.public_keys = {key_id(key): key for key in manifest.public_keys}
        return ("installed",)


async def download(url: str, size_bytes: int) -> bytes:
    """Fetch an image, going on where it broke off; at most one byte more than it should have.

    Raises
    ------
    InputError
        ``url_unfit`` when it is not HTTP, HTTPS or a file.
    RetryableError
        ``download_failed`` after the last attempt.
    """
    if urlsplit(url).scheme not in {"http", "https", "file"}:
        raise InputError("url_unfit", "The image has to be at an HTTP address or in a file.")
    image = bytearray()
    reason = ""
    for attempt in range(_ATTEMPTS):
        try:
            await asyncio.to_thread(_fetch, url, image, size_bytes + 1)
        except OSError as error:  # an HTTP error, too
            reason = str(error)
            await asyncio.sleep(_WAIT_S * math.pow(2, attempt))
        else:
            return bytes(image)
    raise RetryableError("download_failed", f"The image could not be fetched: {reason}.")


def _fetch(url: str, image: bytearray, most: int) -> None:
    headers = {"Range": f"bytes={len(image)}-"} if image else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_S) as answer:  # noqa: S310 - its scheme was looked at
        if image and answer.status != 206:  # noqa: PLR2004 - Partial Content
            image.clear()  # whoever answers knows no ranges
        expected = answer.headers.get("Content-Length")
        wanted = None if expected is None else len(image) + int(expected)
        while len(image) < most and (piece := answer.read(min(_READ_BYTES, most - len(image)))):
            image += piece
    if wanted is not None and len(image) < min(wanted, most):
        raise ConnectionResetError("the connection broke off")
