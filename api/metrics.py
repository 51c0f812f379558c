"""Prometheus metrics: requests by route template, and what ingest says it did."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.health import IngestCounts, RefusedCount

_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
#: Requests that no route takes share one label: their paths are whatever a stranger types.
_UNMATCHED: Final = "unmatched"


class RequestMetrics:
    """Count requests and their time by method, route template and status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("somel_api_requests", "Requests answered", labels, registry=self.registry)
        self._duration = Histogram(
            "somel_api_request_duration_seconds",
            "Time from a request's head to the end of its answer",
            ("method", "route"),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self._running = Gauge("somel_api_requests_running", "Requests being answered", registry=self.registry)

    def observe(self, method: str, route: str, status: int, duration_s: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._duration.labels(method, route).observe(duration_s)

    def running(self, change: int) -> None:
        """Count a request that begins (1) or ends (-1)."""
        self._running.inc(change)


class MeasureRequests:
    """Measure every request that passes; an ASGI middleware.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    metrics : RequestMetrics
        Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began_s = time.perf_counter()
        self._metrics.running(1)
        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.running(-1)
            path = getattr(scope.get("route"), "path", None)
            route = scope.get("root_path", "") + path if path else _UNMATCHED  # below a mounted application's own path
            self._metrics.observe(scope["method"], route, status, time.perf_counter() - began_s)


@dataclass(frozen=True, slots=True, eq=False)  # registries keep collectors by identity
class IngestCollector(Collector):
    """Show the counts of ingest, which live in the database, as metrics."""

    counts: IngestCounts
    refused: list[RefusedCount]

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        yield CounterMetricFamily("somel_ingest_batches", "Batches committed", value=self.counts.batch_count)
        yield CounterMetricFamily("somel_ingest_messages", "Messages acknowledged", value=self.counts.message_count)
        yield CounterMetricFamily("somel_ingest_received_values", "Values received", value=self.counts.received)
        outcomes = CounterMetricFamily("somel_ingest_values", "Values by what became of them", labels=["outcome"])
        for outcome in ("stored", "duplicate", "revised", "refused"):
            outcomes.add_metric([outcome], getattr(self.counts, outcome))
        yield outcomes
        codes = CounterMetricFamily("somel_ingest_refused_values", "Values refused, by code", labels=["code"])
        for refused in self.refused:
            codes.add_metric([refused.code], refused.refused_count)
        yield codes


def exposition(metrics: RequestMetrics, ingest: IngestCollector) -> bytes:
    """Return all metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(ingest)
    return generate_latest(metrics.registry) + generate_latest(registry)
