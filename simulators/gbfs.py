"""A GBFS feed on the loopback: discovery, stations and their status, version 2.3 or 3.0, with ETags."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

from core.clock import Clock
from core.errors import InputError
from simulators.stations import Station, Stations, StationStatus

#: How long an answer is good for. [s]
TTL_S: Final = 60
VERSIONS: Final = ("2.3", "3.0")
_NAMES: Final = ("station_information", "station_status")
_LANGUAGE: Final = "fr"


async def serve(
    stations: Stations, clock: Clock, *, port: int, version: str = "2.3", ready: Callable[[str], object]
) -> None:
    """Serve until cancelled; `ready` is given the address of the discovery file."""
    with serving(stations, clock.now, port=port, version=version) as url:
        ready(url)
        await asyncio.Event().wait()


@contextlib.contextmanager
def serving(stations: Stations, now: Callable[[], datetime], *, port: int = 0, version: str = "2.3") -> Iterator[str]:
    """Serve for the time of a block; give the address of the discovery file.

    Raises
    ------
    InputError
        ``gbfs_version_unknown``.
    """
    if version not in VERSIONS:
        raise InputError("gbfs_version_unknown", f"GBFS is served in {' and '.join(VERSIONS)}.", version=version)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/").removesuffix(".json")
            root = f"http://127.0.0.1:{server.server_port}"
            document = _document(name, stations, now(), version, root)
            _answer(self, document)

        def log_message(self, *_: object) -> None:
            """Say nothing of requests that are answered."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    thread = Thread(target=server.serve_forever, args=(0.1,), name="gbfs", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/gbfs.json"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, document: dict[str, Any] | None) -> None:
    body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode()
    told = {name: value for name, value in (document or {}).items() if name != "last_updated"}
    tag = f'"{sha256(json.dumps(told).encode()).hexdigest()[:32]}"'
    status = HTTPStatus.OK if document is not None else HTTPStatus.NOT_FOUND
    if document is not None and request.headers.get("If-None-Match") == tag:
        status, body = HTTPStatus.NOT_MODIFIED, b""
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("ETag", tag)
    if status is not HTTPStatus.NOT_MODIFIED:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _document(name: str, stations: Stations, now: datetime, version: str, root: str) -> dict[str, Any] | None:
    """Return a file of the feed, or None where it has none of that name."""
    is_3 = version == "3.0"
    if name == "gbfs":
        feeds = {"feeds": [{"name": one, "url": f"{root}/{one}.json"} for one in _NAMES]}
        data: dict[str, Any] = feeds if is_3 else {_LANGUAGE: feeds}
    elif name == "station_information":
        data = {"stations": [_information(one, is_3=is_3) for one in stations.stations()]}
    elif name == "station_status":
        data = {"stations": [_status(one, is_3=is_3) for one in stations.status(now)]}
    else:
        return None
    return {"last_updated": _time(now, is_3=is_3), "ttl": TTL_S, "version": version, "data": data}


def _information(station: Station, *, is_3: bool) -> dict[str, Any]:
    return {
        "station_id": station.station_id,
        "name": [{"text": station.name, "language": _LANGUAGE}] if is_3 else station.name,
        "lat": station.latitude,
        "lon": station.longitude,
        "capacity": station.capacity,
    }


def _status(status: StationStatus, *, is_3: bool) -> dict[str, Any]:
    return {
        "station_id": status.station_id,
        "num_vehicles_available" if is_3 else "num_bikes_available": status.bikes,
        "num_docks_available": status.docks,
        "is_installed": True,
        "is_renting": status.is_open,
        "is_returning": status.is_open,
        "last_reported": _time(status.reported_at, is_3=is_3),
    }


def _time(instant: datetime, *, is_3: bool) -> str | int:
    """Return an instant as version 3 has it, RFC 3339, or version 2, POSIX seconds."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if is_3 else int(instant.timestamp())
