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


def rows_of(name: str, found: dict[str, object]) -> list[str]:
    """Return the figures of a benchmark as rows of a Markdown table, with the day on which they were seen."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return [
        f"| {name} | `{figure}` | {f'{value:.4g}' if isinstance(value, float) else value} | {day} |"
        for figure, value in single(found)
    ]


def rows_before(text: str) -> dict[str, list[str]]:
    """Return the rows of a table by the benchmarks that they are of."""
    rows: dict[str, list[str]] = {}
    for line in text.splitlines():
        if " | `" in line:
            rows.setdefault(line.split(" | ")[0].removeprefix("| "), []).append(line)
    return rows


def table(rows: dict[str, list[str]]) -> str:
    """Return a Markdown table, in the order of the benchmarks."""
    title = f"One run each on {platform.machine()}, Python {platform.python_version()}."
    lines = [line for name in sorted(rows) for line in rows[name]]
    return "\n".join([title, "", "| script | figure | value | seen on |", "|---|---|---|---|", *lines]) + "\n"


def main() -> int:
    """Run the benchmarks named, or all; write what was found into the table, beside what others found before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *names()], help="which; all when none is named")
    chosen = parser.parse_args().name or names()
    for name in chosen:
        rows = rows_of(name, figures(name))
        print("\n".join(rows))
        text = README.read_text()
        start, end = text.index(START) + len(START), text.index(END)
        before = {other: kept for other, kept in rows_before(text[start:end]).items() if other in names()}
        README.write_text(text[:start] + table({**before, name: rows}) + text[end:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
