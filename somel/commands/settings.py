"""``somel settings``: what is set, and where it comes from."""

import json
import os
import tomllib
from typing import Annotated

import typer

from core.settings import PREFIX, Settings, read_settings, settings_file


def show(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object")] = False) -> None:
    """Print every setting, its value and its source; secrets are hidden."""
    values = read_settings().model_dump(mode="json")  # a secret dumps as asterisks
    sources = {name: source_of(name) for name in values}
    if as_json:
        typer.echo(json.dumps({name: {"value": values[name], "source": sources[name]} for name in values}))
        return
    typer.echo(f"# file: {settings_file()}{'' if settings_file().exists() else ' (not there)'}")
    for name, field in Settings.model_fields.items():
        typer.echo(f"{name:<24} {values[name]!s:<36} {sources[name]:<12} {field.description}")


def source_of(name: str) -> str:
    """Return where the value of a setting comes from: environment, file or default."""
    if PREFIX + name.upper() in os.environ:
        return "environment"
    file = settings_file()
    return "file" if file.exists() and name in tomllib.loads(file.read_text()) else "default"
