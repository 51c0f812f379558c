"""A plan is checked on the networks that are known: what it does to voltages and loadings is stored with names."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from typer.testing import CliRunner

from core.errors import ConflictError, InputError, NotFoundError
from db.audit import WantedEntries, newest_entries
from db.connection import Role, connect
from db.network import SuppliedPoint, checks_of_event, supplied_points_of, violations_of_event
from grid.demand_response.plan import plan_event
from grid.network.checking import check_plan
from grid.network.comparison import NetworkLimits, compare
from grid.network.importing import import_network
from grid.network.loads import CheckRules, loads_va, rest_w
from grid.network.pandapower_file import read_network
from somel.cli import app
from tests.grid.demand_response.evening import EVENT_STARTS, NOON, OPENS, add_chargers, draft, forecast_flat
from tests.grid.network.grids import save, village
from tests.grid.town import build_town


def test_the_rest_of_the_load_is_spread_by_subscribed_power_with_reactive_power_by_category():
    points = [
        SuppliedPoint(number, uuid4(), 1, va, category, None, None)
        for number, (va, category) in enumerate([(6_000, "residential"), (18_000, "business")])
    ]
    rest = rest_w(np.array([8_000.0, 1_000.0, -4_000.0]), np.array([4_000.0, 3_000.0, 0.0]))
    assert rest.tolist() == [4_000.0, 0.0, -4_000.0]
    devices = np.array([[1_000.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    found = loads_va(points, rest, devices, CheckRules(power_factor={"residential": 1.0, "business": 0.8}))
    np.testing.assert_allclose(found.real, [[2_000.0, 0.0, -1_000.0], [3_000.0, 0.0, -3_000.0]])
    np.testing.assert_allclose(found.imag, [[0.0, 0.0, 0.0], [2_250.0, 0.0, 0.0]])


def test_a_violation_names_element_slot_value_and_limit(tmp_path):
    network = replace(read_network(save(tmp_path, village()))[0], source_pu=0.95)  # its taps lift that by five percent
    bus, three = np.array([4, 6]), np.array([3, 3])
    calm, wild = np.zeros((2, 3), complex), np.array([[0.0, 90e3, -90e3], [0.0, 0.0, 1e9]]) + 0j
    found = compare(network, bus, three, calm, wild, NetworkLimits(0.1, 0.8))
    assert {one.stage for one in found.violations} == {"after"}
    by_kind = {(one.kind, one.element, one.slot): one for one in found.violations}
    low = by_kind["undervoltage", "LV 4", 1]
    assert low.limit_ratio == 0.9
    assert low.value_ratio == pytest.approx(found.after.voltage_pu[0, 1])
    assert (by_kind["line_overload", "D", 1].value_ratio or 0.0) > 0.8
    assert by_kind["unsolved", "T", 2].value_ratio is None
    assert found.after.converged.tolist() == [True, True, False]
    up = compare(network, bus, three, calm[:, :1], np.array([[-120e3], [0.0]]) + 0j).violations
    assert ("overvoltage", "LV 4") in {(one.kind, one.element) for one in up}
    # The same power on one phase alone: that phase sags, and another is lifted by the common return.
    apart = compare(network, bus, np.array([1, 3]), calm, np.array([[12e3] * 3, [0.0] * 3]) + 0j)
    assert apart.supply[:3] == ("LV 4, phase a", "LV 4, phase b", "LV 4, phase c")
    sagging = apart.after.voltage_pu[:3, 0] - apart.before.voltage_pu[:3, 0]
    assert sagging[1] < -0.02
    assert sagging.max() > 0.005
    isolated = village()
    isolated["trafo"] = {"_object": isolated["trafo"]["_object"].replace("Dyn5", "Yyn0")}
    with pytest.raises(InputError, match="vector group"):
        compare(read_network(save(tmp_path, isolated))[0], bus, np.array([1, 3]), calm, calm)


async def test_a_plan_is_checked_where_the_network_is_known_and_elsewhere_the_transformer_alone(
    database_url: str, tmp_path
):
    town = await build_town(database_url, rated_va=30_000)
    await forecast_flat(database_url, town, {"T1": 24_000.0, "T2": 24_000.0})
    for code in ("T1", "T2"):
        await add_chargers(database_url, town, code)
    file = save(tmp_path, village(shunt={}))
    async with await connect(database_url, Role.COMPUTE) as connection:
        imported = await import_network(connection, file, "T1", now=NOON)
        assert (imported.nodes, imported.lines, imported.usage_points) == (6, 5, 3)
        again = await import_network(connection, file, "T1", now=NOON, single_phase_va=0)
        assert (again.nodes, again.single_phase) == (6, 0)
        entries = await newest_entries(connection, WantedEntries(), limit=10)
        assert [entry.action for entry in entries][:1] == ["network.imported"] or not entries
        event = await draft(connection, town.place["F1"])
        with pytest.raises(ConflictError, match="event_started"):
            await check_plan(connection, event.event_id, NOON + timedelta(days=3))
        await plan_event(connection, event_id=event.event_id, now=NOON)
        checks = await check_plan(connection, event.event_id, NOON)
        assert checks == await checks_of_event(connection, event.event_id)
        known, unknown = checks
        assert (known.power_transformer_code, known.modelled, unknown.modelled) == ("T1", True, False)
        # What leaves the event comes back later, up to the limit, so that the deepest voltage is that of the return.
        low = [known.lowest_after_ratio or 0.0, known.lowest_before_ratio or 0.0, known.highest_before_ratio or 0.0]
        assert 0.0 < low[0] < low[1] < low[2]
        assert (known.line_after_ratio or 0.0) > (known.line_before_ratio or 9.0)
        assert unknown.lowest_before_ratio is None
        # 24 kW are forecast, chargers included; the plan fills the transformer up to 0.95 of its 30 kVA.
        assert unknown.transformer_before_ratio == pytest.approx(24 / 0.97 / 30)
        assert unknown.transformer_after_ratio == pytest.approx(28.5 / 0.97 / 30, rel=1e-3)
        violations = await violations_of_event(connection, event.event_id)
        assert {one.kind for one in violations} <= {"overvoltage"}
        strict = await check_plan(connection, event.event_id, NOON, rules=CheckRules(NetworkLimits(0.001, 0.01)))
        assert [one.modelled for one in strict] == [True, False]
        found = await violations_of_event(connection, event.event_id)
        assert {one.kind for one in found} >= {"line_overload", "transformer_overload", "overvoltage"}
        assert min(one.slot_start_at for one in found) >= NOON
        assert OPENS < EVENT_STARTS


async def test_points_go_where_a_file_says_and_what_is_not_there_is_refused(database_url: str, tmp_path):
    town = await build_town(database_url)
    file = save(tmp_path, village(shunt={}))
    points = tmp_path / "points.csv"
    async with await connect(database_url, Role.COMPUTE) as connection:
        supplied = await supplied_points_of(connection, [town.place["T1"]])
        rows = [f"{point.usage_point_key},LV {number + 2},{phase}" for number, (point, phase) in
                enumerate(zip(supplied, ("a", "abc", "c"), strict=True))]  # fmt: skip
        points.write_text("\n".join(["usage_point,bus,phase", *rows]))
        found = await import_network(connection, file, "T1", now=NOON, points=points)
        assert (found.usage_points, found.single_phase) == (3, 2)
        stored = await supplied_points_of(connection, [town.place["T1"]])
        assert [(point.node, point.phase) for point in stored] == [("LV 2", "a"), ("LV 3", "abc"), ("LV 4", "c")]
        for wrong in (
            "nobody,LV 2,a",
            f"{supplied[0].usage_point_key},LV 7,a",
            rows[0].replace(",a", ",d"),
            "\n".join(rows[:1] * 2),
        ):
            points.write_text(f"usage_point,bus,phase\n{wrong}\n")
            with pytest.raises(InputError) as refused:
                await import_network(connection, file, "T1", now=NOON, points=points)
            assert refused.value.code == "network_points"
        points.write_text("a,b\n1,2\n")
        with pytest.raises(InputError, match="columns"):
            await import_network(connection, file, "T1", now=NOON, points=points)
        with pytest.raises(NotFoundError):
            await import_network(connection, file, "T9", now=NOON)
        for change, code in (
            ({"trafo": {"_object": village()["trafo"]["_object"].replace("true", "false")}}, "network_transformers"),
            ({"load": {}}, "network_loads"),
            ({}, "network_shunts"),
        ):
            tables = village(**change) if code == "network_shunts" else village(shunt={}, **change)
            with pytest.raises(InputError) as refused:
                await import_network(connection, save(tmp_path, tables), "T1", now=NOON)
            assert refused.value.code == code


def test_an_operator_imports_a_network_and_checks_an_event(database_url: str, tmp_path, monkeypatch):
    town = asyncio.run(build_town(database_url))
    asyncio.run(forecast_flat(database_url, town, {"T1": 24_000.0}))
    asyncio.run(add_chargers(database_url, town, "T1"))
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    monkeypatch.setenv("SOMEL_CLOCK_WALL_ORIGIN", datetime.now(UTC).isoformat())
    monkeypatch.setenv("SOMEL_CLOCK_REPLAY_ORIGIN", NOON.isoformat())

    async def drafted():
        async with await connect(database_url, Role.COMPUTE) as connection:
            return str((await draft(connection, town.place["T1"])).event_id)

    event_id = asyncio.run(drafted())

    def typed(*arguments):
        result = CliRunner().invoke(app, ["network", *arguments], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    assert "not modelled" in typed("check", "--event", event_id)
    said = typed("import", str(save(tmp_path, village(shunt={}))), "--transformer", "T1")
    assert said.startswith("T1: 6 nodes, 5 lines, 3 usage points, 3 of them single-phase")
    assert "T1: voltage 0." in typed("check", "--event", event_id)
    first = json.loads(typed("check", "--event", event_id, "--json").splitlines()[0])
    assert (first["modelled"], first["power_transformer_code"]) == (True, "T1")
