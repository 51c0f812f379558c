"""``somel vee``: can the readings be believed (validation, estimation, editing)."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from core.errors import InputError
from core.settings import read_settings
from somel.progress import progress_bars
from somel.servers import servers

if TYPE_CHECKING:
    from db.connection import Connection, Role
    from db.vee_reports import Wanted

app = typer.Typer(no_args_is_help=True, help="Can the readings be believed: findings, gaps, estimates, limits.")

UsagePoint = Annotated[str | None, typer.Option("--usage-point", help="Only this usage point, by its pseudonym")]
Commune = Annotated[str | None, typer.Option("--commune", help="Only this commune, by its INSEE code")]
Day = Annotated[str | None, typer.Option("--day", help="Only this local day, YYYY-MM-DD")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Most rows to show")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line")]


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Tell how far validation has come and what stands."""
    from db.vee_reports import read_summary

    facts = asdict(_run(read_summary))
    if as_json:
        typer.echo(json.dumps(facts, default=str))
        return
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):<20} {'–' if value is None else value}")


@app.command()
def findings(
    *,
    usage_point: UsagePoint = None,
    commune: Commune = None,
    day: Day = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule; see `somel vee rules`")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that later data healed")] = False,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List what the rules found, newest first."""
    from db.vee_reports import read_findings
    from ingest.vee.rules import NAMES

    if rule is not None and rule not in NAMES:
        raise InputError("rule_unknown", f"There is no rule {rule!r}; there are {', '.join(NAMES)}.", rule=rule)
    wanted = _wanted(usage_point, commune, day)
    rows = _run(lambda connection: read_findings(connection, wanted, limit=limit, rule=rule, cleared=everything))
    columns = ("day", "commune", "usage_point_key", "register_name", "rule", "severity", "start_at", "figure", "bound")
    _show([asdict(row) for row in rows], columns, as_json=as_json, nothing="nothing was found")


@app.command()
def gaps(
    *,
    usage_point: UsagePoint = None,
    commune: Commune = None,
    day: Day = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List days with slots that were not measured, latest first, and what was done about them."""
    from db.vee_reports import read_days

    wanted = _wanted(usage_point, commune, day)
    rows = _run(lambda connection: read_days(connection, wanted, limit=limit, incomplete=True))
    columns = ("day", "commune", "usage_point_key", "register_name", "expected", "missing", "estimated", "estimation")
    _show([asdict(row) for row in rows], columns, as_json=as_json, nothing="every day that was counted is complete")


@app.command()
def estimate(
    *, usage_point: UsagePoint = None, commune: Commune = None, day: Day = None, as_json: AsJson = False
) -> None:
    """Estimate gaps now, also those that could not be estimated before."""
    from db.connection import Role
    from ingest.vee.by_hand import estimate_now

    wanted, now = _wanted(usage_point, commune, day), read_settings().clock.now()
    with progress_bars() as bars:
        done = _run(
            lambda connection: estimate_now(connection, wanted, now, lambda days: bars("days with gaps", days, 0)),
            Role.INGEST,
        )
    if as_json:
        typer.echo(json.dumps(asdict(done)))
    elif not done.days:
        typer.echo("no gaps: nothing to estimate")
    else:
        typer.echo(f"{done.days} days looked at, {done.gaps} gaps estimated ({done.values} values), {done.left} left")


@app.command()
def check(
    *,
    day: Annotated[str, typer.Option("--day", help="Local day, YYYY-MM-DD")],
    usage_point: UsagePoint = None,
    commune: Commune = None,
    as_json: AsJson = False,
) -> None:
    """Validate a day again, as after a change of limits."""
    from db.connection import Role
    from ingest.vee.by_hand import check_now
    from ingest.vee.days import date_of, last_closed_day

    wanted, now = _wanted(usage_point, commune, day), read_settings().clock.now()
    if wanted.day is None or wanted.day > date_of(last_closed_day(now)):
        raise InputError("day_not_over", f"{day} is not over: a day is validated afterwards.", day=day)
    with progress_bars() as bars:
        done = _run(
            lambda connection: check_now(connection, wanted, now, lambda days: bars("usage points", days, 0)),
            Role.INGEST,
        )
    text = (
        f"{done.days} usage points, {done.values} values: {done.found} findings new or changed, {done.cleared} cleared"
    )
    typer.echo(json.dumps(asdict(done)) if as_json else text)


@app.command()
def rules(*, as_json: AsJson = False) -> None:
    """List the rules and what their figures mean."""
    from ingest.vee.rules import RULES

    rows = [asdict(rule) for rule in RULES]
    _show(rows, ("name", "severity", "meaning"), as_json=as_json, nothing="")


@app.command()
def limits(
    register: Annotated[str | None, typer.Argument(help="Only this register")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, or name=off; may be repeated; needs a register")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show how far values are believed, or change it; ingest takes a change within half a minute."""
    from core.registers import REGISTER_BY_ID
    from db.connection import Role
    from db.limits import change_limit, read_limits

    if change and register is None:
        raise InputError("register_missing", "Name the register whose limits are to be changed.")
    changes = [_change(text) for text in change or []]

    async def work(connection: "Connection") -> list[Any]:
        for name, value in changes:
            await change_limit(connection, register or "", name, value)
        return list(await read_limits(connection))

    stored = _run(work, Role.OWNER if changes else Role.READ)
    rows = [{"register_name": REGISTER_BY_ID[row.register_id].name, **asdict(row)} for row in stored]
    rows = [row for row in rows if register in {None, row["register_name"]}]
    if not rows:
        raise InputError("limits_of_nothing", f"There is no register {register!r}.", register=register)
    if register is None or as_json:
        columns = ("register_name", "lowest", "highest", "subscribed_ratio", "spike_ratio", "zero_run_s", "changed_at")
        _show(rows, columns, as_json=as_json, nothing="")
        return
    for name, value in rows[0].items():
        typer.echo(f"{name:<20} {_word(value)}")


def _change(text: str) -> tuple[str, float | None]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), None if value.strip() == "off" else float(value)
    except ValueError as error:
        raise InputError("limit_not_a_number", f"{text!r} is not name=number or name=off.", text=text) from error


def _wanted(usage_point: str | None, commune: str | None, day: str | None) -> "Wanted":
    from db.vee_reports import Wanted

    try:
        key = None if usage_point is None else UUID(usage_point)
        local = None if day is None else date.fromisoformat(day)
    except ValueError as error:
        message = f"Not a pseudonym or not a day: {usage_point or ''} {day or ''}".rstrip() + "."
        raise InputError("filter_not_readable", message) from error
    return Wanted(key, commune, local)


def _run(work: "Callable[[Connection], Coroutine[Any, Any, Any]]", role: "Role | None" = None) -> Any:
    """Do something on a connection in a role, by default that of readers, and commit it."""
    from db.connection import Role, connect

    async def connected() -> Any:
        async with await connect(servers(read_settings()).database_url, role or Role.READ) as connection:
            return await work(connection)

    return asyncio.run(connected())


def _show(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool, nothing: str) -> None:
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, default=str))
        return
    if not rows:
        typer.echo(nothing)
        return
    cells = [[name.removesuffix("_name").replace("_", " ") for name in columns]]
    cells += [[_word(row[name]) for name in columns] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    for line in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _word(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
