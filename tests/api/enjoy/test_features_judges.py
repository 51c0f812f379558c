"""Programs that others wrote read every collection as they are, and find what SQL finds."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from core.settings import Settings
from db.connection import Role, connect
from tests.api.conftest import settings_at
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.judged import MINUTES, STATIONS, publish_bikes, publish_parks
from tests.api.serving import served
from tests.enjoy.test_publishing import NOW
from tests.support.judges import environment, node_environment

_HERE = Path(__file__).parent
_BOX = [3.005, 50.595, 3.035, 50.625]
_TITLES = {"velo.v1": "Velo", "parks.v1": "Parks"}
_FIELDS = {"velo.v1": ["at", "bikes", "charge", "open", "station"], "parks.v1": ["opened", "park", "places"]}


@asynccontextmanager
async def enjoyed(callers: Callers, *, parks: bool = True) -> AsyncIterator[str]:
    """Publish bicycles and car parks and serve them; give the address of the landing page."""
    await publish_bikes(callers)
    if parks:
        await publish_parks(callers)
        await publish_parks(callers, "secret", "private")
    async with served(settings_at(NOW), callers.url) as address:
        yield f"{address}/enjoy/ogc"


async def said(command: Sequence[str], given: Any = None, **environ: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=-1, stdout=-1, stderr=-1, env={**os.environ, **environ}
    )
    out, wrong = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, out.decode() + wrong.decode()
    return out.decode()


async def counted(callers: Callers, condition: str = "true") -> int:
    async with await connect(callers.url, Role.OWNER) as connection:
        query = sql.SQL("SELECT count(*) FROM record.d1 WHERE {}").format(sql.SQL(condition))
        row = await (await connection.execute(query)).fetchone()
        assert row is not None
        number: int = row[0]
        return number


IN_BOX = "ST_Intersects(_geometry, ST_MakeEnvelope(3.005, 50.595, 3.035, 50.625, 4326))"


@pytest.mark.slow(15)
async def test_ogctests_passes_every_one_of_its_tests(settings: Settings, callers: Callers, tmp_path: Path):
    python = environment("ogctests", settings)
    script = "import sys; from ogctests.main import run_ogctests as run; sys.exit(run(*sys.argv[1:3], sys.argv[3:]))"
    # features without a geometry are no features to its schema, though GeoJSON has them
    async with enjoyed(callers, parks=False) as url:
        flags = ["-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
        told = await said([str(python), "-c", script, "features/core", url, *flags])
    assert "29 passed" in told, told
    assert "failed" not in told


@pytest.mark.slow(15)
async def test_gdal_reads_every_collection_as_sql_does(settings: Settings, callers: Callers):
    python = environment("pyogrio", settings)
    async with enjoyed(callers) as url:
        given = {"url": url, "box": _BOX, "paged": "velo.v1"}
        found = json.loads(await said([str(python), str(_HERE / "judge_pyogrio.py")], given))
    everything = await counted(callers)
    assert everything == STATIONS * MINUTES
    assert found.pop("where") == await counted(callers, "bikes > 15 AND station <> 'S001'")
    assert found.pop("by_its_bare_name") == everything
    assert found.pop("point") == [3.0, 50.6]
    assert "S000" in found.pop("first")
    assert {name: one.pop("fields") for name, one in found.items()} == {
        name: sorted(["id", *fields]) for name, fields in _FIELDS.items()
    }
    assert 'AUTHORITY["OGC","CRS84"]' in found["velo.v1"].pop("crs")
    assert found["parks.v1"].pop("crs") == "EPSG:4326"  # which it says of what is nowhere
    assert found == {
        "velo.v1": {
            "count": everything,
            "read": everything,
            "paged": everything,
            "in_box": await counted(callers, IN_BOX),
            "geometries": everything,
        },
        "parks.v1": {"count": 12, "read": 12, "paged": 12, "in_box": 0, "geometries": 0},
    }


@pytest.mark.slow(10)
async def test_owslib_reads_every_collection_as_sql_does(settings: Settings, callers: Callers):
    python = environment("owslib", settings)
    async with enjoyed(callers) as url:
        given = {"url": url, "box": _BOX}
        found = json.loads(await said([str(python), str(_HERE / "judge_owslib.py")], given))
    matched = {"velo.v1": await counted(callers), "parks.v1": 12}
    boxed = {"velo.v1": await counted(callers, IN_BOX), "parks.v1": 0}
    assert found.pop("filtered") == await counted(callers, "bikes > 15")
    assert found.pop("newest") == "2026-01-01T00:29:00Z"
    assert found.pop("conformance") > 10
    assert found.pop("paths") is True
    assert found == {
        name: {
            "title": title,
            "count": min(1000, matched[name]),
            "matched": matched[name],
            "in_box": boxed[name],
            "second": True,
            "again": True,
            "queryables": sorted([*_FIELDS[name], *(["geometry"] if name == "velo.v1" else [])]),
            "schema": sorted([*_FIELDS[name], *(["geometry"] if name == "velo.v1" else [])]),
        }
        for name, title in _TITLES.items()
    }


@pytest.mark.slow(10)
async def test_the_client_of_the_metropolis_catalogue_reads_every_collection(settings: Settings, callers: Callers):
    node, folder = node_environment("ogc-client", settings)
    async with enjoyed(callers) as url:
        found = json.loads(await said([node, str(_HERE / "judge_ogc_client.mjs"), str(folder), url]))
    everything = await counted(callers)
    assert found.pop("title") == "Enjoy"
    assert found.pop("hasFeatures") is True
    assert found["collections"] == {
        name: {
            "title": title,
            "formats": ["application/geo+json", "text/csv", "text/html"],
            "queryables": sorted([*_FIELDS[name], *(["geometry"] if name == "velo.v1" else [])]),
            "read": {"velo.v1": everything, "parks.v1": 12}[name],
            "again": True,
            "three": 3,
        }
        for name, title in _TITLES.items()
    }
