"""What ingest tells Prometheus; its counts add up at every moment."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_log = structlog.get_logger()

_LATENCY_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Count messages and values of one worker.

    ``received = stored + duplicate + revised + refused + in_flight``: a value is in flight from decoding to COMMIT.

    Attributes
    ----------
    outstanding : int
        Values in flight now.
    is_sound : bool
        Whether every batch became as many values as had been received with it.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.outstanding = 0
        self.is_sound = True
        self.messages = self._counter("messages_acknowledged", "Messages acknowledged after COMMIT")
        self.received = self._counter("values_received", "Values received; what cannot be read counts as one")
        self.stored = self._counter("values_stored", "Values stored for the first time")
        self.duplicate = self._counter("values_duplicate", "Values stored already with the same content")
        self.revised = self._counter("values_revised", "Values that replaced a different one")
        self.refused = self._counter("values_refused", "Values refused; see the table refused_message")
        self.in_flight = Gauge("somel_ingest_values_in_flight", "Values not committed yet", registry=self.registry)
        self.unsound = Gauge(
            "somel_ingest_identity_broken", "1 when values received and settled differed", registry=self.registry
        )
        self.shards = Gauge("somel_ingest_shards", "Shards that this worker has", registry=self.registry)
        self.slots = self._counter("slots_rolled_up", "Half-hour sums computed")
        self.commands = self._counter("commands_sent", "Commands that the broker has taken")
        self.batch_s = Histogram(
            "somel_ingest_batch_seconds",
            "From handing a batch over to its acknowledgement [s]",
            buckets=_LATENCY_S,
            registry=self.registry,
        )

    def receive(self, value_count: int) -> None:
        """Note values that were decoded."""
        self.received.inc(value_count)
        self.in_flight.inc(value_count)
        self.outstanding += value_count

    def commit(self, *, messages: int, stored: int, duplicate: int, revised: int, refused: int) -> None:
        """Note what became of values, and that their messages were acknowledged."""
        self.messages.inc(messages)
        self.stored.inc(stored)
        self.duplicate.inc(duplicate)
        self.revised.inc(revised)
        self.refused.inc(refused)
        settled = stored + duplicate + revised + refused
        self.in_flight.dec(settled)
        self.outstanding -= settled

    def check(self, *, received: int, settled: int) -> None:
        """Compare the values received with a batch and those that the database has settled; say so if they differ."""
        if received == settled and self.outstanding >= 0:
            return
        self.is_sound = False
        self.unsound.set(1)
        _log.error("counts_differ", received=received, settled=settled, in_flight=self.outstanding)

    @contextmanager
    def served(self, port: int) -> Iterator[None]:
        """Serve the metrics on a loopback port while inside; on none for 0."""
        if not port:
            yield
            return
        server, thread = start_http_server(port, addr="127.0.0.1", registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(f"somel_ingest_{name}", text, registry=self.registry)
