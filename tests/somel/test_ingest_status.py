"""``somel ingest status``: what is there, what is not, and nothing at all."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from core.errors import RetryableError
from somel.cli import app
from somel.embedded.broker import Broker
from tests.ingest.conftest import broker, compiled  # noqa: F401 - fixtures: on a shared one others' retained messages are refused
from tests.ingest.peer import Peer
from tests.ingest.registered import Territory
from tests.ingest.running import process
from tests.ingest.test_workers import owners, publish_to_all, stored, territory, wait_for  # noqa: F401 - a fixture


@pytest.fixture
def status(database_url: str, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", broker.url())

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["ingest", "status", *arguments], catch_exceptions=False)

    return typed


def test_an_installation_where_nothing_ever_ran_says_so(status):
    shown = status()
    assert shown.exit_code == 0
    assert "No worker has run yet: start one with `somel ingest`." in shown.output
    assert "last commit: none yet" in shown.output
    assert "silent gateways: none" in shown.output
    told = json.loads(status("--json").output)
    assert (told["workers"], told["totals"]["received"], told["identity_holds"]) == ([], 0, True)
    assert told["shards_without_worker"] == [0, 1, 2, 3]


def test_workers_counts_refusals_and_silent_gateways_are_shown_and_stay_when_the_worker_has_gone(
    status,
    broker: Broker,  # noqa: F811
    database_url: str,
    territory: Territory,  # noqa: F811
):
    with Peer("peer-status", broker.port) as peer, process(database_url, broker) as running:
        wait_for(lambda: sorted(owners(territory)) == [-1, 0, 1, 2, 3])
        publish_to_all(peer, 0)
        peer.publish("somel/v1/1/gw-0001/batch", b"{")
        wait_for(lambda: stored(territory) == 4)
        wait_for(lambda: territory.value("SELECT count(*) FROM refused_message") == 1)
        told = json.loads(status("--json").output)
        shown = status("--silent-after", "0.01").output
        wait_for(lambda: territory.value("SELECT count(*) FROM gateway_delivery") == 4)  # a second after the batches
        assert running.poll() is None
    worker = told["workers"][0]
    assert (worker["is_alive"], worker["shards"], worker["pid"]) == (True, [-1, 0, 1, 2, 3], running.pid)
    settled = {name: told["totals"][name] for name in ("stored", "duplicate", "revised", "refused", "in_flight")}
    assert settled == {"stored": 4, "duplicate": 0, "revised": 0, "refused": 1, "in_flight": 0}
    assert told["totals"]["received"] == 5
    assert told["broker_holds_messages"] is not None
    assert told["refused_last_hour"] == [{"code": "payload_malformed", "message_count": 1, "refused_count": 1}]
    assert told["last_commit_age_s"] < 60
    assert "0, 1, 2, 3, strays, sums" in shown
    assert "received 5 = 4 stored + 0 duplicate + 0 revised + 1 refused + 0 in flight" in shown
    wait_for(lambda: owners(territory) == {})
    territory.rows("UPDATE gateway_delivery SET heard_at = heard_at - INTERVAL '2 hours' WHERE gateway_id = 1")
    later = status().output
    assert "No worker runs" in later
    assert "silent gateways: 1: gw-0002" in later
    assert "gone" in later


def test_without_a_database_the_exit_code_is_that_of_try_later(monkeypatch: pytest.MonkeyPatch, state):
    monkeypatch.setenv("SOMEL_DATABASE_URL", "postgresql://somel@127.0.0.1:1/somel")
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    with pytest.raises(RetryableError) as error:
        CliRunner().invoke(app, ["ingest", "status"], catch_exceptions=False)
    assert error.value.exit_code == 5
    monkeypatch.delenv("SOMEL_DATABASE_URL")
    monkeypatch.delenv("SOMEL_MQTT_URL")
    with pytest.raises(RetryableError, match="services up"):
        CliRunner().invoke(app, ["ingest", "status"], catch_exceptions=False)
