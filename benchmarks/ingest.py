"""Compare the whole way in, from the broker's socket to COMMIT, with its limits and with what others would build.

Everything is real: Mosquitto and PostgreSQL of the bundle, set as durably as the demo's, the worker as ``python -m
ingest``, a publisher that sends packets made beforehand. Contenders take turns, each with a fresh broker and a database
of its own; what was stored is compared with what was published in the same run. The worker has no session
for strays, so the broker delivers each message once.

Turns begin after a checkpoint and after the sums that the turn before owes: none pays for another's. Every subscriber
may have as many messages on their way as MQTT allows; mosquitto_sub's own default, 20, would cost it three quarters
of its rate.

Expected before it was first run, on two cores: COPY stores 300,000 rows a second and keeps one core busy; broker,
publisher and worker together need 2 to 3 µs a reading of the other, so blocks should come to 0.8 to 0.95 of it.
Single readings are bound by the broker: 0.9 to 1 of mosquitto_sub. aiomqtt and paho spend 100 to 300 µs a message: 5
to 8, and 3 to 4 times.

Seen: singles first came to 0.4 of mosquitto_sub. The broker wrote its whole store after each thousand changes, and
half of its time went there; every packet woke the worker; every batch updated a row for each of 2,000 gateways. Since
all three were ended, the processor takes 13 to 15 µs in the broker, 7 to 9 in the worker and 4 in the database for a
message, and the broker, one thread, is what all contenders wait for. On machines that others use as well a turn may
be a third slower than the next: the medians of three pairs are told, and the processor time by process and message on
standard error.

Figures on the last line with ``--json``:

``blocks_vs_copy``
    Readings a second stored from blocks of 60, over rows a second of bare binary COPY into the same hypertable.
``singles_vs_mosquitto_sub``, ``singles_vs_paho``, ``singles_vs_aiomqtt``
    Messages of one reading a second, QoS 1, acknowledged after COMMIT, over what mosquitto_sub merely receives; over
    paho with manual acknowledgement and the same writer; over aiomqtt with executemany.
``p99_s``
    99th percentile from publishing to being seen by a query, at half the rate of the singles. [s]
``backlog_rss_mb``
    Highest resident memory of the worker while it works off a backlog that waited in the broker. [MB]
``lost``, ``duplicated``
    Readings published and not stored; stored more than once or with another value.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks._arena import Arena, arena
from benchmarks._processes import Turn, report
from benchmarks._publisher import READINGS_PER_BLOCK


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is published.

    Parameters
    ----------
    meters : int
        Meters, each behind a gateway of its own.
    blocks, singles : int
        Messages in a turn.
    backlog : int
        Blocks that wait in the broker.
    rounds : int
        Turns of each contender.
    steady_s : int
        How long readings are timed. [s]
    """

    meters: int = 2_000
    blocks: int = 60_000
    singles: int = 600_000
    backlog: int = 84_000
    rounds: int = 3
    steady_s: int = 20


QUICK = Sizes(meters=40, blocks=120, singles=800, backlog=200, rounds=1, steady_s=2)


@dataclass
class Tally:
    """What all turns published and stored."""

    next_batch: int = 0
    next_live: int = 0
    figures: dict[str, float] = field(default_factory=dict)

    def batches(self, blocks: int, meters: int) -> int:
        """Reserve numbers of blocks; return the first."""
        first, self.next_batch = self.next_batch, self.next_batch + -(-blocks // meters)
        return first

    def lives(self, singles: int, meters: int) -> int:
        """Reserve numbers of single readings; return the first."""
        first, self.next_live = self.next_live, self.next_live + -(-singles // meters)
        return first


async def race_blocks(arena: Arena, sizes: Sizes, tally: Tally) -> None:
    """Store blocks, and copy the same rows, taking turns."""
    ratios = []
    for turn in range(sizes.rounds):
        first = tally.batches(sizes.blocks, sizes.meters)
        rates = {}
        for ours in (turn % 2 == 0, turn % 2 == 1):
            done = (
                await arena.ingest(Turn("batch", sizes.blocks, sizes.meters, first))
                if ours
                else await arena.copy(sizes.blocks, sizes.meters, first)
            )
            rates[ours] = sizes.blocks * READINGS_PER_BLOCK / done.wall_s
            report(f"blocks, {'ours' if ours else 'COPY'}: {rates[ours]:,.0f} readings/s; {done.cpu(sizes.blocks)}")
        ratios.append(rates[True] / rates[False])
    tally.figures["blocks_vs_copy"] = median(ratios)


async def race_singles(arena: Arena, sizes: Sizes, tally: Tally) -> None:
    """Receive single readings in every way, taking turns."""
    rates: dict[str, list[float]] = {"ours": [], "mosquitto_sub": [], "paho": [], "aiomqtt": []}
    share = {"ours": 1, "mosquitto_sub": 1, "paho": 8, "aiomqtt": 12}
    for turn in range(sizes.rounds):
        for name in sorted(rates, reverse=turn % 2 == 1):
            count = max(1, sizes.singles // share[name])
            first = tally.lives(count, sizes.meters)
            plan = Turn("live", count, sizes.meters, first)
            done = await (arena.ingest(plan) if name == "ours" else arena.subscribe(name, plan))
            rates[name].append(count / done.wall_s)
            report(f"singles, {name}: {rates[name][-1]:,.0f} messages/s; {done.cpu(count)}")
    for name in ("mosquitto_sub", "paho", "aiomqtt"):
        pairs = zip(rates["ours"], rates[name], strict=True)
        tally.figures[f"singles_vs_{name}"] = median(ours / theirs for ours, theirs in pairs)
    tally.figures["singles_per_s"] = median(rates["ours"])


async def time_readings(arena: Arena, sizes: Sizes, tally: Tally) -> None:
    """Publish at half the highest rate and look for probes with a query."""
    rate = max(1, int(tally.figures["singles_per_s"] / 2))
    count = rate * sizes.steady_s
    plan = Turn("live", count, sizes.meters, tally.lives(count, sizes.meters), rate=rate, probes=50)
    done = await arena.ingest(plan)
    delays = sorted(done.delays_s)
    tally.figures["p99_s"] = delays[min(len(delays) - 1, int(0.99 * len(delays)))]
    report(f"publish to query at {rate:,} messages/s: p99 of {len(delays)} probes {tally.figures['p99_s']:.3f} s")


async def work_off(arena: Arena, sizes: Sizes, tally: Tally) -> None:
    """Let blocks wait in the broker, then start the worker and watch its memory."""
    first = tally.batches(sizes.backlog, sizes.meters)
    done = await arena.ingest(Turn("batch", sizes.backlog, sizes.meters, first, waiting=True))
    tally.figures["backlog_rss_mb"] = done.rss_mb
    rate = sizes.backlog * READINGS_PER_BLOCK / done.wall_s
    report(f"backlog: {rate:,.0f} readings/s, at most {done.rss_mb:.0f} MB; {done.cpu(sizes.backlog)}")


async def measure(sizes: Sizes) -> dict[str, float]:
    """Run all turns; return the figures."""
    tally = Tally()
    with arena() as made:
        await made.furnish(sizes.meters)
        await race_blocks(made, sizes, tally)
        await race_singles(made, sizes, tally)
        await time_readings(made, sizes, tally)
        await work_off(made, sizes, tally)
        tally.figures |= await made.check()
    return tally.figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few messages only: to see whether it works")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    chosen = parser.parse_args(arguments)
    figures = asyncio.run(measure(QUICK if chosen.quick else Sizes()))
    for name, figure in figures.items():
        print(f"{name:28} {figure:14,.3f}")
    if chosen.json:
        print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
