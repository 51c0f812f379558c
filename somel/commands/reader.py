"""``somel reader``: a reader of passes at a door, which works with no connection."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from enjoy.reader.offline import Reader

app = typer.Typer(
    no_args_is_help=True,
    help="A reader of passes at a door: fetches rules while there is a connection, and judges without one.",
    epilog="Exit codes of check: 0 the last code was admitted, 4 it was not; others as everywhere.",
)

_NOT_ADMITTED: Final = 4
Folder = Annotated[
    Path, typer.Option("--folder", envvar="SOMEL_READER_FOLDER", help="Where the reader keeps what it needs")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line")]
_FOLDER: Final = Path("reader")


@app.command()
def pair(
    url: Annotated[str, typer.Argument(help="Address of Enjoy, such as https://data.example.org/enjoy")],
    secret: Annotated[
        str, typer.Argument(help="Secret of the reader, shown when it was made; - reads it from the input")
    ],
    folder: Folder = _FOLDER,
) -> None:
    """Make a folder that of a reader, and fetch all that it needs."""
    from enjoy.reader.offline import Reader
    from somel import reader_calls as calls

    server = calls.Server(url, sys.stdin.readline().strip() if secret == "-" else secret)  # noqa: S105 - a sign
    with Reader(folder) as reader:
        asyncio.run(calls.pair(reader, server, now=datetime.now(UTC)))
        bundle = reader.bundle
        typer.echo(f"{bundle.reader}: {bundle.service_title}, {bundle.venue_title}; {len(bundle.rules)} rules")


@app.command()
def sync(folder: Folder = _FOLDER) -> None:
    """Fetch the rules and the list of passes that are revoked, and compare the clock with the server's."""
    from somel import reader_calls as calls

    with _opened(folder) as reader:
        done = asyncio.run(calls.sync(reader, now=datetime.now(UTC)))
        typer.echo(f"up to date; the clock is {done.ahead_s:+.0f} s from the server's")


@app.command()
def check(
    code: Annotated[str | None, typer.Argument(help="Text of a code; left out: one a line from the input")] = None,
    folder: Folder = _FOLDER,
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Have the server judge; takes serials of cards as well")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say of each code whether to open: in green or in red, with the reason."""
    with _opened(folder) as reader:
        is_admitted = True
        for text in _codes(code):
            told = _checked(reader, text, online=online)
            is_admitted = bool(told["admitted"])
            _say(told, as_json=as_json)
    if not is_admitted:
        raise typer.Exit(_NOT_ADMITTED)


@app.command()
def upload(folder: Folder = _FOLDER, *, as_json: AsJson = False) -> None:
    """Tell the server what the reader did alone; told twice, it is stored once."""
    from somel import reader_calls as calls

    with _opened(folder) as reader:
        told = asyncio.run(calls.upload(reader))
    if as_json:
        facts = {"stored": told.stored, "known": told.known, "flagged": told.flagged, "refused": told.refused}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{told.stored} stored, {told.known} known before, {told.flagged} flagged")
        for one in told.refused:
            typer.echo(f"not taken: {one['nonce']} {one['code']}", err=True)
    if told.refused:
        raise typer.Exit(3)


@app.command()
def log(
    folder: Folder = _FOLDER,
    *,
    last: Annotated[int, typer.Option("--last", min=1, help="So many")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the last scans, the newest first."""
    with _opened(folder) as reader:
        for entry in reader.journal.last(last):
            _say(_told_of(entry), as_json=as_json)


@app.command()
def status(folder: Folder = _FOLDER, *, as_json: AsJson = False) -> None:
    """Say where the reader stands, how old its list is, and whether it admits anybody now."""
    with _opened(folder) as reader:
        facts = _status(reader, datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            typer.echo(f"{name.replace('_', ' '):<20} {'-' if value is None else value}")
    if facts["trouble"] is not None:
        raise typer.Exit(_NOT_ADMITTED)


def _opened(folder: Path) -> "Reader":
    from enjoy.reader.offline import Reader

    return Reader.paired(folder)


def _codes(code: str | None) -> Iterator[str]:
    """Yield the codes to check: the one that was given, or one a line as scanners type them."""
    if code is not None:
        yield code
        return
    for line in sys.stdin:
        if text := line.strip():
            yield text


def _checked(reader: "Reader", text: str, *, online: bool) -> dict[str, Any]:
    from somel import reader_calls as calls

    now = datetime.now(UTC)
    if online:
        return {"at": now.isoformat(timespec="seconds"), **asyncio.run(calls.ask(reader, text, now=now))}
    return _told_of(reader.check(text, now).entry)


def _told_of(entry: Any) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(timespec="seconds"),
        "admitted": entry.reason == "admitted",
        "reason": str(entry.reason),
        "price_class": entry.price_class,
        "nonce": str(entry.nonce),
    }


def _say(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told))
        return
    is_admitted = bool(told["admitted"])
    what = f"OPEN  {told['price_class']}" if is_admitted else f"NO    {told['reason']}"
    is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    colour = (typer.colors.GREEN if is_admitted else typer.colors.RED) if is_coloured else None
    typer.secho(f"{told['at']}  {what}", fg=colour)


def _status(reader: "Reader", now: datetime) -> dict[str, Any]:
    bundle, listed, sync = reader.bundle, reader.status_list, reader.last_sync
    trouble = reader.trouble(now)
    return {
        "reader": bundle.reader,
        "service": bundle.service,
        "venue": bundle.venue,
        "rules": len(bundle.rules),
        "bundle_until": bundle.valid_until.isoformat(),
        "list_version": None if listed is None else listed.version,
        "list_age_s": None if listed is None else round(listed.age(now).total_seconds()),
        "list_stale_after_s": bundle.stale_after_s,
        "clock_ahead_s": None if sync is None else round(sync.ahead_s),
        "not_told": reader.journal.count_untold(),
        "trouble": None if trouble is None else str(trouble),
    }
