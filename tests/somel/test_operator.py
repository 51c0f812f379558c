"""The demo's operator against a real HTTP server."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import InvariantError, RetryableError
from somel.demo.operator import Operator


class _Api(BaseHTTPRequestHandler):
    """Answer with what was asked; ``/nothing`` is not there, ``/no`` is refused, and ``/gone`` is hung up on."""

    def do_GET(self) -> None:
        if self.path == "/gone":
            return
        status = {"/nothing": 404, "/no": 409}.get(self.path, 200)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = {"method": self.command, "path": self.path, "token": self.headers["Authorization"], "body": body}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(asked).encode())

    do_POST = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Return the address of a running server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_the_operator_shows_the_token_and_sends_json(url):
    operator = Operator(url, "secret")
    asked = await operator.post("/v1/events", {"name": "Pointe du soir"})
    assert (asked["method"], asked["path"], asked["token"]) == ("POST", "/v1/events", "Bearer secret")
    assert json.loads(asked["body"]) == {"name": "Pointe du soir"}
    approved = await operator.post("/v1/events/7/approve")
    assert approved["body"] == ""
    assert (await operator.get("/v1/places?level=territory"))["path"] == "/v1/places?level=territory"


async def test_what_is_not_there_yet_is_not_an_error(url):
    assert await Operator(url, "secret").has("/v1/places")
    assert not await Operator(url, "secret").has("/nothing")


async def test_a_refused_call_ends_the_demo_with_what_the_api_said(url):
    with pytest.raises(InvariantError, match=r"GET /no answered 409: .*Bearer secret") as refused:
        await Operator(url, "secret").has("/no")
    assert refused.value.code == "demo_call_refused"


async def test_an_api_that_hangs_up_is_away(url):
    with pytest.raises(RetryableError, match="does not answer"):
        await Operator(url, "secret").get("/gone")


async def test_an_api_that_answers_too_late_is_away(monkeypatch):
    monkeypatch.setattr("somel.demo.operator.TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(RetryableError, match="timed out"):
        await Operator(f"http://127.0.0.1:{silent.getsockname()[1]}", "secret").get("/v1/places")


async def test_an_api_that_is_not_there_is_away():
    with pytest.raises(RetryableError, match="Connection refused"):
        await Operator("http://127.0.0.1:1", "secret").get("/v1/places")
