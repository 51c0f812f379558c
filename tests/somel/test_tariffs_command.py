"""``somel tariffs import`` as an operator types it, and prices, relays and bills as a plan reads them afterwards."""

import asyncio
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from core.errors import InputError
from core.slots import local_day
from core.tariff_calendar import Calendar
from db.connection import Role, connect
from db.tariffs import read_calendar
from grid.demand_response.tariffs import TariffSlots, bill_change_eur, read_tariff_slots
from somel.cli import app
from somel.tariff_file import read_tariff_file
from tests.grid.town import build_town

#: A Thursday in winter.
DAY = date(2026, 1, 15)
PRICES = """tariff,period,valid_from,price_eur_per_mwh,source
base,base,2026-01-01,200,our list
off_peak,peak,2026-01-01,220,our list
off_peak,off_peak,2026-01-01,160,our list
tempo,blue_peak,2026-01-01,150,our list
tempo,blue_off_peak,2026-01-01,130,our list
tempo,white_peak,2026-01-01,180,our list
tempo,white_off_peak,2026-01-01,140,our list
tempo,red_peak,2026-01-01,700,our list
tempo,red_off_peak,2026-01-01,150,our list
tempo,green_peak,2026-01-01,1,our list
solar,base,2026-01-01,1,our list
base,base,yesterday,200,our list
base,base,2026-01-01,nan,our list
"""


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tariffs", "import", *arguments], catch_exceptions=False)


async def tariffs_of(url: str) -> tuple[TariffSlots, Calendar]:
    """Return the tariffs of four usage points over a local day: base, off-peak, Tempo, and off-peak again."""
    async with await connect(url, Role.COMPUTE) as connection:
        found = await read_tariff_slots(connection, [1, 2, 3, 2], start_at=local_day(DAY)[0], slots=48)
        nobody = await read_tariff_slots(connection, [], start_at=local_day(DAY)[0], slots=48)
        assert nobody.relay_ratio.shape == (0, 48)
        return found, await read_calendar(connection)


async def make_town(url: str) -> str:
    await build_town(url)
    async with await connect(url, Role.OWNER) as connection:
        await connection.execute("UPDATE usage_point SET tariff = 'off_peak' WHERE usage_point_id = 2")
        await connection.execute("UPDATE usage_point SET tariff = 'tempo' WHERE usage_point_id = 3")
        cursor = await connection.execute("SELECT usage_point_key FROM usage_point WHERE usage_point_id = 2")
        return str((await cursor.fetchall())[0][0])


def test_files_of_tariffs_are_stored_line_by_line_and_read_by_plans(
    database_url, services, monkeypatch, tmp_path: Path
):
    monkeypatch.setenv("SOMEL_DATABASE_URL", database_url)
    monkeypatch.setenv("SOMEL_MQTT_URL", services.mqtt_url)
    key = asyncio.run(make_town(database_url))
    days, prices, hours = (tmp_path / name for name in ("tempo.json", "prices.csv", "hours.csv"))
    prices.write_text(PRICES)
    hours.write_text(
        f"usage_point_key,starts_at,ends_at\n{key},22:30,06:00\n{key},05:30,07:00\n{key},12:00,12:30\n"
        f"{key},soon,07:00\n00000000-0000-0000-0000-000000000009,01:00,02:00\n"
    )
    announced = {"2026-01-14": "red", "2026-01-17": "red", "2026-01-18": "white", "today": "blue"}
    days.write_text(json.dumps([{"tariff": "tempo", "day": day, "color": color} for day, color in announced.items()]))

    dry = typed(str(prices), "--dry-run", "--json")
    codes = {"day_invalid": 1, "period_unknown": 1, "price_invalid": 1, "tariff_unknown": 1}
    assert json.loads(dry.stdout) == {"taken": 9, "refused": 4, "dry_run": True, "codes": codes}
    assert np.isnan(asyncio.run(tariffs_of(database_url))[0].high_eur_per_mwh).all()

    assert "9 lines stored" in typed(str(prices)).stdout
    done = typed(str(days))
    assert done.exit_code == 3
    assert "line 2: color_not_allowed\n  line 3: color_not_allowed\n  line 4: day_invalid" in done.stdout
    done = typed(str(hours))
    assert "2 lines stored" in done.stdout
    for said in ("line 2: windows_overlap", "line 4: hours_invalid", "usage_point_unknown"):
        assert said in done.stdout

    plans_read_what_was_stored(*asyncio.run(tariffs_of(database_url)))


def plans_read_what_was_stored(found: TariffSlots, calendar: Calendar) -> None:
    """Check prices and relays of four usage points: base, off-peak, Tempo, and off-peak again."""
    assert calendar.color == {("tempo", date(2026, 1, 14)): "red"}
    low, high = found.low_eur_per_mwh, found.high_eur_per_mwh
    assert set(high[0]) == {200.0}
    assert high[1].tolist() == [160.0] * 12 + [220.0] * 12 + [160.0] + [220.0] * 20 + [160.0] * 3
    assert (high[1] == high[3]).all()
    # Until 06:00 it is still Wednesday, which is red; Thursday is not announced, and may be blue or red.
    assert (low[2, :12].tolist(), high[2, :12].tolist()) == ([150.0] * 12, [150.0] * 12)
    assert (low[2, 12], high[2, 12]) == (150.0, 700.0)
    assert found.relay_ratio.sum(axis=1).tolist() == [48.0, 16.0, 16.0, 16.0]

    before, after = np.zeros((4, 48)), np.zeros((4, 48))
    before[:, 36], after[:, 2] = 2_000.0, 2_000.0  # from 18:00 to 01:00
    change = bill_change_eur(before, after, found)
    assert change == pytest.approx([0.0, -0.06, 0.0, -0.06])  # Tempo: no colour makes it dearer than at 150 EUR/MWh


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "[1, 2]", "{"])
def test_a_file_of_something_else_is_refused_as_a_whole(tmp_path: Path, text: str):
    for name in ("file.json", "file.csv"):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match="tariff_file_unreadable"):
            read_tariff_file(tmp_path / name, Calendar())
