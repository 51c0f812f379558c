"""Commands: obeyed as the specification says, answered once and for all."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from simulators.evenings import FlexibleLoad
from simulators.flexible import draw_flexible
from simulators.orders import Orders, Temper
from simulators.store_load import StoreLoad
from simulators.stores import StoreShares, draw_stores

SPECIFICATION = Path(__file__).resolve().parents[2] / "firmware_specs"
INDEX = json.loads((SPECIFICATION / "vectors/index.json").read_text())
DOWN = [v for v in INDEX["vectors"] if v["direction"] == "down" and v["topic"].endswith("/command")]
SCHEMA = json.loads((SPECIFICATION / "schemas/answer.schema.json").read_text())
#: The golden commands hold at noon, when no simulated device draws; the same commands this much later do matter.
LATER_S = 6 * 3600
COMMAND: dict[str, Any] = {
    "command": "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c11",
    "resource": "ev-000001",
    "issued_at": 1_780_336_800,
    "expires_at": 1_780_338_600,
    "start": 1_780_338_600,
    "step_s": 1800,
    "dispatch_setpoint_w": [0, 1000],
}
NOW_S = 1_780_336_800


def _orders(temper: Temper | None = None) -> Orders:
    load = FlexibleLoad(draw_flexible(np.arange(100), seed=1))
    stores = StoreLoad(draw_stores(np.arange(1), np.zeros(1, dtype=np.bool_), 1, StoreShares(battery_ratio=1.0)))
    names = ["ev-000001", *(f"wh-{index:06d}" for index in range(1, len(load.flexible))), *stores.stores.names]
    obliging = Temper(opt_out_ratio=0.0)
    return Orders(load, {name: index for index, name in enumerate(names)}, temper or obliging, stores)


def _take(orders: Orders, command: dict[str, Any], now_s: int = NOW_S) -> dict[str, object]:
    answer = orders.take(json.dumps(command).encode(), frozenset({"ev-000001", "bat-000001"}), now_s)
    assert answer is not None
    jsonschema.validate(answer, SCHEMA)
    return answer


@pytest.mark.parametrize("vector", DOWN, ids=[vector["name"] for vector in DOWN])
def test_a_golden_command_is_answered_and_obeyed_as_it_says(vector: dict[str, Any]) -> None:
    command = json.loads((SPECIFICATION / "vectors" / vector["file"]).read_text())
    for name in {"issued_at", "expires_at", "start", "at"} & command.keys():
        command[name] += LATER_S
    orders = _orders()
    answer = _take(orders, command, INDEX["context"]["clock"] + LATER_S)
    assert answer["status"] == vector["expected"]["answer"]
    index = orders.names.index(command["resource"]) if command["resource"] in orders.names else 0
    for at_s, told_w in vector["expected"]["limits_w"]:
        assert orders.told_w(index, at_s + LATER_S) == (float("inf") if told_w is None else told_w)


def test_a_battery_is_free_again_when_its_command_is_withdrawn() -> None:
    orders, index = _orders(), _orders().names.index("bat-000001")
    followed = COMMAND | {"resource": "bat-000001", "dispatch_setpoint_w": [-2000, 2000], "follow": True}
    assert _take(orders, followed)["status"] == "accepted"
    assert [orders.told_w(index, COMMAND["start"] + after_s) for after_s in (0, 1800)] == [-2000, 2000]
    begun_s = COMMAND["start"] + 600
    withdrawal = {"withdraw": COMMAND["command"], "resource": "bat-000001", "at": begun_s}
    assert _take(orders, withdrawal, begun_s)["status"] == "withdrawn"
    assert orders.told_w(index, begun_s - 60) == -2000, "what has been given cannot be changed"
    assert orders.told_w(index, begun_s) == float("inf")


def test_there_are_golden_commands() -> None:
    assert {vector["expected"]["answer"] for vector in DOWN} == {"accepted", "expired", "refused", "withdrawn"}


def _withdraw(orders: Orders, now_s: int) -> dict[str, object]:
    return _take(orders, {"withdraw": COMMAND["command"], "resource": "ev-000001", "at": now_s}, now_s)


def test_a_withdrawn_command_no_longer_holds_and_is_answered_withdrawn_from_then_on() -> None:
    orders = _orders()
    assert _take(orders, COMMAND)["status"] == "accepted"
    assert orders._load.limit_w(0, COMMAND["start"]) == 0
    begun_s = COMMAND["start"] + 600
    answer = _withdraw(orders, begun_s)
    assert (answer["status"], answer["command"]) == ("withdrawn", COMMAND["command"])
    assert orders._load.limit_w(0, begun_s - 60) == 0, "what has been drawn cannot be changed"
    assert orders._load.limit_w(0, begun_s) == float("inf")
    assert orders._load.limit_w(0, COMMAND["start"] + 1800) == float("inf")
    assert _withdraw(orders, begun_s + 10)["status"] == "withdrawn"
    assert _take(orders, COMMAND, begun_s + 20)["status"] == "withdrawn"
    assert orders._load.limit_w(0, COMMAND["start"] + 1800) == float("inf")


def test_a_withdrawal_that_overtakes_its_command_stops_it() -> None:
    orders = _orders()
    assert _withdraw(orders, NOW_S)["status"] == "withdrawn"
    assert _take(orders, COMMAND)["status"] == "withdrawn"
    assert orders._load.limit_w(0, COMMAND["start"]) == float("inf")


def test_an_older_command_that_comes_after_a_later_one_is_refused() -> None:
    orders = _orders()
    newer = COMMAND | {"command": "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c12", "dispatch_setpoint_w": [5000]}
    _take(orders, newer | {"issued_at": COMMAND["issued_at"] + 1})
    assert _take(orders, COMMAND)["status"] == "refused"
    assert orders._load.limit_w(0, COMMAND["start"]) == 5000


def test_a_command_delivered_again_gets_the_same_answer_and_is_not_put_into_force_again() -> None:
    orders = _orders()
    first = _take(orders, COMMAND)
    newer = COMMAND | {"command": "3f0c8a52-6a0e-4c1e-9d5b-0d6f7a2b9c12", "dispatch_setpoint_w": [5000]}
    _take(orders, newer, NOW_S + 60)
    assert _take(orders, COMMAND, NOW_S + 120) == first
    assert orders._load.limit_w(0, COMMAND["start"]) == 5000


@pytest.mark.parametrize(
    "change",
    [
        {"step_s": 1000},
        {"start": 1_780_338_601},
        {"dispatch_setpoint_w": [-1]},
        {"dispatch_setpoint_w": []},
        {"dispatch_setpoint_w": ["much"]},
        {"resource": "wh-000002"},
    ],
)
def test_a_command_that_cannot_be_obeyed_is_refused_with_a_reason(change: dict[str, Any]) -> None:
    orders = _orders()
    answer = _take(orders, COMMAND | change)
    assert answer["status"] == "refused"
    assert answer["reason"]
    assert orders._load.limit_w(0, COMMAND["start"]) == float("inf")


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"text"', b'{"resource": "ev-000001"}', b"\xff"])
def test_what_is_no_command_is_not_answered(payload: bytes) -> None:
    assert _orders().take(payload, frozenset({"ev-000001"}), NOW_S) is None


def test_a_command_of_the_past_does_not_change_what_was_published() -> None:
    orders = _orders()
    payload = json.dumps(COMMAND | {"start": 1_780_335_000, "dispatch_setpoint_w": [0, 0, 0]}).encode()
    orders.take(payload, frozenset({"ev-000001"}), NOW_S, in_force_s=NOW_S + 90)
    assert orders._load.limit_w(0, NOW_S + 60) == float("inf")
    assert orders._load.limit_w(0, NOW_S + 120) == 0


def test_owners_opt_out_as_often_as_they_are_said_to() -> None:
    orders = _orders(Temper(opt_out_ratio=0.25))
    statuses = []
    for number in range(400):
        at_s = NOW_S + number * 86_400
        times = {"issued_at": at_s, "start": at_s, "expires_at": at_s + 3_600}
        said = []
        for again in range(2):  # an owner does not change the mind in an evening
            command = COMMAND | times | {"command": f"3f0c8a52-6a0e-4c1e-9d5b-{2 * number + again:012x}"}
            answer = orders.take(json.dumps(command).encode(), frozenset({"ev-000001"}), at_s)
            said.append(answer["status"] if answer else None)
        assert said[0] == said[1]
        statuses.append(said[0])
    assert 60 <= statuses.count("opted_out") <= 140
    assert set(statuses) == {"accepted", "opted_out"}


def test_a_dead_device_neither_answers_nor_obeys() -> None:
    orders = _orders(Temper(opt_out_ratio=0.0, dead_ratio=1.0))
    assert orders.take(json.dumps(COMMAND).encode(), frozenset({"ev-000001"}), NOW_S) is None
    assert orders._load.limit_w(0, COMMAND["start"]) == float("inf")
