"""Firmware on simulated gateways: the golden offers, downloads that break off, keys that change."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest

from core.errors import InputError, RetryableError
from simulators import updates as module
from simulators.updates import Updates, download

SPECIFICATION = Path(__file__).resolve().parents[2] / "firmware_specs"
INDEX = json.loads((SPECIFICATION / "vectors/index.json").read_text())
FACTS = INDEX["context"]["firmware"]
OFFERS = [vector for vector in INDEX["vectors"] if vector["topic"].endswith("/firmware")]
UPDATE_SCHEMA = json.loads((SPECIFICATION / "schemas/update.schema.json").read_text())
IMAGE = SPECIFICATION / "vectors" / FACTS["image"]
NOW_S = INDEX["context"]["clock"]


def _gateways(count: int = 1, failure_ratio: float = 0.0) -> Updates:
    keys = list(FACTS["public_keys"].values())
    made = Updates(count, keys, hardware=FACTS["hardware"], version=FACTS["version"], failure_ratio=failure_ratio)
    for running in made._running:
        running.serial = FACTS["serial"]
    return made


def _offer(name: str, **changes: object) -> bytes:
    vector = next(vector for vector in OFFERS if vector["name"] == name)
    offer = json.loads((SPECIFICATION / "vectors" / vector["file"]).read_text())
    return json.dumps(offer | {"url": IMAGE.as_uri()} | changes).encode()


async def _take(gateways: Updates, payload: bytes, gateway: int = 0) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []

    async def report(update: dict[str, object]) -> None:
        jsonschema.validate(update, UPDATE_SCHEMA)
        told.append(update)

    await gateways.take(gateway, payload, NOW_S, report)
    return told


@pytest.mark.parametrize("vector", OFFERS, ids=[vector["name"] for vector in OFFERS])
async def test_a_golden_offer_ends_as_it_says(vector: dict[str, Any]) -> None:
    gateways = _gateways()
    told = await _take(gateways, _offer(vector["name"]))
    last = {name: told[-1][name] for name in ("status", "fault") if name in told[-1]}
    assert last == vector["expected"]["update"]
    assert gateways.version(0) == ("2.4.0" if "verified" in {one["status"] for one in told} else "2.3.1")


async def test_an_offer_that_arrives_again_is_answered_by_its_last_report_and_not_carried_out_again() -> None:
    gateways = _gateways()
    told = await _take(gateways, _offer("firmware-right"))
    assert [one["status"] for one in told] == ["downloading", "verified", "installed"]
    assert await _take(gateways, _offer("firmware-right", url="https://127.0.0.1:9/")) == [told[-1]]
    other = "7a1d1c0e-2b7f-4a43-8d0a-5d6f0a9c3e22"
    assert (await _take(gateways, _offer("firmware-downgrade", offer=other)))[-1]["fault"] == "downgrade"
    assert await _take(gateways, b"no offer") == []


async def test_keys_are_rotated_by_the_release_that_the_present_key_signed() -> None:
    gateways = _gateways()
    before = gateways.trusted(0)
    await _take(gateways, _offer("firmware-new-keys"))
    assert gateways.trusted(0) == json.loads(json.loads(_offer("firmware-new-keys"))["manifest"])["public_keys"]
    assert gateways.trusted(0) != before
    other = "7a1d1c0e-2b7f-4a43-8d0a-5d6f0a9c3e22"
    assert (await _take(gateways, _offer("firmware-right", offer=other)))[-1]["fault"] == "key_unknown"


async def test_a_seeded_share_fails_or_rolls_back_and_keeps_what_it_ran() -> None:
    gateways = _gateways(200, failure_ratio=0.2)
    last = [(await _take(gateways, _offer("firmware-right"), gateway))[-1] for gateway in range(200)]
    faults = [one.get("fault") for one in last]
    assert 5 < faults.count("install_failed") < 40
    assert 5 < faults.count("health_check_failed") < 40
    assert all((gateways.version(at) == "2.4.0") == (one["status"] == "installed") for at, one in enumerate(last))


class _Breaking(http.server.BaseHTTPRequestHandler):
    """Break off in the middle of the first answer, and give the rest to who asks for it."""

    asked: ClassVar[list[str | None]] = []
    broken = 1
    piece = 30_000

    def do_GET(self) -> None:
        image = IMAGE.read_bytes()
        span = self.headers["Range"]
        self.asked.append(span)
        first = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(len(image) - first))
        self.end_headers()
        breaks = len(self.asked) <= type(self).broken
        self.wfile.write(image[first : first + self.piece] if breaks else image[first:])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        pass


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(module, "_WAIT_S", 0.01)
    _Breaking.asked, _Breaking.broken, _Breaking.piece = [], 1, 30_000
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Breaking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/image"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_download_that_broke_off_goes_on_where_it_was(breaking: str) -> None:
    assert await download(breaking, 70_000) == IMAGE.read_bytes()
    assert _Breaking.asked == [None, "bytes=30000-"]


async def test_a_download_that_never_ends_is_given_up_and_one_from_elsewhere_is_not_tried(breaking: str) -> None:
    _Breaking.broken, _Breaking.piece = 99, 1_000
    with pytest.raises(RetryableError, match="download_failed"):
        await download(breaking, 700_000)
    with pytest.raises(InputError, match="url_unfit"):
        await download("ftp://127.0.0.1/image", 1)
    told = await _take(_gateways(), _offer("firmware-right", url="http://127.0.0.1:9/image"))
    assert told[-1]["fault"] == "download_failed"
