"""What ingest stores of commands, flexibility and gateways, against a migrated database in its own role."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from db.commands import (
    Answer,
    AnsweredCommand,
    answer_commands,
    due_commands,
    ended_commands,
    listen_for_commands,
    mark_commands_ended,
    mark_commands_sent,
    wait_for_commands,
)
from db.connection import Connection, Role, connect
from db.flexibility import FlexibilityReport, store_flexibility
from db.gateways import GatewayReport, report_gateways
from tests.ingest.registered import Territory, register

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def territory(database_url: str) -> Iterator[Territory]:
    with register(database_url) as made:
        made.add_gateway("gw-0001", 1, ["m-000001"], {"ev-000001": "ev_charger"})
        made.add_gateway("gw-0002", 2, ["m-000002"], {"ev-000002": "ev_charger"})
        yield made


@pytest.fixture
async def connection(database_url: str, territory: Territory) -> AsyncIterator[Connection]:
    del territory
    async with await connect(database_url, Role.INGEST, autocommit=True) as opened:
        yield opened


async def due(connection: Connection, *shards: int, attempts: int = 8) -> list[str]:
    found = await due_commands(connection, shards, now=datetime.now(UTC), attempts=attempts, limit=10)
    return [str(row.command_id) for row in found]


async def test_pending_commands_come_with_their_gateway_and_only_for_the_shards_asked(
    territory: Territory, connection: Connection
):
    command = territory.add_command("ev-000001")
    territory.add_command("ev-000002")
    found = await due_commands(connection, [0, 1], now=datetime.now(UTC), attempts=8, limit=10)
    assert [(str(row.command_id), row.gateway_name, row.shard, row.resource_name) for row in found] == [
        (command, "gw-0001", 1, "ev-000001")
    ]
    assert found[0].dispatch_setpoint_w == [0.0, 3700.0]


async def test_a_sent_command_is_due_again_only_while_it_is_unanswered_and_not_for_ever(
    territory: Territory, connection: Connection
):
    command = territory.add_command("ev-000001")
    await mark_commands_sent(connection, {UUID(command): True}, at=NOW, answer_s=60)
    assert await due(connection, 1, 2) == []
    territory.rows("UPDATE command SET retry_at = now()")
    assert await due(connection, 1, 2) == [command]
    assert await due(connection, 1, 2, attempts=1) == []
    gateway = territory.value("SELECT min(gateway_id) FROM gateway")
    await answer_commands(connection, [Answer(UUID(command), gateway, "accepted", None)], at=NOW)
    assert await due(connection, 1, 2) == []


async def test_what_the_broker_has_taken_without_knowing_a_subscriber_is_sent_and_not_delivered(
    territory: Territory, connection: Connection
):
    unheard, heard = territory.add_command("ev-000001"), territory.add_command("ev-000002")
    await mark_commands_sent(connection, {UUID(unheard): False, UUID(heard): True}, at=NOW, answer_s=10)
    assert territory.rows("SELECT status, sent_at, delivered_at FROM command ORDER BY delivered_at NULLS FIRST") == [
        ("sent", NOW, None),
        ("sent", NOW, NOW),
    ]
    waits = "SELECT round(extract(epoch FROM retry_at - clock_timestamp()))::int FROM command ORDER BY delivered_at"
    assert territory.rows(waits) == [(10,), (10,)]
    await mark_commands_sent(connection, {UUID(unheard): True}, at=NOW + timedelta(seconds=10), answer_s=10)
    assert territory.rows("SELECT sent_at, delivered_at, attempt_count FROM command WHERE attempt_count > 1") == [
        (NOW, NOW + timedelta(seconds=10), 2)
    ]
    assert (20,) in territory.rows(waits)


async def test_open_commands_end_at_their_expiry_or_when_a_later_one_says_the_same_resource_over(
    territory: Territory, connection: Connection
):
    older, newer = territory.add_command("ev-000001"), territory.add_command("ev-000001")
    territory.rows("UPDATE command SET issued_at = issued_at + INTERVAL '1 minute' WHERE command_id = %s", [newer])
    sent, never = territory.add_command("ev-000002", expires_in_s=-60), territory.add_command("ev-000002", -60)
    territory.rows("UPDATE command SET status = 'sent' WHERE command_id = %s", [sent])
    now = datetime.now(UTC)
    ended = await ended_commands(connection, [1, 2], now=now)
    assert {str(command.command_id): command.status for command in ended} == {
        older: "replaced",
        sent: "unanswered",
        never: "expired",
    }
    await mark_commands_ended(connection, ended, at=now)
    assert await ended_commands(connection, [1, 2], now=now) == []
    assert await due(connection, 1, 2) == [newer]
    assert territory.value("SELECT count(*) FROM command WHERE ended_at = %s", [now]) == 3


async def test_a_gateway_offline_for_longer_than_a_command_lives_is_waited_for(
    territory: Territory, connection: Connection
):
    command = territory.add_command("ev-000001")  # it lives for a day and an hour
    territory.rows("UPDATE gateway SET status = 'offline', status_at = now() - INTERVAL '1 hour'")
    assert await due(connection, 1) == [command]
    territory.rows("UPDATE gateway SET status_at = now() - INTERVAL '2 days'")
    assert await due(connection, 1) == []
    territory.rows("UPDATE gateway SET status = 'online', status_at = now()")
    assert await due(connection, 1) == [command]


@pytest.mark.parametrize(("specification", "status", "sends"), [(None, "accepted", False), ("1.1", "withdrawn", True)])
async def test_an_acceptance_that_crosses_a_withdrawal_is_withdrawn_where_the_gateway_knows_how(
    territory: Territory, connection: Connection, specification: str | None, status: str, sends: bool
):
    command = UUID(territory.add_command("ev-000001"))
    territory.rows("UPDATE gateway SET specification = %s", [specification])
    territory.rows("UPDATE command SET start_at = now(), status = 'expired', withdrawn_at = now()")
    gateway = territory.value("SELECT min(gateway_id) FROM gateway")
    await answer_commands(connection, [Answer(command, gateway, "accepted", None)], at=NOW)
    assert territory.rows("SELECT status, answered_at FROM command") == [(status, NOW)]
    assert await due(connection, 1) == [str(command)] * sends
    await answer_commands(connection, [Answer(command, gateway, "withdrawn", None)], at=NOW + timedelta(seconds=5))
    assert await due(connection, 1) == []
    assert territory.rows("SELECT status, answered_at, withdrawal_answered_at FROM command") == [
        ("withdrawn", NOW, NOW + timedelta(seconds=5))
    ]


async def test_an_answer_is_stored_once_and_only_from_the_gateway_that_was_asked(
    territory: Territory, connection: Connection
):
    command, gateway = UUID(territory.add_command("ev-000001")), territory.value("SELECT min(gateway_id) FROM gateway")
    answers = [
        Answer(command, gateway, "accepted", None),
        Answer(command, gateway, "opted_out", "car needed"),
        Answer(command, gateway + 1, "refused", None),
        Answer(uuid4(), gateway, "accepted", None),
    ]
    assert await answer_commands(connection, answers, at=NOW) == {AnsweredCommand(command, gateway)}
    await answer_commands(connection, answers, at=NOW + timedelta(hours=1))
    await mark_commands_sent(connection, {command: True}, at=NOW, answer_s=10)
    assert territory.rows("SELECT status, reason, answered_at, sent_at FROM command") == [
        ("opted_out", "car needed", NOW, NOW)
    ]


async def test_listening_tells_of_commands_and_of_nothing_else(territory: Territory, connection: Connection):
    await listen_for_commands(connection)
    assert not await wait_for_commands(connection, within_s=0.05)
    territory.rows("NOTIFY somel, 'ingest_batch'")
    assert not await wait_for_commands(connection, within_s=0.05)
    territory.add_command("ev-000001")
    assert await wait_for_commands(connection, within_s=5.0)


async def test_the_latest_flexibility_of_a_known_resource_is_kept(territory: Territory, connection: Connection):
    gateway = territory.value("SELECT gateway_id FROM gateway WHERE name = 'gw-0001'")

    def report(resource: str, energy_needed_wh: int) -> FlexibilityReport:
        return FlexibilityReport(gateway, resource, NOW, energy_needed_wh, 7400, NOW, NOW + timedelta(hours=8))

    reports = [report("ev-000001", 9000), report("ev-000002", 1), report("m-000001", 2), report("ev-000001", 12000)]
    assert await store_flexibility(connection, reports) == {0, 3}
    assert await store_flexibility(connection, reports) == {0, 3}
    assert territory.rows("SELECT energy_needed_wh, max_power_w, ready_by FROM flexibility") == [
        (12000, 7400, NOW + timedelta(hours=8))
    ]


async def test_a_resource_that_was_withdrawn_is_no_longer_listened_to(territory: Territory, connection: Connection):
    territory.rows("UPDATE resource SET withdrawn_at = now()")
    gateway = territory.value("SELECT gateway_id FROM gateway WHERE name = 'gw-0001'")
    reports = [FlexibilityReport(gateway, "ev-000001", NOW, 1, 1, NOW, NOW + timedelta(hours=1))]
    assert await store_flexibility(connection, reports) == set()


async def test_a_gateway_report_changes_what_it_says_and_leaves_the_rest(territory: Territory, connection: Connection):
    gateway = territory.value("SELECT gateway_id FROM gateway WHERE name = 'gw-0001'")
    await report_gateways(
        connection,
        [
            GatewayReport(gateway, "online"),
            GatewayReport(gateway, firmware_version="1.2", specification="1.1", hardware="somel-g1"),
            GatewayReport(gateway, "offline"),
        ],
        at=NOW,
    )
    await report_gateways(connection, [GatewayReport(gateway, firmware_version="1.3")], at=NOW + timedelta(hours=1))
    assert territory.rows("SELECT status, status_at, firmware_version FROM gateway ORDER BY gateway_id") == [
        ("offline", NOW, "1.3"),
        ("unknown", None, None),
    ]
    assert territory.rows("SELECT specification, hardware FROM gateway ORDER BY gateway_id") == [
        ("1.1", "somel-g1"),
        (None, None),
    ]
    assert territory.rows("SELECT status, cause FROM gateway_change ORDER BY gateway_change_id") == [
        ("online", "said"),
        ("offline", "lost"),
    ]
