"""Keep the documentation honest: ``python -m tests.support.documentation [--write]`` checks (or writes) it."""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

from core.errors import PlatformError
from core.registers import REGISTERS
from core.settings import PREFIX, Settings
from ingest.decode.senml import SENML_UNITS, USUAL_REGISTERS
from ingest.decode.tic_labels import TIC_LABELS
from somel.cli import app

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"`(?:\.venv/bin/)?somel ((?:[a-z]+ ?)+)")
MAKE_TARGET = re.compile(r"`make ([a-z-]+)")
GENERATED = re.compile(r"(<!-- generated: (settings|registers|errors|tic|senml) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return every Markdown page of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split()]


def broken_links(page: Path) -> Iterator[str]:
    """Yield links of a page that lead to no file."""
    for target in LINK.findall(page.read_text()):
        if "://" not in target and not (page.parent / target).exists():
            yield f"{page.relative_to(ROOT)}: link to {target}, which is not there"


def unknown_commands(page: Path) -> Iterator[str]:
    """Yield mentions of ``somel`` commands and ``make`` targets that do not exist."""
    root = get_command(app)
    known = set(getattr(root, "commands", {}))
    for words in COMMAND.findall(page.read_text()):
        if words.split()[0] not in known:
            yield f"{page.relative_to(ROOT)}: there is no `somel {words.strip()}`"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in MAKE_TARGET.findall(page.read_text()):
        if target not in targets:
            yield f"{page.relative_to(ROOT)}: there is no `make {target}`"


def settings_table() -> str:
    """Return the table of all settings."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {field.description} | {_default(field.get_default())} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| setting | what it is | default |", "|---|---|---|", *rows]) + "\n"


def registers_table() -> str:
    """Return the table of all registers."""
    rows = [
        f"| {register.register_id} | `{register.name}` | {register.obis} | {register.unit} | {register.kind} |"
        for register in REGISTERS
    ]
    return "\n".join(["| id | name | OBIS | unit | kind |", "|---|---|---|---|---|", *rows]) + "\n"


def errors_table() -> str:
    """Return the table of error classes, what they mean and the exit code they give."""
    rows = [
        f"| `{kind.__name__}` | {(kind.__doc__ or '').splitlines()[0]} | {kind.exit_code} |" for kind in error_classes()
    ]
    return "\n".join(["| class | who must act | exit code |", "|---|---|---|", *rows]) + "\n"


def error_classes(root: type[PlatformError] = PlatformError) -> list[type[PlatformError]]:
    """Return the error classes of the platform, parents first."""
    return [root, *(kind for child in root.__subclasses__() for kind in error_classes(child))]


def tic_table() -> str:
    """Return the table of the labels of Linky meters."""
    rows = [
        f"| {known.mode} | `{known.label}` | {'yes' if known.has_horodate else ''} | "
        f"{f'`{known.pattern.pattern.decode()}`' if known.pattern.pattern else 'none'} | "
        f"{f'`{known.register.name}`' if known.register else f'*{known.fate}*'} |"
        for known in TIC_LABELS
    ]
    return "\n".join(["| mode | label | horodate | data | becomes |", "|---|---|---|---|---|", *rows]) + "\n"


def senml_table() -> str:
    """Return the table of SenML's units."""
    rows = [
        f"| {name} | {own} | {factor:g} | {f'`{USUAL_REGISTERS[own]}`' if own in USUAL_REGISTERS else ''} |"
        for name, (own, factor) in SENML_UNITS.items()
    ]
    head = ["| SenML | stored in | times | usual register |", "|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


TABLES = {
    "settings": settings_table,
    "registers": registers_table,
    "errors": errors_table,
    "tic": tic_table,
    "senml": senml_table,
}


def with_tables(text: str) -> str:
    """Return a page's text with its generated tables made anew."""
    return GENERATED.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], text)


def stale_tables(page: Path) -> Iterator[str]:
    """Yield pages whose generated tables are not what the code says."""
    text = page.read_text()
    if with_tables(text) != text:
        yield f"{page.relative_to(ROOT)}: a generated table is stale; `python -m tests.support.documentation --write`"


def faults() -> list[str]:
    """Return everything that is wrong with the documentation."""
    checks = (broken_links, unknown_commands, stale_tables)
    return [fault for page in pages() for check in checks for fault in check(page)]


def main() -> int:
    """Check the documentation, or write its generated tables; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the generated tables")
    if parser.parse_args().write:
        for page in pages():
            page.write_text(with_tables(page.read_text()))
    found = faults()
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or "documentation: in order\n")
    return 1 if found else 0


def _default(value: object) -> str:
    return "–" if value is None else f"`{value}`"


if __name__ == "__main__":
    sys.exit(main())
