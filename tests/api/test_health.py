import httpx
from fastapi import FastAPI

from api.app import create_app
from somel.embedded.services import Services
from tests.api.conftest import bearer, settings_at
from tests.api.world import NOW, World


def _samples(text: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_the_process_lives_without_a_token(anonymous: httpx.AsyncClient):
    assert (await anonymous.get("/healthz")).json() == {"status": "ok"}


async def test_a_migrated_database_makes_it_ready(anonymous: httpx.AsyncClient):
    answer = await anonymous.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


async def test_a_database_without_tables_does_not_make_it_ready(services: Services):
    app = create_app(settings_at(NOW), database_url=services.database_url)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://somel.test") as client,
    ):
        answer = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_metrics_count_requests_by_route_template(client: httpx.AsyncClient):
    for code in ("F-1", "F-2", "F-9"):
        await client.get(f"/v1/places/feeder/{code}")
    await client.get("/v1/some/stranger's/path")
    samples = _samples((await client.get("/metrics")).text)
    route = 'route="/v1/places/{level}/{code}"'
    assert samples[f'somel_api_requests_total{{method="GET",{route},status="200"}}'] == 2
    assert samples[f'somel_api_requests_total{{method="GET",{route},status="404"}}'] == 1
    assert samples[f'somel_api_request_duration_seconds_count{{method="GET",{route}}}'] == 3
    assert not any("stranger" in name for name in samples)


async def test_metrics_show_the_counts_of_ingest(client: httpx.AsyncClient):
    samples = _samples((await client.get("/metrics")).text)
    ingest = (await client.get("/v1/ingest")).json()
    for outcome in ("stored", "duplicate", "revised", "refused"):
        assert samples[f'somel_ingest_values_total{{outcome="{outcome}"}}'] == ingest[outcome]
    assert samples['somel_ingest_refused_values_total{code="value_negative"}'] == 3


async def test_metrics_are_open_to_this_machine_and_need_a_token_elsewhere(app: FastAPI, world: World):
    for client_address, headers, status in (
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 401),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 401),
        ("192.0.2.7", bearer(world.secrets["grid"]), 403),
        ("192.0.2.7", bearer(world.secrets["ingest"]), 200),
    ):
        transport = httpx.ASGITransport(app, client=(client_address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=headers) as client:
            assert (await client.get("/metrics")).status_code == status
