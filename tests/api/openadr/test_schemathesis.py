"""A fuzzer that reads the specification finds no answer that it does not name, and none that says the fault is ours."""

import asyncio
import json
from pathlib import Path

import pytest

from api.openadr.app import PREFIX
from core.settings import Settings, read_settings
from tests.api.openadr.conftest import Vtn
from tests.api.openadr.specification import specification
from tests.api.serving import served
from tests.support.judges import environment

_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"
)


@pytest.mark.slow(50)
@pytest.mark.parametrize(
    ("role", "phases"), [("bl", "examples,coverage"), ("bl", "fuzzing"), ("ven", "examples,fuzzing")]
)
async def test_no_fault_and_no_answer_beyond_the_specification(
    settings: Settings, vtn: Vtn, tmp_path: Path, role: str, phases: str
) -> None:
    python = environment("schemathesis", settings)
    (tmp_path / "openadr.json").write_text(json.dumps(specification(settings), default=str))
    async with (
        served(read_settings(api_port=0, openadr_development=True), vtn.url) as address,
        vtn.party(role) as party,
    ):
        process = await asyncio.create_subprocess_exec(
            *(str(python.parent / "st"), "run", str(tmp_path / "openadr.json"), "--url", address + PREFIX),
            *("--header", f"Authorization: {party.http.headers['Authorization']}", "--checks", _CHECKS),
            *("--phases", phases, "--max-time", "12", "--seed", "1", "--no-color"),
            *("--generation-database", "none", "--warnings", "off"),
            stdout=-1,
            stderr=-2,
            cwd=tmp_path,
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-20_000:]
