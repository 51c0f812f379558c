"""Officers record consents, export and erase; whoever reads a usage point is noted, and the notes are read."""

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from api import access_log
from api.app import create_app
from core.errors import InvariantError, RetryableError
from db.access import create_token
from db.connection import Role, connect
from db.personal_access import NewAccess, forget_accesses, insert_accesses
from tests.api.conftest import bearer, settings_at
from tests.db.village import ask
from tests.enjoy.people import START, build_people, draw, keys

NOW = START + timedelta(days=3)
CONSENT = {"purpose": "enjoy", "text_version": "1", "given_at": "2025-12-10T00:00:00Z", "how": "paper", "proof": "f"}
SPAN = {"start": START.isoformat(), "end": (START + timedelta(days=1)).isoformat()}


@dataclass(frozen=True, slots=True)
class Office:
    """Hold clients: an officer, and somebody who may read load; and whose data it is."""

    officer: httpx.AsyncClient
    reader: httpx.AsyncClient
    key: UUID
    url: str

    async def asked(self, method: str, path: str, status: int = 200, **how: Any) -> Any:
        answer = await self.officer.request(method, f"/v1{path}", **how)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def log(self, **wanted: str) -> list[dict[str, Any]]:
        """Return the access log once nothing waits to be written."""
        await asyncio.sleep(2 * access_log.EVERY_S)
        items: list[dict[str, Any]] = (await self.asked("GET", "/access-log", params=wanted))["items"]
        return items


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    await build_people(database_url)
    draw(database_url, START, 2, "100")
    async with await connect(database_url, None) as connection:
        _, officer = await create_token(connection, "officer", ["privacy"])
        _, reader = await create_token(connection, "reader", ["read:grid"])
    app = create_app(settings_at(NOW), database_url=database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=bearer(officer)) as one,
        httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=bearer(reader)) as two,
    ):
        yield Office(one, two, keys(database_url)[0], database_url)


async def test_a_consent_is_recorded_listed_and_withdrawn(office: Office):
    path = f"/usage-points/{office.key}/consent"
    given = await office.asked("PUT", path, json=CONSENT | {"proof_sha256": "ab" * 32})
    assert given["items"][0]["proof_sha256"] == "ab" * 32
    again = await office.asked("PUT", path, json=CONSENT)
    assert again == given
    gone = await office.asked("DELETE", path, params={"how": "telephone"})
    assert gone["items"][0]["withdrawn_how"] == "telephone"
    assert gone == await office.asked("GET", f"/usage-points/{office.key}/consents")
    assert (await office.asked("DELETE", path, 409))["code"] == "consent_missing"
    assert (await office.asked("DELETE", path, 422, params={"purpose": "grid"}))["code"] == "consent_invalid"
    late = CONSENT | {"given_at": "2027-01-01T00:00:00Z"}
    assert (await office.asked("PUT", path, 422, json=late))["code"] == "consent_invalid"
    assert (await office.asked("GET", f"/usage-points/{uuid4()}/consents", 404))["code"] == "usage_point_unknown"


async def test_who_reads_a_usage_point_is_noted_with_span_and_purpose(office: Office):
    base = f"/v1/usage-points/{office.key}"
    why = {"Somel-Purpose": "complaint 2026/117"}
    assert (await office.reader.get(f"{base}/load", params=SPAN, headers=why)).status_code == 200
    for path in (f"{base}/latest", f"{base}/labels", "/v1/findings", "/v1/completeness"):
        assert (
            await office.reader.get(path, params={"usage_point": str(office.key)} if "point" not in path else {})
        ).status_code == 200
    for path in ("/v1/findings", "/v1/places/feeder/F-1/load"):  # of many, or of nobody
        await office.reader.get(path, params=SPAN if "load" in path else {})
    log = await office.log()
    assert [one["subject"] for one in log] == ["quality", "quality", "labels", "latest", "load"]
    assert {one["usage_point_key"] for one in log} == {str(office.key)}
    assert log[-1] | {"personal_access_id": 0, "recorded_at": "", "accessed_at": ""} == {
        "personal_access_id": 0,
        "accessed_at": "",
        "recorded_at": "",
        "actor": "token/reader",
        "usage_point_key": str(office.key),
        "subject": "load",
        "purpose": "complaint 2026/117",
        "start_at": "2025-12-31T23:00:00Z",
        "end_at": "2026-01-01T23:00:00Z",
    }
    assert log[0]["purpose"] == "operation"
    assert len(await office.log(actor="token/reader", limit="2")) == 2
    assert await office.log(actor="token/nobody") == []
    assert await office.log(usage_point=str(uuid4())) == []


async def test_only_officers_record_export_erase_and_read_the_log(office: Office):
    base = f"/v1/usage-points/{office.key}"
    for method, path in (
        ("GET", f"{base}/consents"),
        ("PUT", f"{base}/consent"),
        ("DELETE", f"{base}/consent"),
        ("GET", f"{base}/export"),
        ("DELETE", f"{base}/data"),
        ("GET", "/v1/access-log"),
    ):
        assert (await office.reader.request(method, path)).status_code == 403, path


async def test_an_export_is_a_zip_and_is_noted_and_an_erasure_says_what_is_kept(office: Office):
    answer = await office.officer.get(f"/v1/usage-points/{office.key}/export")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    manifest = json.loads(zipfile.ZipFile(io.BytesIO(answer.content)).read("manifest.json"))
    assert manifest["tables"]["somel.interval_reading"]["rows"] == 96
    assert [one["subject"] for one in await office.log()] == ["export"]
    erased = await office.asked("DELETE", f"/usage-points/{office.key}/data", params={"before": SPAN["end"]})
    assert erased["deleted"]["somel.interval_reading"] == 48
    assert "somel.settlement_slot" in erased["kept"]
    assert (await office.asked("DELETE", f"/usage-points/{office.key}/data", 404))["code"] == "usage_point_unknown"
    actions = [action for (action,) in ask(office.url, "SELECT action FROM audit_entry ORDER BY number")]
    assert actions == ["person.exported", "person.erased"]


async def test_noting_costs_a_route_no_statement(office: Office):
    path = f"/v1/usage-points/{office.key}/load"
    begun_s = time.perf_counter()
    for _ in range(20):
        await office.reader.get(path, params=SPAN)
    assert time.perf_counter() - begun_s < 20 * 0.2
    assert len(await office.log()) == 20
    ((transactions,),) = ask(office.url, "SELECT count(DISTINCT xmin::text) FROM personal_access")
    assert transactions < 20


async def test_the_log_is_kept_and_not_changed(office: Office):
    await office.reader.get(f"/v1/usage-points/{office.key}/latest")
    assert len(await office.log()) == 1
    for change in ("UPDATE personal_access SET actor = 'x'", "DELETE FROM personal_access", "TRUNCATE personal_access"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(office.url, change)
    ask(
        office.url,
        "INSERT INTO personal_access (accessed_at, recorded_at, actor, usage_point_id, subject, purpose)"
        " SELECT now(), now() - interval '13 months', 'x', 1, 'load', 'y' FROM generate_series(1, 3)",
    )
    async with await connect(office.url, Role.OWNER) as connection:
        assert await forget_accesses(connection, NOW - timedelta(days=1_000)) == 0
        with pytest.raises(InvariantError, match="role_not_allowed"):
            await forget_accesses(connection, NOW + timedelta(days=10_000))
    assert len(await office.log()) == 4


async def test_where_notes_cannot_be_stored_nothing_is_read_in_the_end(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access_log, "MOST", 2)
    calls = 0

    async def away(connection: Any, accesses: list[NewAccess]) -> None:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise RetryableError("database_unavailable", "Away.")
        await insert_accesses(connection, accesses)

    monkeypatch.setattr(access_log, "insert_accesses", away)
    path = f"/v1/usage-points/{office.key}/latest"
    codes = [(await office.reader.get(path)).status_code for _ in range(3)]
    assert codes == [200, 200, 503]
    await asyncio.sleep(5 * access_log.EVERY_S)
    assert (await office.reader.get(path)).status_code == 200
    assert len(await office.log()) == 3  # nothing is lost, nothing is there twice
