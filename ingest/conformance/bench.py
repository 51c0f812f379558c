"""One run of the bench: watch, try commands, cut connections, until everything was seen or the time is over."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final

from core.broker_address import BrokerAddress
from core.clock import Clock
from core.identifiers import shard_of
from core.tasks import cancel
from ingest.conformance.checks import CHECKS, judge
from ingest.conformance.observation import Cut, Observation
from ingest.conformance.proxy import How, Proxy
from ingest.conformance.trials import Trials
from ingest.conformance.verdicts import Result, Verdict
from ingest.conformance.waiting import until
from ingest.conformance.watcher import Watcher

_CUTS: Final[tuple[How, ...]] = ("mid-packet", "before PUBACK")
_TOLERANCE_S: Final = 30.0
#: Judging may take this share of the time: what is judged grows, and the gateway must not wait for it. [ratio]
_LARGEST_SHARE: Final = 0.05
_LOOK_S: Final = 0.5
_LONGEST_LOOK_S: Final = 5.0
#: Part of the time that a gateway is given to introduce itself.
_META_PART: Final = 0.25
#: For what the gateway says after it is back. [s]
_SETTLE_S: Final = 1.0
#: Points that only a cut can show.
_BY_CUTS: Final = frozenset(
    check.name for check in CHECKS if check.name.startswith(("resend.", "state.will", "state.back"))
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does.

    Attributes
    ----------
    gateway : str
        Gateway to watch.
    shards : int
        Shards of the installation, which the gateway's own follows from.
    for_s : float
        Longest time. [s]
    proxy : tuple of str and int, or None
        Host and port to listen on for the gateway; port 0: any; None: no proxy, and so no cuts.
    resource : str or None
        Device to command; None: the first that meta names.
    patience_s : float
        How long an answer, and a gateway's return after a cut, is waited for. [s]
    sends_commands, cuts : bool
        Whether commands are sent, and connections cut.
    """

    gateway: str
    shards: int
    for_s: float
    proxy: tuple[str, int] | None = None
    resource: str | None = None
    patience_s: float = 10.0
    sends_commands: bool = True
    cuts: bool = True


async def run_bench(
    plan: Plan,
    address: BrokerAddress,
    clock: Clock,
    *,
    listening: Callable[[int], None] = lambda _port: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Observation:
    """Watch a gateway; return what was seen.

    Parameters
    ----------
    plan : Plan
        What to do.
    address : BrokerAddress
        Where the broker is.
    clock : Clock
        The platform's.
    listening : callable
        Is told the proxy's port as soon as a gateway may connect there.
    progress : callable
        Is told now and then how many points are decided, and how many there are.

    Raises
    ------
    RetryableError, ForbiddenError
        The broker is away or goes away, or does not let the bench watch.
    """
    seen = Observation(plan.gateway, shard_of(plan.gateway, plan.shards), _TOLERANCE_S * clock.speed, plan.patience_s)
    async with AsyncExitStack() as stack:
        watcher = Watcher(address, seen, clock)
        stack.push_async_callback(watcher.close)
        await watcher.open()
        proxy = Proxy(address, seen)
        if plan.proxy is not None:
            listening(await proxy.open(*plan.proxy))
            stack.push_async_callback(proxy.close)
        trying = asyncio.create_task(_try(plan, seen, proxy, Trials(seen, watcher, clock, plan.resource)))
        stack.push_async_callback(cancel, trying)
        await _watch(plan, seen, watcher, trying, progress)
        seen.ended_s = time.monotonic()
    return seen


async def _try(plan: Plan, seen: Observation, proxy: Proxy, trials: Trials) -> None:
    if plan.sends_commands:
        await trials.run(meta_within_s=_META_PART * plan.for_s)
        await trials.miss()
    if plan.proxy is None or not plan.cuts:
        return
    for count, how in enumerate(_CUTS, start=1):
        proxy.cut_next(how)
        await until(partial(_are_cut, seen, count))
        await until(partial(_came_again, seen.cuts[-1]), seen.patience_s)
    await until(partial(_is_back, seen), seen.patience_s)
    await asyncio.sleep(_SETTLE_S)


def _are_cut(seen: Observation, count: int) -> bool:
    return len(seen.cuts) >= count


def _came_again(cut: Cut) -> bool:
    return cut.came_again_s is not None


def _is_back(seen: Observation) -> bool:
    return all(check.judge(seen).result is Result.PASSED for check in CHECKS if check.name in _BY_CUTS)


async def _watch(
    plan: Plan, seen: Observation, watcher: Watcher, trying: "asyncio.Task[None]", progress: Callable[[int, int], None]
) -> None:
    until_s, judged_s = time.monotonic() + plan.for_s, 0.0
    while time.monotonic() < until_s:
        await asyncio.sleep(min(max(_LOOK_S, judged_s / _LARGEST_SHARE), _LONGEST_LOOK_S))
        if watcher.lost.done():
            raise watcher.lost.result()
        began_s = time.monotonic()
        verdicts = judge(seen)
        judged_s = time.monotonic() - began_s
        progress(sum(verdict.finding.result is not Result.NOT_SEEN for verdict in verdicts), len(verdicts))
        if trying.done():
            trying.result()  # what went wrong there goes wrong here
            if not _waits_for_something(plan, verdicts):
                return


def _waits_for_something(plan: Plan, verdicts: Sequence[Verdict]) -> bool:
    """Tell whether a point that was not seen could still be."""
    beyond = {"stored"}  # takes the version that speaks of it, and a platform that is silent
    if plan.proxy is None:
        beyond |= {"connect", "resend"}
    if not plan.sends_commands:
        beyond |= {"command"}
    open_points = {verdict.check.name for verdict in verdicts if verdict.finding.result is Result.NOT_SEEN}
    if plan.proxy is None or not plan.cuts:
        open_points -= _BY_CUTS
    return any(name.partition(".")[0] not in beyond for name in open_points)
