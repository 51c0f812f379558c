"""Move staged roll-outs of firmware on: one decision a transaction, each with its line in the audit."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from core.firmware import cohort_position
from db.connection import Connection, translated_errors
from db.firmware import (
    insert_audit,
    insert_offers,
    lock_rollout,
    rollout_candidates,
    running_rollouts,
    set_rollout,
    tally_of_rollout,
)
from db.firmware_rows import Audit, Rollout, Tally

_log = structlog.get_logger()

ACTOR: Final = "ingest"


async def advance_rollouts(connection: Connection, *, now: datetime) -> None:
    """Make at most one decision about each roll-out that runs; what another worker is deciding is left to it.

    Parameters
    ----------
    connection : Connection
        In the role of ingest, in autocommit mode.
    now : datetime
        Time.

    Raises
    ------
    RetryableError
        When the database is away; a decision is stored whole or not at all.
    """
    for rollout_id in await running_rollouts(connection):
        async with translated_errors(), connection.transaction():
            rollout = await lock_rollout(connection, rollout_id, wait=False)
            if rollout is not None and rollout.status == "running":
                await _advance(connection, rollout, now)


async def _advance(connection: Connection, rollout: Rollout, now: datetime) -> None:
    audit: Audit | None
    if rollout.stage_at is None:
        after, audit = await _open_stage(connection, rollout, now)
    else:
        tally = await tally_of_rollout(connection, rollout.firmware_rollout_id)
        after, audit = decide(rollout, tally, now)
    if after != rollout:
        await set_rollout(connection, after)
    if audit is not None:
        await insert_audit(connection, rollout, audit)
        _log.info("rollout", rollout=str(rollout.firmware_rollout_id), action=audit.action, detail=audit.detail)


async def _open_stage(connection: Connection, rollout: Rollout, now: datetime) -> tuple[Rollout, Audit]:
    """Offer the release to the gateways of the stage's cohort."""
    ratio = rollout.cohort_ratios[rollout.stage]
    candidates = await rollout_candidates(connection, rollout)
    chosen = [one.gateway_id for one in candidates if cohort_position(one.name, rollout.serial) < ratio]
    if chosen:
        await insert_offers(connection, rollout, chosen, now=now)
    detail = f"{len(chosen)} gateways of {len(candidates)} that were left: up to {100 * ratio:g} %"
    return replace(rollout, stage_at=now, met_at=None), _audit(rollout, now, "stage_opened", detail)


def decide(rollout: Rollout, tally: Tally, now: datetime) -> tuple[Rollout, Audit | None]:
    """Return what becomes of a roll-out whose stage is open, and the decision if there is one.

    Too many failures pause it. Enough successes, held for the soak time, open the next stage or complete it. Gateways
    that are offline and have not said their last word count neither way.

    Parameters
    ----------
    rollout : Rollout
        A roll-out that runs.
    tally : Tally
        How its gateways are doing.
    now : datetime
        Time.
    """
    reachable = tally.offered - tally.unreachable
    figures = (
        f"{tally.installed} of {reachable} reachable gateways have installed it, {tally.failed} have failed, "
        f"{tally.unreachable} are offline"
    )
    if tally.failed > rollout.failure_ratio * reachable:
        paused = replace(rollout, status="paused", reason=figures, status_at=now, met_at=None)
        return paused, _audit(rollout, now, "paused", figures)
    if tally.offered and (not reachable or tally.installed < rollout.success_ratio * reachable):
        return replace(rollout, met_at=None), None
    soak = timedelta(seconds=rollout.soak_s)
    if tally.offered and soak and rollout.met_at is None:
        return replace(rollout, met_at=now), _audit(rollout, now, "stage_met", figures)
    if rollout.met_at is not None and now - rollout.met_at < soak:
        return rollout, None
    if rollout.stage + 1 < len(rollout.cohort_ratios):
        following = replace(rollout, stage=rollout.stage + 1, stage_at=None, met_at=None)
        return following, None if rollout.met_at else _audit(rollout, now, "stage_met", figures)
    return replace(rollout, status="completed", status_at=now), _audit(rollout, now, "completed", figures)


def _audit(rollout: Rollout, now: datetime, action: str, detail: str) -> Audit:
    return Audit(now, ACTOR, action, rollout.stage, detail)
