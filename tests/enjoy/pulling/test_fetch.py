"""A source is asked where it may be, in bounds of time and size, and not told twice what has not changed."""

import time

import pytest

from core.errors import InputError, RetryableError
from enjoy.pulling import fetch
from enjoy.pulling.fetch import Fetcher
from outward import addresses, exchange
from tests.enjoy.pulling.web import Answer, web


async def test_what_has_not_changed_is_asked_for_conditionally_and_remembered():
    with web() as served:
        tagged = {"ETag": '"one"', "Last-Modified": "Thu, 15 Jan 2026 17:30:00 GMT"}
        served.answers["/feed?a=b"] = (200, tagged, b"[1]")
        fetcher = Fetcher(is_development=True)
        first = await fetcher.fetch(f"{served.url}/feed?a=b")
        assert (first.body, first.is_new) == (b"[1]", True)
        served.answers["/feed?a=b"] = (304, {}, b"")
        again = await fetcher.fetch(f"{served.url}/feed?a=b")
        assert (again.body, again.is_new) == (b"[1]", False)
        (_, headers), (_, conditional) = served.asked
        assert "if-none-match" not in headers
        assert (conditional["if-none-match"], conditional["if-modified-since"]) == ('"one"', tagged["Last-Modified"])
        served.answers["/feed?a=b"] = (200, {}, b"[1]")  # a server that knows nothing of conditions
        assert not (await fetcher.fetch(f"{served.url}/feed?a=b")).is_new
        fetcher.forget(f"{served.url}/feed?a=b")
        assert (await fetcher.fetch(f"{served.url}/feed?a=b")).is_new


async def test_private_addresses_are_not_called_whatever_they_are_called():
    with web() as served:
        port = served.url.rsplit(":", 1)[1]
        for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "0.0.0.0"):  # noqa: S104
            with pytest.raises(InputError, match="source_unfit"):
                await Fetcher().fetch(f"http://{host}:{port}/feed")
        assert served.asked == []


async def test_a_redirect_to_a_private_address_is_not_followed(monkeypatch: pytest.MonkeyPatch):
    with web() as served:
        served.answers["/feed"] = (302, {"Location": "http://10.0.0.1/secret"}, b"")
        for module in (addresses, exchange):
            monkeypatch.setattr(module, "is_public", lambda address: address == "127.0.0.1")
        with pytest.raises(InputError, match="source_unfit"):
            await Fetcher().fetch(f"{served.url}/feed")


async def test_redirects_are_followed_and_not_for_ever():
    with web() as served:
        served.answers["/old"] = (301, {"Location": "/new"}, b"")
        served.answers["/new"] = (200, {}, b"here")
        served.answers["/loop"] = (307, {"Location": "/loop"}, b"")
        served.answers["/odd"] = (302, {"Location": "ftp://somewhere/"}, b"")
        fetcher = Fetcher(is_development=True)
        assert (await fetcher.fetch(f"{served.url}/old")).body == b"here"
        with pytest.raises(RetryableError, match="source_answer"):
            await fetcher.fetch(f"{served.url}/loop")
        with pytest.raises(InputError, match="source_unfit"):
            await fetcher.fetch(f"{served.url}/odd")


@pytest.mark.parametrize(
    "url",
    ["ftp://x.test/", "http://", "feed", "http://a:b@x.test/", "http://x.test/ä", "http://x.test/ a", "http://x:0/"],
)
async def test_what_is_no_address_of_a_source_is_refused(url):
    with pytest.raises(InputError, match="source_unfit"):
        await Fetcher(is_development=True).fetch(url)


async def test_errors_sizes_and_silence_are_failures_that_may_pass(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetch, "MOST_BYTES", 1_000)
    monkeypatch.setattr(fetch, "_WITHIN_S", 0.3)
    with web() as served:
        served.answers["/error"] = (503, {}, b"")
        served.answers["/large"] = (200, {}, b"x" * 100_000)
        served.answers["/cut"] = (200, {"Content-Length": "100"}, b"x")
        served.answers["/never"] = (304, {}, b"")  # nobody asked conditionally
        served.answers["/slow"] = slowly
        fetcher = Fetcher(is_development=True)
        for path, code in (
            ("/error", "source_answer"),
            ("/large", "source_answer"),
            ("/never", "source_answer"),
            ("/cut", "source_unreachable"),
            ("/slow", "source_unreachable"),
        ):
            with pytest.raises(RetryableError, match=code):
                await fetcher.fetch(served.url + path)
    with pytest.raises(RetryableError, match="source_unreachable"):
        await fetcher.fetch(served.url)  # nobody listens any more
    with pytest.raises(RetryableError, match="source_unreachable"):
        await fetcher.fetch("http://no-such-host.invalid/")


def slowly() -> Answer:
    time.sleep(1)
    return 200, {}, b""


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetch, "_MOST_REMEMBERED", 15)
    with web() as served:
        for path in ("/a", "/b"):
            served.answers[path] = (200, {"ETag": path}, b"x" * 10)
        fetcher = Fetcher(is_development=True)
        assert [(await fetcher.fetch(served.url + path)).is_new for path in ("/a", "/b", "/b", "/a")] == [
            True,
            True,
            False,
            True,
        ]
