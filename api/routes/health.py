"""Whether the process lives, whether it can work, and its metrics."""

import ipaddress
from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.access import Needs
from api.context import InContext, Reading
from api.metrics import IngestCollector, exposition
from api.models.readiness import Health, Readiness
from core.errors import RetryableError
from db.health import ingest_counts, refused_by_code
from db.migrate import is_migrated

router = APIRouter(tags=["health"])

_PROXY_HEADERS: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
_METRICS_EXAMPLE: Final = 'somel_ingest_values_total{outcome="stored"} 3.4e+06\n'


@router.get("/healthz")
async def get_health() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/readyz", responses={503: {"description": "The database cannot be reached or is not migrated"}})
async def get_readiness(context: InContext, connection: Reading) -> Readiness:
    """Say whether requests can be served: the database is there and has the tables of this version."""
    if not await is_migrated(connection):
        raise RetryableError("database_migration_awaited", "The database has not the tables of this version yet.")
    return Readiness(news="listening" if context.news.listening else "reconnecting")


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Metrics",
            "content": {"text/plain": {"example": _METRICS_EXAMPLE, "schema": {"type": "string"}}},
        }
    },
)
async def get_metrics(request: Request, context: InContext, connection: Reading) -> Response:
    """Give Prometheus metrics: to this machine freely, to others with a token that may read ingest."""
    if not _is_local(request):
        await Needs("read:ingest")(request)
    collector = IngestCollector(await ingest_counts(connection), await refused_by_code(connection))
    return Response(exposition(context.metrics, collector), media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    # What a proxy on this machine passes on comes from elsewhere.
    if request.client is None or any(name in request.headers for name in _PROXY_HEADERS):
        return False
    host = request.client.host.partition("%")[0]
    return ipaddress.ip_address(host).is_loopback
