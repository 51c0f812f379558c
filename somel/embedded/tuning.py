"""How the embedded servers are set: durable for what is kept, fast for what is thrown away."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_SMALL_MACHINE: Mapping[str, str] = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    # The Apache edition has no background jobs; its scheduler would only hold databases that tests copy.
    "timescaledb.max_background_workers": "0",
    "max_worker_processes": "8",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "2",
    "max_connections": "100",
    "jit": "off",  # the bundle comes without LLVM
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "max_locks_per_transaction": "256",  # one per chunk a query touches
}
_KEPT: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "effective_cache_size": "1536MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "min_wal_size": "512MB",
    "wal_compression": "lz4",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "autovacuum_naptime": "30s",
}
_THROWAWAY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "log_checkpoints": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
}


@dataclass(frozen=True, slots=True)
class ClusterTuning:
    """Say how PostgreSQL is set.

    Parameters
    ----------
    durable : bool
        Whether files are forced to disk, also while the data folder is made.
    parameters : mapping of str to str
        PostgreSQL's configuration parameters.
    """

    durable: bool
    parameters: Mapping[str, str]

    @classmethod
    def kept(cls, **parameters: str) -> "ClusterTuning":
        """Return the settings of a cluster whose data must survive; `parameters` override."""
        return cls(durable=True, parameters=MappingProxyType({**_SMALL_MACHINE, **_KEPT, **parameters}))

    @classmethod
    def throwaway(cls, **parameters: str) -> "ClusterTuning":
        """Return the settings of a cluster that lives as long as a test run; `parameters` override."""
        return cls(durable=False, parameters=MappingProxyType({**_SMALL_MACHINE, **_THROWAWAY, **parameters}))


@dataclass(frozen=True, slots=True)
class BrokerTuning:
    """Say how Mosquitto is set.

    Parameters
    ----------
    max_queued_messages : int, default 200_000
        Messages kept for a session that is away, ``>= 1``; beyond it the newest is dropped, which `ingest` finds by
        the gateways' sequence numbers.
    max_packet_bytes : int, default 16 MiB
        Largest packet let through; larger than any valid message, so that a 5 MB one is refused by `ingest` with its
        reason on record rather than cut off without a word. [bytes]
    save_every_s : int, default 1
        The store is written after more than so long: of what only it holds, a killed broker forgets as much. [s]
    save_after_changes : int, optional
        The store is written after so many changes to sessions, subscriptions, retained or queued messages instead.
    """

    max_queued_messages: int = 200_000
    max_packet_bytes: int = 16 * 1024 * 1024
    save_every_s: int = 1
    save_after_changes: int | None = None
