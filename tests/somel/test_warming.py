"""Kernels are compiled once, in processes of their own."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from grid.kernels.warm import FORECASTING, PARTS
from somel.cli import app
from somel.warming import INGEST, compile_part, compiled, parts


def test_every_part_can_be_asked_for():
    assert parts() == [*PARTS, INGEST]
    assert set(FORECASTING) < set(PARTS)


@pytest.mark.parametrize("part", ["sums", INGEST])
def test_a_part_is_compiled_or_found_compiled(part: str):
    assert compile_part(part) > 0.0


def test_what_was_compiled_from_the_same_sources_is_not_looked_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("somel.warming._mark", lambda: tmp_path / "mark")
    (tmp_path / "mark").touch()
    assert list(compiled()) == []


def test_the_command_tells_of_each_part_and_is_quiet_about_what_was_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("somel.warming.compiled", lambda **_: iter([("sums", 12.3), ("ingest", 0.4)]))
    told = CliRunner().invoke(app, ["warm", "--jobs", "2"])
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "kernels: sums ready after 12 s (1 of 8)",
        "kernels: ingest ready after 0 s (2 of 8)",
    ]
    assert CliRunner().invoke(app, ["warm", "--quiet"]).stdout.splitlines() == [told.stdout.splitlines()[0]]
    assert CliRunner().invoke(app, ["warm", "--jobs", "0"]).exit_code == 2
