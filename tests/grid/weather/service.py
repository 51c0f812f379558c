"""A small weather service on loopback, that can be slow, broken, or wrong."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = Callable[[BaseHTTPRequestHandler, dict[str, list[str]]], None]

UNITS = {"temperature_2m": "°C", "wind_speed_10m": "m/s", "shortwave_radiation": "W/m²", "cloud_cover": "%"}


@dataclass
class Service:
    """Say where it is, what it was asked, and what it replies, one after the other, the last one again and again."""

    url: str
    replies: list[Reply]
    asked: list[dict[str, list[str]]] = field(default_factory=list)


def hourly(start: datetime, hours: int, *, temperature_degc: float = 7.0) -> dict[str, Any]:
    """Return what is said of one point: a constant temperature, wind, clouds, and a sun that grows by the hour."""
    first = round(start.timestamp())
    return {
        "utc_offset_seconds": 0,
        "hourly_units": UNITS,
        "hourly": {
            "time": [first + 3_600 * hour for hour in range(hours)],
            "temperature_2m": [temperature_degc] * hours,
            "wind_speed_10m": [3.0] * hours,
            "shortwave_radiation": [float(hour % 1_000) for hour in range(hours)],
            "cloud_cover": [25] * hours,
        },
    }


def as_asked(handler: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
    """Reply as Open-Meteo does: whole days of UTC, a list where there are several points."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    past, ahead = int(query["past_days"][0]), int(query["forecast_days"][0])
    places = [
        hourly(today - timedelta(days=past), 24 * (past + ahead), temperature_degc=7.0 + number)
        for number, _ in enumerate(query["latitude"][0].split(","))
    ]
    said(places if len(places) > 1 else places[0])(handler, query)


def said(body: object) -> Reply:
    """Reply with a body: bytes as they are, anything else as JSON."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status(200, payload)


def status(code: int, payload: bytes = b"") -> Reply:
    """Reply with a status."""

    def reply(handler: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    return reply


def drip(handler: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
    """Send a byte now and then, each soon enough for a limit on single pieces."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def cut_short(handler: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"[")


def hang_up(handler: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
    """End the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def weather_service(*replies: Reply) -> Iterator[Service]:
    """Run a service."""
    service = Service("", list(replies or (as_asked,)))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            service.asked.append(query)
            reply = service.replies.pop(0) if len(service.replies) > 1 else service.replies[0]
            try:
                reply(self, query)
            except OSError:
                self.close_connection = True  # the client had enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by its base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1/forecast"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
