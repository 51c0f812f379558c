"""The storm itself: publish, let things fail, wait, and count."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

from db.connection import Connection, Role, connect
from db.tally import Tally, sums_pending, tally
from somel.chaos.faults import Faults
from somel.chaos.field import Field
from somel.chaos.options import Blow, ChaosOptions, ChaosReport, plan, sentence, span_s
from somel.chaos.readings import METER_FACTOR, MODULUS, SLOT_FACTOR, Readings
from somel.chaos.stage import Stage, Workers, stage_of, wait_until

_SHARDS: Final = 4
#: So long nothing more may be stored, or summed, before the rest is given up for lost. [s]
_PATIENCE_S: Final = 120.0
_TELL_EVERY_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.5

Say = Callable[[str], None]


def storm(options: ChaosOptions, say: Say) -> ChaosReport:
    """Run one storm, from the main thread; see `ChaosOptions` and `ChaosReport`."""
    began_s = time.monotonic()
    readings, blows = Readings.of(options.readings), plan(options.seed)
    say(f"{readings.count:,} readings, {len(blows)} faults, seed {options.seed}, {options.workers} worker(s)")
    with stage_of(readings.count, _SHARDS) as stage:
        report = _play(stage, readings, blows, options, say)
    report.took_s = time.monotonic() - began_s
    return report


def _play(stage: Stage, readings: Readings, blows: list[Blow], options: ChaosOptions, say: Say) -> ChaosReport:
    services, report = stage.services, ChaosReport()
    field = Field(
        readings,
        lambda: services.broker.port,
        shards=_SHARDS,
        seed=options.seed,
        span_s=span_s(blows, options),
    )
    field.open()
    workers = Workers(
        options.workers,
        database_url=services.database_url,
        mqtt_url=f"mqtt://127.0.0.1:{field.port}",
        shards=_SHARDS,
        log=services.folder / "ingest.log",
    )
    try:
        workers.wait_ready()
        field.go()
        faults = Faults(stage, workers, field, options, random.Random(options.seed))  # noqa: S311 - to be repeated
        _blow(blows, faults, field, report, say)
        field.calm()
        _settle(field, say)
        found, pending = asyncio.run(_count(services.database_url, readings, say))
        stopped = workers.stop()
    finally:
        field.close()
        workers.stop()
    _judge(report, readings, field, found, pending)
    if not report.is_good or stopped:
        say(f"{sentence(report)}\ningest ended with {stopped} and had said:\n{workers.said()}")
    return report


def _blow(blows: list[Blow], faults: Faults, field: Field, report: ChaosReport, say: Say) -> None:
    for blow in blows:
        time.sleep(blow.after_s)
        say(f"{blow.name}; {_progress(field)}")
        if faults.by_name[blow.name]():
            report.faults[blow.name] += 1
        else:
            report.skipped.append(blow.name)


def _settle(field: Field, say: Say) -> None:
    """Wait until the publishers know that everything is stored, or nothing has happened for too long."""
    known, since_s = -1, time.monotonic()
    while not wait_until(field.is_done.is_set, within_s=_TELL_EVERY_S):
        say(f"waiting; {_progress(field)}")
        if field.counts.values_stored != known:
            known, since_s = field.counts.values_stored, time.monotonic()
        elif time.monotonic() - since_s > _PATIENCE_S:
            say("nothing more is stored: given up")
            return


def _progress(field: Field) -> str:
    counts = field.counts
    return (
        f"published {counts.values_published:,}, known to be stored {counts.values_stored:,}, "
        f"messages sent again {counts.messages_repeated:,}"
    )


async def _count(database_url: str, readings: Readings, say: Say) -> tuple[Tally, int]:
    """Return what is stored, and for how many spans no sums were made."""
    async with await connect(database_url, Role.READ, autocommit=True) as connection:
        pending = await _sums_made(connection, say)
        found = await tally(
            connection,
            start_s=readings.start_s,
            slots=readings.slots,
            meter_factor=METER_FACTOR,
            slot_factor=SLOT_FACTOR,
            modulus=MODULUS,
        )
    return found, pending


async def _sums_made(connection: Connection, say: Say) -> int:
    """Wait until sums follow the readings, or have not moved for too long; return for how many spans they do not.

    Duplicates that still pour in go first.
    """
    known, since_s = -1, time.monotonic()
    while pending := await sums_pending(connection):
        if pending != known:
            known, since_s = pending, time.monotonic()
            say(f"waiting; sums to be made for {pending} spans")
        elif time.monotonic() - since_s > _PATIENCE_S:
            say("no more sums are made: given up")
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    return pending


def _judge(report: ChaosReport, readings: Readings, field: Field, found: Tally, pending: int) -> None:
    report.published = field.counts.values_published
    report.stored = found.right_count
    report.lost = report.published - found.right_count
    stored_again = max(0, found.stored_total - found.row_count)
    report.duplicated = found.revision_count + found.row_count - found.key_count + stored_again
    counts = {
        "totals add up": (True, found.totals_add_up),
        "total stored": (found.row_count, found.stored_total),
        "refused": (0, found.refused),
        "energy by place in Wh": (readings.energy_wh, round(found.summed_wh)),
        "sums to be made": (0, pending),
    }
    report.differing = {name: (due, count) for name, (due, count) in counts.items() if due != count}
