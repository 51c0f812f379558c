"""Run the benchmarks and write their table: ``python -m benchmarks [NAME …]``, or ``make bench``."""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
README = FOLDER / "README.md"
START, END = "<!-- generated: results -->\n", "<!-- end -->"


def names() -> list[str]:
    """Return the names of all benchmarks."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_"))


def figures(name: str) -> dict[str, object]:
    """Run one benchmark and return the object on its last line."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json"]
    done = subprocess.run(command, cwd=FOLDER.parent, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def single(found: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Yield figures one by one: those of an object as ``name.key``."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", part) for key, part in value.items())
        else:
            yield name, value


def table(results: dict[str, dict[str, object]]) -> str:
    """Return the results as a Markdown table."""
    rows = [
        f"| {name} | `{figure}` | {value:.4g} |" if isinstance(value, float) else f"| {name} | `{figure}` | {value} |"
        for name, found in results.items()
        for figure, value in single(found)
    ]
    machine = f"{platform.machine()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    return "\n".join([f"One run each on {machine}.", "", "| script | figure | value |", "|---|---|---|", *rows]) + "\n"


def main() -> int:
    """Run the benchmarks named, or all; write the table when all were run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *names()], help="which; all when none is named")
    chosen = parser.parse_args().name or names()
    results = {name: figures(name) for name in chosen}
    print(table(results))
    if chosen == names():
        text = README.read_text()
        head, tail = text[: text.index(START) + len(START)], text[text.index(END) :]
        README.write_text(head + table(results) + tail)
    return 0


if __name__ == "__main__":
    sys.exit(main())
