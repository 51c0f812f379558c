"""What became of notifications, as an operator sees it at the command line, and has them tried again."""

import json

import pytest
from typer.testing import CliRunner

from somel.cli import app
from tests.api.webhooks.vtn import opened


def typed(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["openadr", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_notifications_that_were_given_up_are_seen_and_tried_again(database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    with opened(database_url) as vtn:
        vtn.client("bl", "bl")
        vtn.subscribe("bl", "https://example.org/hook")
        vtn.rows(
            "INSERT INTO openadr_callback (subscription_id, callback_url, failure_count, retry_at) "
            "SELECT object_id, 'https://example.org/hook', 9, 'infinity' FROM openadr_object"
        )
        assert "no such notifications" in typed("deliveries")
        vtn.rows(
            "INSERT INTO openadr_delivery (openadr_callback_id, openadr_change_id, notification, status, ended_at, "
            "attempt_count, answer) SELECT openadr_callback_id, number, "
            "%s, 'failed', now(), 12, 'status 500' FROM openadr_callback, generate_series(1, 3) AS number",
            [json.dumps({"objectType": "EVENT", "operation": "UPDATE", "object": {"id": "e"}})],
        )
        assert "no such notifications" in typed("deliveries", "--pending")
        failed = [json.loads(line) for line in typed("deliveries", "--failed", "--json").splitlines()]
        assert [one["openadr_delivery_id"] for one in failed] == [3, 2, 1]
        assert (failed[0]["object_id"], failed[0]["client_id"], failed[0]["answer"]) == ("e", "bl", "status 500")
        assert "EVENT UPDATE" in typed("deliveries", "-n", "1")
        assert "1 notifications" in typed("retry", "2")
        assert "2 notifications" in typed("retry")
        assert "0 notifications" in typed("retry")
        assert "0 attempts: status 500" in typed("deliveries", "--pending")
        assert vtn.rows("SELECT failure_count, retry_at FROM openadr_callback") == [(0, None)]
        assert vtn.value("SELECT count(*) FROM audit_entry WHERE action = 'openadr_delivery.retried'") == 2
