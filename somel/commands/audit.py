"""``somel audit``: what was done, by whom, and whether anybody changed the record of it."""

import asyncio
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import InputError
from core.settings import read_settings
from somel.progress import progress_bars
from somel.servers import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from db.audit import AuditEntry
    from db.connection import Connection

app = typer.Typer(no_args_is_help=True, help="What was done, by whom, and whether anybody changed the record of it.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON")]


@app.command()
def verify(
    *,
    anchor: Annotated[
        list[str] | None,
        typer.Option("--anchor", help="number:hash of an entry, kept elsewhere; may be repeated"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the chain of hashes from its first entry on.

    Exit codes: 0 the chain is whole, 1 it is broken: the first entry that is wrong is named, 5 the database is away.
    """
    from db.audit_chain import read_anchor, verify_chain

    anchors = dict(read_anchor(text) for text in anchor or [])
    with progress_bars() as bars:
        verdict = _run(
            lambda connection: verify_chain(
                connection, anchors=anchors, report=lambda done, total: bars("audit entries", done, total)
            )
        )
    fault = verdict.fault
    if as_json:
        facts = {"verified": verdict.verified, "hash": verdict.head.hash.hex(), "whole": fault is None}
        facts |= {} if fault is None else {"entry": fault.number, "kind": fault.kind, "message": fault.message}
        typer.echo(json.dumps(facts))
    elif fault is None:
        typer.echo(f"{verdict.verified} entries, whole; head {_anchor(verdict.head.number, verdict.head.hash)}")
    else:
        typer.echo(f"broken at entry {fault.number}: {fault.message} [{fault.kind}]; {verdict.verified} before it hold")
    raise typer.Exit(0 if fault is None else 1)


@app.command()
def head(*, as_json: AsJson = False) -> None:
    """Print number and hash of the last entry, to be kept elsewhere and given to `verify --anchor`."""
    from db.audit import audit_head

    end = _run(audit_head)
    shown = {"number": end.number, "hash": end.hash.hex()}
    typer.echo(json.dumps(shown) if as_json else _anchor(end.number, end.hash))


@app.command("list")
def list_entries(
    *,
    actor: Annotated[str | None, typer.Option("--actor", help="Only by this actor, such as token/control-room")] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="Only this action, such as event.approved, or its noun alone")
    ] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Only to this subject, such as event/<id>")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Only done then or later: 2026-01-15T12:00:00Z")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only done before then")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most entries to show")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
) -> None:
    """List what was done, the newest first."""
    from db.audit import WantedEntries, newest_entries

    wanted = WantedEntries(actor, action, subject, _instant(since), _instant(until))
    entries: list[AuditEntry] = _run(lambda connection: newest_entries(connection, wanted, limit=limit))
    for entry in entries:
        content = json.loads(entry.content)
        if as_json:
            kept = {"recorded_at": entry.recorded_at.isoformat(), "hash": entry.hash.hex()}
            typer.echo(json.dumps({"number": entry.number, **content, **kept}))
            continue
        facts = " ".join(f"{name}={json.dumps(value)}" for name, value in content["facts"].items())
        when = f"{entry.at:%Y-%m-%d %H:%M:%S}Z"
        typer.echo(f"{entry.number:>8}  {when}  {entry.actor}  {entry.action}  {entry.subject}  {facts}".rstrip())
    if not entries and not as_json:
        typer.echo("nothing was recorded")


def _anchor(number: int, digest: bytes) -> str:
    return f"{number}:{digest.hex()}"


def _instant(text: str | None) -> datetime | None:
    from core.slots import require_aware

    try:
        return None if text is None else require_aware(datetime.fromisoformat(text))
    except ValueError as error:
        raise InputError("filter_not_readable", f"Not a time: {text}.") from error


def _run(work: "Callable[[Connection], Coroutine[Any, Any, Any]]") -> Any:
    from db.connection import Role, connect

    async def connected() -> Any:
        async with await connect(servers(read_settings()).database_url, Role.READ) as connection:
            return await work(connection)

    return asyncio.run(connected())
