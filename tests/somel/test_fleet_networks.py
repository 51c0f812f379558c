"""Networks of a simulated fleet, from the command that writes them to the usage points that hang in them."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import ConfigurationError
from core.settings import Settings
from db.connection import Role, connect
from db.network import supplied_points_of
from db.territory import load_communes, read_commune_facts, register_network
from somel.cli import app
from somel.fleet import build
from tests.conftest import missing


def typed(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["network", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_simulated_networks_are_written_and_imported_by_the_folder(
    settings: Settings, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", "mqtt://127.0.0.1:1")
    try:
        fleet = build(settings, usage_points=100, seed=3)
    except ConfigurationError as error:
        missing(settings, error.message)

    async def registered() -> None:
        async with await connect(database_url, Role.OWNER) as connection:
            await load_communes(connection, read_commune_facts())
            await register_network(connection, fleet.network)

    asyncio.run(registered())
    folder = tmp_path / "networks"
    assert typed("simulate", str(folder), "--usage-points", "100", "--seed", "3").startswith("2 networks in ")
    said = typed("import", str(folder)).splitlines()
    assert [line.partition(":")[0] for line in said] == ["PT-00001", "PT-00002"]

    async def placed() -> list[tuple[str | None, str | None]]:
        async with await connect(database_url, Role.READ) as connection:
            cursor = await connection.execute("SELECT place_id FROM power_transformer")
            places = [place for (place,) in await cursor.fetchall()]
            return [(point.node, point.phase) for point in await supplied_points_of(connection, places)]

    found = asyncio.run(placed())
    assert len(found) == 100
    assert all(node and phase in {"a", "b", "c", "abc"} for node, phase in found)
    assert len({node for node, _ in found}) == 100
    typed("import", str(folder), "--transformer", "PT-00001", code=2)
    typed("import", str(folder / "PT-00001.json.gz"), code=2)
    (tmp_path / "empty").mkdir()
    assert "holds no network" in str(CliRunner().invoke(app, ["network", "import", str(tmp_path / "empty")]).exception)
