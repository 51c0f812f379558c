"""Statements over HTTP: made, listed, described, compared and taken away."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from api.app import create_app
from api.openapi import describe
from db.access import create_token
from db.connection import Role, connect
from grid.settlement.curves import Hours
from grid.settlement.skill import score_month
from tests.api.conftest import bearer, settings_at
from tests.db.village import ask
from tests.grid.settlement.past import FIRST, SECOND, the_event_is_measured, the_late_batch, town_with_event
from tests.grid.settlement.test_skill import MONTH

NOW = SECOND + timedelta(days=10)


@pytest.fixture
async def operator(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Ask as an operator about an event that was measured and whose late readings have come."""
    town, _ = await town_with_event(database_url)
    await the_event_is_measured(database_url, town)
    await the_late_batch(database_url, town)
    async with await connect(database_url, None) as connection:
        _, secret = await create_token(connection, "control-room", ["read:grid", "operate:grid"])
    async with await connect(database_url, Role.COMPUTE) as connection:
        hours = Hours.of(FIRST - timedelta(hours=3), FIRST - timedelta(hours=2))
        await score_month(connection, town.place["T1"], MONTH, hours, now=NOW)
    app = create_app(settings_at(NOW), database_url=database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://somel.test", headers=bearer(secret)) as client,
    ):
        yield client


def conforms(client: httpx.AsyncClient, answer: httpx.Response, template: str, *, status: int = 200, method="get"):
    """Check an answer against the document of the application, and return what it says."""
    assert answer.status_code == status, answer.text
    document = describe(client._transport.app)  # type: ignore[attr-defined]
    body = document["paths"][template][method]["responses"][str(status)]["content"]["application/json"]
    Draft202012Validator({**body["schema"], "components": document["components"]}).validate(answer.json())
    return answer.json()


async def test_statements_are_made_compared_and_taken_away(operator: httpx.AsyncClient, database_url: str):
    ((event_id,),) = ask(database_url, "SELECT event_id FROM event")
    path, template = f"/v1/events/{event_id}/statements", "/v1/events/{event_id}/statements"
    made = []
    for moment in (FIRST, SECOND):
        answer = await operator.post(path, json={"as_of": moment.isoformat(), "program": "P1"})
        made.append(conforms(operator, answer, template, status=201, method="post"))
    first, second = made
    assert (first["complete_count"], second["complete_count"], first["made_by"]) == (4, 6, "token/control-room")
    again = await operator.post(path, json={"as_of": FIRST.isoformat(), "program": "P1"})
    assert again.json() == first
    assert conforms(operator, await operator.get(path), template) == [second, first]

    await one_is_taken_away(operator, path, first)
    await two_are_compared(operator, path, first, second)
    (total,) = conforms(operator, await operator.get("/v1/settled-programs/P1"), "/v1/settled-programs/{program}")
    assert (total["event_count"], total["reduction_wh"]) == (1, second["reduction_wh"])
    assert total["lower_wh"] == pytest.approx(second["lower_wh"])
    assert (await operator.get("/v1/settled-programs/P2")).json()["code"] == "program_not_settled"

    methods = conforms(operator, await operator.get("/v1/baseline-methods"), "/v1/baseline-methods")
    skill = await operator.get("/v1/places/power_transformer/T1/baseline-skill", params={"month": str(MONTH)})
    rows = conforms(operator, skill, "/v1/places/{level}/{code}/baseline-skill")
    assert {row["method"] for row in rows} == {method["name"] for method in methods}
    await what_is_not_there_is_told(operator, path)


async def one_is_taken_away(operator: httpx.AsyncClient, path: str, first: dict[str, Any]) -> None:
    template = "/v1/events/{event_id}/statements"
    one = f"{path}/{first['settlement_statement_id']}"
    detail = conforms(operator, await operator.get(one), template + "/{settlement_statement_id}")
    assert [len(member["baseline_days"]) for member in detail["usage_points"]] == [5, 5, 5]
    assert [member["reduction_wh"] is None for member in detail["usage_points"]] == [False, False, True]
    lines = (await operator.get(one, params={"format": "csv"})).text.splitlines()
    assert lines[0].startswith("event_id,settlement_statement_id,method,as_of,is_indicative,usage_point_key,resources")
    assert len(lines) == 7
    table = await operator.get(one, params={"format": "parquet"})
    assert pq.read_table(io.BytesIO(table.content)).num_rows == 6
    assert "indicative.parquet" in table.headers["content-disposition"]


async def two_are_compared(
    operator: httpx.AsyncClient, path: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    one = f"{path}/{first['settlement_statement_id']}/difference"
    differs = await operator.get(one, params={"other": second["settlement_statement_id"]})
    template = "/v1/events/{event_id}/statements/{settlement_statement_id}/difference"
    told = conforms(operator, differs, template)
    assert (told["older"], told["newer"], told["row_count"], len(told["rows"])) == (first, second, 6, 6)
    reasons = [reason for row in told["rows"] for reason in row["reasons"]]
    (replaced,) = [reason["reading"] for reason in reasons if reason["kind"] == "estimate_replaced"]
    assert (replaced["old_quality"], replaced["new_quality"]) == ("estimated", "ok")
    assert (replaced["old_value"], replaced["new_value"]) == (175.0, 250.0)


async def what_is_not_there_is_told(operator: httpx.AsyncClient, path: str) -> None:
    assert (await operator.get(f"/v1/events/{UUID(int=0)}/statements")).status_code == 404
    assert (await operator.get(f"{path}/99")).json()["code"] == "statement_unknown"
    assert (await operator.get(f"/v1/events/{UUID(int=0)}/statements/1")).status_code == 404
    assert (await operator.post(path, json={"method": "best"})).json()["code"] == "method_unknown"
    late = await operator.post(path, json={"as_of": (NOW + timedelta(days=1)).isoformat()})
    assert (late.status_code, late.json()["code"]) == (422, "statement_in_future")
