"""A fuzzer that reads the whole document of Enjoy finds no answer whose fault is ours."""

import asyncio
import json
from pathlib import Path

import pytest

from core.settings import Settings, read_settings
from tests.api.enjoy.conftest import Callers
from tests.api.enjoy.test_datasets import AT, VELO
from tests.api.serving import served
from tests.enjoy.stations import bike
from tests.support.judges import environment


@pytest.mark.slow(60)
@pytest.mark.timeout(150)
@pytest.mark.parametrize(("who", "phases"), [("ilevia", "examples,fuzzing"), ("stranger", "examples")])
async def test_no_fault_of_ours_is_found(
    settings: Settings, callers: Callers, tmp_path: Path, who: str, phases: str
) -> None:
    python = environment("schemathesis", settings)
    await callers.ilevia.post("/v1/datasets", json=VELO | {"name": "velo-stations", "openness": "open"})
    await callers.ilevia.post("/v1/datasets/velo-stations/records", json=[bike("A", AT, 7)])
    described = (await callers.stranger.get("/openapi.json")).json()
    for path in [path for path in described["paths"] if path.endswith("/events")]:
        del described["paths"][path]  # a stream does not end; it has tests of its own
    (tmp_path / "enjoy.json").write_text(json.dumps(described))
    header = getattr(callers, who).headers.get("Authorization")
    quota = {"enjoy_stranger_quota": 0, "enjoy_key_quota": 0, "enjoy_sign_in_quota": 60}
    async with served(read_settings(api_port=0, **quota), callers.url) as address:
        process = await asyncio.create_subprocess_exec(
            *(str(python.parent / "st"), "run", str(tmp_path / "enjoy.json"), "--url", f"{address}/enjoy"),
            *(("--header", f"Authorization: {header}") if header else ()),
            *("--checks", "not_a_server_error", "--phases", phases, "--seed", "1", "--no-color"),
            *("--max-examples", "2", "--max-time", "40"),
            *("--generation-database", "none", "--warnings", "off"),
            stdout=-1,
            stderr=-2,
            cwd=tmp_path,
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-20_000:]
    print(said.decode())  # what was tried, for who reads the log
