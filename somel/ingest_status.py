"""What ``somel ingest status`` shows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from db.connection import Role, connect
from db.ingest_status import RefusedLately, SilentGateway, WorkerStatus, refused_lately, silent_gateways, workers
from db.workers import DUTIES

_SILENT_SHOWN: Final = 10
_COUNTS: Final = ("received", "stored", "duplicate", "revised", "refused", "in_flight")
_WIDTH: Final = 140


@dataclass(frozen=True, slots=True)
class IngestStatus:
    """Hold how ingest is doing at one moment."""

    at: datetime
    shards: int
    workers: Sequence[WorkerStatus]
    refused: Sequence[RefusedLately]
    silent: Sequence[SilentGateway]

    @property
    def alive(self) -> list[WorkerStatus]:
        """Workers that run."""
        return [worker for worker in self.workers if worker.is_alive]

    @property
    def orphans(self) -> list[int]:
        """Shards that nobody has."""
        held = {shard for worker in self.workers for shard in worker.shards}
        return [shard for shard in range(self.shards) if shard not in held]

    @property
    def totals(self) -> dict[str, int]:
        """Return the counts of the installation; what is in flight is among the values received."""
        sums = {name: sum(getattr(worker, name) for worker in self.workers) for name in _COUNTS}
        return sums | {"received": sums["received"] + sums["in_flight"]}

    @property
    def is_sound(self) -> bool:
        """Whether all counts add up."""
        return all(worker.is_sound for worker in self.workers)

    @property
    def last_commit_age_s(self) -> float | None:
        """Return how long ago the last batch was committed; None before the first. [s]."""
        last = max((worker.last_at for worker in self.workers if worker.last_at), default=None)
        return None if last is None else (self.at - last).total_seconds()

    def summary(self, waiting: int | None) -> dict[str, Any]:
        """Return everything by name; `waiting` is what the broker holds, None when it does not tell."""
        return {
            "at": self.at,
            "workers": [asdict(worker) for worker in self.workers],
            "workers_alive": len(self.alive),
            "shards_without_worker": self.orphans,
            "totals": self.totals,
            "identity_holds": self.is_sound,
            "last_commit_age_s": self.last_commit_age_s,
            "broker_holds_messages": waiting,
            "refused_last_hour": [asdict(code) for code in self.refused],
            "silent_gateway_count": self.silent[0].silent_count if self.silent else 0,
            "silent_gateways": [{"name": gateway.name, "heard_at": gateway.heard_at} for gateway in self.silent],
        }


async def read_status(database_url: str, shards: int, *, silent_after_s: float) -> IngestStatus:
    """Read how ingest is doing.

    Raises
    ------
    RetryableError
        ``database_unavailable``.
    """
    async with await connect(database_url, Role.READ) as connection:
        return IngestStatus(
            datetime.now(UTC),
            shards,
            await workers(connection),
            await refused_lately(connection),
            await silent_gateways(connection, silent_after_s=silent_after_s, limit=_SILENT_SHOWN),
        )


def tables(status: IngestStatus, waiting: int | None) -> str:
    """Return the same for people."""
    text = StringIO()
    console = Console(file=text, width=_WIDTH, highlight=False)
    console.print(_worker_table(status) if status.workers else "No worker has run yet: start one with `somel ingest`.")
    for line in _sentences(status, waiting):
        console.print(line)
    if status.refused:
        console.print(_refusal_table(status))
    return text.getvalue().rstrip()


def _worker_table(status: IngestStatus) -> Table:
    heads = ("worker", "process", "shards", "values/s", "messages/s", *(name.replace("_", " ") for name in _COUNTS))
    table = Table(*heads, box=None, pad_edge=False)
    for worker in status.workers:
        shards = [str(shard) for shard in worker.shards if shard != DUTIES]
        shards += ["strays, sums"] if DUTIES in worker.shards else []
        counts = [f"{getattr(worker, name):,}" for name in _COUNTS]
        table.add_row(
            worker.worker,
            f"{worker.host} {worker.pid}" if worker.is_alive else "gone",
            ", ".join(shards) or "–",
            f"{worker.received_per_s:,.0f}",
            f"{worker.messages_per_s:,.0f}",
            *counts,
        )
    return table


def _sentences(status: IngestStatus, waiting: int | None) -> list[str]:
    totals, age_s = status.totals, status.last_commit_age_s
    lines = [] if status.alive or not status.workers else ["No worker runs: start one with `somel ingest`."]
    if status.alive and status.orphans:
        lines.append(f"Nobody has shard {', '.join(map(str, status.orphans))} at this moment.")
    settled = " + ".join(f"{totals[name]:,} {name.replace('_', ' ')}" for name in _COUNTS[1:])
    lines.append(f"received {totals['received']:,} = {settled}{'' if status.is_sound else ': THE COUNTS DIFFER'}")
    lines.append("last commit: " + ("none yet" if age_s is None else f"{age_s:,.1f} s ago"))
    lines.append(
        "at the broker: " + ("it does not tell" if waiting is None else f"{waiting:,} messages, retained ones too")
    )
    count = status.silent[0].silent_count if status.silent else 0
    names = ", ".join(f"{gateway.name} ({_when(gateway.heard_at)})" for gateway in status.silent)
    more = f" and {count - len(status.silent):,} more" if count > len(status.silent) else ""
    lines.append(f"silent gateways: {f'{count:,}: {names}{more}' if count else 'none'}")
    lines.append("refused in the last hour:" + ("" if status.refused else " nothing"))
    return lines


def _refusal_table(status: IngestStatus) -> Table:
    table = Table("code", "messages", "values", box=None, pad_edge=False)
    for code in status.refused:
        table.add_row(code.code, f"{code.message_count:,}", f"{code.refused_count:,}")
    return table


def _when(heard_at: datetime | None) -> str:
    return "never" if heard_at is None else f"{heard_at:%Y-%m-%d %H:%M}"
