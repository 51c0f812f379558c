"""``somel events``: what is asked of flexible devices; drafted, approved, followed, stopped at once when need be."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from core.errors import InputError
from core.settings import read_settings
from somel.servers import servers

if TYPE_CHECKING:  # imported when a command runs, so that help answers at once
    from somel.events import EventStory

app = typer.Typer(no_args_is_help=True, help="Demand-response events.")

EventId = Annotated[UUID, typer.Argument(metavar="EVENT", help="Its identifier in `somel events list`")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object or list")]
_KW = 1_000.0


@app.command("list")
def show_all(
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many, the one that starts last first")] = 20,
    *,
    as_json: AsJson = False,
) -> None:
    """List events."""
    from somel.events import newest_events

    events = asyncio.run(newest_events(_database(), limit))
    if as_json:
        typer.echo(json.dumps([asdict(event) for event in events], default=str))
        return
    for event in events:
        span = f"{event.starts_at:%Y-%m-%d %H:%M}–{event.ends_at:%H:%M} UTC"
        typer.echo(f"{event.event_id}  {event.status:<10} {span}  {event.place_level} {event.place_code}  {event.name}")
    if not events:
        typer.echo("no events yet: make one with `somel events draft NAME`")


@app.command()
def show(event_id: EventId, *, as_json: AsJson = False) -> None:
    """Show one event: its plan, its commands, how it goes, and what was measured."""
    from somel.events import story_of

    story = asyncio.run(story_of(_database(), event_id))
    if as_json:
        typer.echo(json.dumps(asdict(story), default=str))
        return
    for line in _told(story):
        typer.echo(line)


@app.command()
def draft(
    name: Annotated[str, typer.Argument(help="Name for people")],
    place: Annotated[str, typer.Option("--place", metavar="LEVEL/CODE", help="Where, such as feeder/DP-0001")],
    starts_at: Annotated[datetime, typer.Option("--from", help="Start (UTC), on a half-hour")],
    ends_at: Annotated[datetime, typer.Option("--until", help="End (UTC), on a half-hour")],
    target_kw: Annotated[
        float | None,
        typer.Option(min=0.001, help="Reduction wanted in every half-hour [kW]; left out: as much as can be"),
    ] = None,
) -> None:
    """Draft an event and plan it; nothing is asked of anybody until it is approved."""
    from somel.events import Wanted
    from somel.events import draft as make

    level, _, code = place.partition("/")
    target_w = None if target_kw is None else target_kw * _KW
    wanted = Wanted(name, level, code, starts_at.replace(tzinfo=UTC), ends_at.replace(tzinfo=UTC), target_w)
    event, plan = asyncio.run(make(_database(), wanted, now=_now()))
    typer.echo(f"{event.event_id} is a draft; it would reduce {_kw(plan.planned_reduction_w)}")
    if any(plan.target_gap_w):
        typer.echo(f"it would miss its target by {_kw(plan.target_gap_w)}")


@app.command()
def approve(event_id: EventId) -> None:
    """Approve a planned event: its commands go out."""
    from somel.events import approve as act

    event = asyncio.run(act(_database(), event_id, now=_now()))
    typer.echo(f"{event.event_id} is {event.status}")


@app.command()
def cancel(
    event_id: EventId, reason: Annotated[str | None, typer.Option("--reason", help="Why, as a sentence")] = None
) -> None:
    """Cancel an event; its commands are taken back, and who is held back comes back spread out."""
    from somel.events import cancel as act

    event = asyncio.run(act(_database(), event_id, reason, now=_now()))
    typer.echo(f"{event.event_id} is {event.status}")


@app.command()
def stop(
    event_id: Annotated[UUID | None, typer.Argument(metavar="[EVENT]", help="The event; left out with --all")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, as a sentence; it is kept")] = "",
    *,
    every: Annotated[bool, typer.Option("--all", help="Stop all events that are scheduled or active")] = False,
) -> None:
    """Stop an event, or all, in an emergency: commands are taken back at once, and devices come back spread out."""
    from somel.events import stop as act

    if every == (event_id is not None):
        raise InputError("event_ambiguous", "Name one event, or say --all.")
    stopped = asyncio.run(act(_database(), event_id, reason, now=_now()))
    for event in stopped:
        typer.echo(f"{event.event_id} is {event.status}: {event.status_reason}")
    if not stopped:
        typer.echo("no event is scheduled or active")


def _told(story: "EventStory") -> Iterator[str]:
    event = story.event
    yield f"{event.name}: {event.status}, {event.place_level} {event.place_code}"
    yield f"from {event.starts_at:%Y-%m-%d %H:%M} to {event.ends_at:%H:%M} UTC"
    if story.plan is not None:
        yield f"planned   {_kw(story.plan.planned_reduction_w)}"
        if any(story.plan.target_gap_w):
            yield f"lacking   {_kw(story.plan.target_gap_w)}"
    if story.commands:
        yield "commands  " + ", ".join(f"{count} {status}" for status, count in sorted(story.commands.items()))
    for slot in story.tracking:
        measured = "not measured yet" if slot.measured_w is None else f"measured {slot.measured_w / _KW:.1f} kW"
        lacking = "" if slot.shortfall_w is None else f", shortfall {slot.shortfall_w / _KW:.1f} kW"
        yield f"{slot.slot_start_at:%H:%M}     predicted {slot.predicted_w / _KW:.1f} kW, {measured}{lacking}"
    for one in story.adjustments:
        yield f"{one.decided_at:%H:%M}     {one.purpose}: {one.command_count} commands"
    if story.results:
        yield f"result    {_kw([one.baseline_w - one.measured_w for one in story.results])}"


def _kw(watts: list[float]) -> str:
    return " / ".join(f"{value / _KW:.1f}" for value in watts) + " kW"


def _now() -> datetime:
    return read_settings().clock.now()


def _database() -> str:
    return servers(read_settings()).database_url
