"""Webhooks are told of every change that their organisation may read, signed, until they take it or are given up."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.enjoy.telling import telling
from core.settings import Settings, read_settings
from outward.callbacks import callbacks
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.api.webhooks.subscriber import Heard, Subscriber, certificate_for, obliging, said, subscriber
from tests.api.webhooks.test_delivery import stumbling
from tests.db.village import ask
from tests.enjoy.stations import bike
from tests.ingest.running import ROOT, until
from tests.support.judges import environment

pytestmark = pytest.mark.timeout(120)


@contextlib.asynccontextmanager
async def at_work(url: str, **settings: Any) -> AsyncIterator[None]:
    known: dict[str, Any] = {"enjoy_development": True, "enjoy_webhook_wait_s": 0.05, **settings}
    async with telling(read_settings(**known), database_url=url):
        yield


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let webhooks be on the loopback, as `SOMEL_ENJOY_DEVELOPMENT` does."""
    monkeypatch.setattr("api.enjoy.routes.webhooks.callbacks", lambda **_: callbacks(is_development=True))


def hook(server: Subscriber, path: str = "/", **more: object) -> dict[str, object]:
    return {"url": f"http://localhost:{server.port}{path}", "datasets": ["velo"], **more}


def statuses(url: str) -> dict[str, int]:
    return dict(ask(url, "SELECT status, count(*)::integer FROM catalogue.webhook_delivery GROUP BY status"))


def judged(settings: Settings, secret: str, heard: Heard) -> dict[str, str]:
    """Return what the library of Standard Webhooks says of a delivery."""
    program = environment("standardwebhooks", settings)
    delivery = {"secret": secret, "body": heard.body.decode(), "headers": heard.headers}
    judge = Path(__file__).parent / "judge_standardwebhooks.py"
    done = subprocess.run([program, judge], input=json.dumps(delivery), capture_output=True, text=True, check=True)
    verdict: dict[str, str] = json.loads(done.stdout)
    return verdict


async def test_a_change_is_told_and_the_library_of_standard_webhooks_believes_it(
    callers: Callers, near: None, settings: Settings
):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber() as server:
        made = await callers.reader.post("/v1/webhooks", json=hook(server))
        assert made.status_code == 201, made.text
        first, number = made.json()["secret"], made.json()["webhook_id"]
        assert first not in (await callers.reader.get("/v1/webhooks")).text
        async with at_work(callers.url):
            await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 7)])
            await until(lambda: len(server.heard) == 1)
            second = (await callers.reader.post(f"/v1/webhooks/{number}/secret", json={"overlap_h": 1})).json()[
                "secret"
            ]
            await callers.ilevia.request("DELETE", "/v1/datasets/velo/records", json=[{"station": "A", "at": AT}])
            await until(lambda: len(server.heard) == 2)
            third = (await callers.reader.post(f"/v1/webhooks/{number}/secret", json={"overlap_h": 0})).json()["secret"]
            await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 7)])
            await until(lambda: len(server.heard) == 3)
    changed, deleted, again = server.heard
    assert changed.headers["content-type"] == "application/cloudevents+json"
    event = changed.notification
    assert (event["type"], event["data"]["records"][0]["bikes"]) == ("somel.enjoy.records.changed", 7)
    assert deleted.notification["type"] == "somel.enjoy.records.deleted"
    assert judged(settings, first, changed) == {"verified": "velo/1"}
    assert judged(settings, first, deleted) == judged(settings, second, deleted) == {"verified": "velo/2"}
    assert "refused" in judged(settings, second, again)
    assert judged(settings, third, again) == {"verified": "velo/3"}
    forged = Heard(changed.method, changed.path, changed.headers, changed.body.replace(b'"bikes": 7', b'"bikes": 8'))
    assert "refused" in judged(settings, first, forged)


async def test_it_is_told_what_its_organisation_may_read_and_no_longer_than_it_may(callers: Callers, near: None):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber(said(503)) as server:
        refused = await callers.lille.post("/v1/webhooks", json=hook(server))
        assert (refused.status_code, refused.json()["code"]) == (404, "dataset_unknown")
        assert (await callers.stranger.post("/v1/webhooks", json=hook(server))).status_code == 401
        await callers.ilevia.put("/v1/datasets/velo/shares/lille")
        number = (await callers.lille.post("/v1/webhooks", json=hook(server))).json()["webhook_id"]
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 7)])
        async with at_work(callers.url):
            await until(lambda: len(server.heard) >= 1)
            await callers.ilevia.delete("/v1/datasets/velo/shares/lille")
            await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, 8)])
            await until(lambda: statuses(callers.url) == {"failed": 1})
            server.reply, count = obliging, len(server.heard)
            await asyncio.sleep(0.3)
        assert len(server.heard) == count, "what was written afterwards was never queued"
    (dead,) = (await callers.lille.get(f"/v1/webhooks/{number}/deliveries?status=failed")).json()["items"]
    assert ("may not be read" in dead["answer"], "data" in dead["body"]) == (True, False)
    for method, path in (
        ("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/deliveries/retry"), ("POST", "/secret"),
    ):  # fmt: skip
        other = await callers.ilevia.request(method, f"/v1/webhooks/{number}{path}", json={"overlap_h": 0})
        assert (other.status_code, other.json()["code"]) == (404, "webhook_unknown"), (method, path)


async def hooked(callers: Callers, server: Subscriber) -> str:
    """Have a server called, and return the path of its webhook."""
    number = (await callers.ilevia.post("/v1/webhooks", json=hook(server))).json()["webhook_id"]
    return f"/v1/webhooks/{number}"


async def written(callers: Callers, *bikes: int) -> None:
    """Write a change for each number of bicycles."""
    for count in bikes:
        await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, count)])


async def test_who_fails_is_tried_again_and_given_up_and_called_again_when_asked(callers: Callers, near: None):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber(said(500)) as broken, subscriber() as good:
        path = await hooked(callers, broken)
        await hooked(callers, good)
        await written(callers, 0, 1, 2)
        async with at_work(callers.url, enjoy_webhook_attempts=2):
            await until(lambda: statuses(callers.url) == {"delivered": 3, "failed": 3})
        assert [one.notification["data"]["number"] for one in good.heard] == [1, 2, 3]
        assert len(broken.heard) == 6
        broken.reply = obliging
        broken.heard.clear()
        dead = (await callers.ilevia.get(f"{path}/deliveries?status=failed&limit=2")).json()
        assert ([one["answer"] for one in dead["items"]], dead["next"] is not None) == (["status 500"] * 2, True)
        last = dead["items"][0]["webhook_delivery_id"]
        assert (await callers.ilevia.post(f"{path}/deliveries/{last}/retry")).json() == {"count": 1}
        async with at_work(callers.url):
            await until(lambda: statuses(callers.url) == {"delivered": 4, "failed": 2})
        assert [one.notification["data"]["number"] for one in broken.heard] == [3]


async def test_who_says_that_it_is_gone_is_called_again_once_it_is_declared_anew(callers: Callers, near: None):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber(said(410)) as gone:
        path = await hooked(callers, gone)
        await written(callers, 0, 1, 2)
        async with at_work(callers.url):
            await until(lambda: statuses(callers.url) == {"failed": 3})
        assert len(gone.heard) == 1
        ended = (await callers.ilevia.get(path)).json()
        assert (ended["disabled_reason"], ended["pending_count"]) == ("gone", 0)
        disabled = await callers.ilevia.post(f"{path}/deliveries/retry")
        assert (disabled.status_code, disabled.json()["code"]) == (409, "webhook_disabled")
        gone.reply = obliging
        gone.heard.clear()
        assert (await callers.ilevia.put(path, json=hook(gone))).json()["disabled_at"] is None
        assert (await callers.ilevia.post(f"{path}/deliveries/retry")).json() == {"count": 3}
        async with at_work(callers.url):
            await until(lambda: statuses(callers.url) == {"delivered": 3})
        assert [one.notification["data"]["number"] for one in gone.heard] == [1, 2, 3]


async def test_who_only_fails_is_disabled_in_the_end_and_may_be_removed(callers: Callers, near: None):
    def failing() -> bool:
        query = "SELECT count(*) FROM catalogue.webhook WHERE disabled_reason = 'failing'"
        return bool(ask(callers.url, query)[0][0])

    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber(said(500)) as broken, subscriber() as good:
        path = await hooked(callers, broken)
        await hooked(callers, good)
        await written(callers, 9)
        async with at_work(callers.url, enjoy_webhook_disable_s=0.01):
            await until(failing)
        assert (await callers.ilevia.delete(path)).status_code == 204
        assert len((await callers.ilevia.get("/v1/webhooks")).json()) == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/", "callback_unfit"),
        ("https://127.0.0.1/hook", "callback_not_public"),
        ("https://169.254.169.254/latest", "callback_not_public"),
        ("https://[::1]/", "callback_not_public"),
        ("https://nobody.invalid/", "callback_unproven"),
    ],
)
async def test_a_webhook_that_leads_inward_is_refused(callers: Callers, url: str, code: str):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    answer = await callers.ilevia.post("/v1/webhooks", json={"url": url, "datasets": ["velo"]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_sandbox_tries_a_webhook_and_makes_none(callers: Callers, near: None):
    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber() as server:
        assert (await callers.sandbox.post("/v1/webhooks", json=hook(server))).status_code == 201
    assert (await callers.ilevia.get("/v1/webhooks")).json() == []


@contextlib.contextmanager
def api_process(url: str, certificate: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m api`` until the end of the block at the latest."""
    settings = {
        "SOMEL_DATABASE_URL": url,
        "SOMEL_API_PORT": "0",
        "SOMEL_ENJOY_DEVELOPMENT": "true",
        "SOMEL_ENJOY_WEBHOOK_WAIT_S": "0.05",
        "SSL_CERT_FILE": str(certificate),
    }
    started = subprocess.Popen([sys.executable, "-m", "api"], cwd=ROOT, env=os.environ | settings, stderr=-3)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@pytest.mark.slow(25)
async def test_events_survive_kill_9_in_their_order(callers: Callers, near: None, tmp_path: Path):
    certificate, taken = certificate_for(tmp_path, "localhost"), list[Heard]()
    await callers.ilevia.post("/v1/datasets", json=VELO)
    with subscriber(stumbling(taken, every=7), certificate=certificate) as server:
        wanted = hook(server) | {"url": f"https://localhost:{server.port}/"}
        assert (await callers.ilevia.post("/v1/webhooks", json=wanted)).status_code == 201
        for bikes in range(40):
            await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, bikes)])
        with api_process(callers.url, certificate) as process:
            await until(lambda: len(taken) >= 15)
            process.kill()  # while it delivers
        for bikes in range(40, 50):  # while nobody is there
            await callers.ilevia.post("/v1/datasets/velo/records", json=[bike("A", AT, bikes)])
        with api_process(callers.url, certificate):
            await until(lambda: statuses(callers.url) == {"delivered": 50})
    numbers = [one.notification["data"]["number"] for one in taken]
    assert list(dict.fromkeys(numbers)) == list(range(1, 51)), "all are there, and new ones in their order"
    assert numbers == sorted(numbers)
    assert len(numbers) <= 51, "only what a kill interrupted comes again"
