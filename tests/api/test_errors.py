from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

import core.errors
from api.errors import STATUS, problem_of, status_of
from core.errors import ConflictError, InputError, InvariantError, PlatformError, RetryableError, UnauthenticatedError


def _family(kind: type[PlatformError]) -> set[type[PlatformError]]:
    return {kind}.union(*(_family(child) for child in kind.__subclasses__()))


def test_every_kind_of_error_has_its_own_line_in_the_table():
    ours = {kind for kind in _family(PlatformError) if kind.__module__ == core.errors.__name__}
    assert set(STATUS) == ours


def test_the_nearest_ancestor_decides_the_status():
    class TooLateError(ConflictError):
        pass

    assert status_of(TooLateError) == 409


@pytest.mark.parametrize(
    ("error", "status"),
    [(InputError, 422), (UnauthenticatedError, 401), (RetryableError, 503), (InvariantError, 500)],
)
def test_a_problem_has_the_status_of_its_error_and_its_code(error: type[PlatformError], status: int):
    problem = problem_of(error("some_code", "Something is so."))
    assert (problem.status, problem.code, problem.type) == (status, "some_code", "urn:somel:problem:some_code")


def test_what_only_we_can_mend_is_told_without_particulars():
    problem = problem_of(InvariantError("broken", "The password is hunter2.", password="hunter2"))
    assert "hunter2" not in problem.model_dump_json()


async def _assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status


async def test_an_unknown_route_is_a_problem_document(client: httpx.AsyncClient):
    await _assert_problem(await client.get("/v1/nothing"), 404, "route_unknown")


async def test_a_wrong_method_is_a_problem_document_that_names_the_right_ones(client: httpx.AsyncClient):
    answer = await client.put("/v1/places")
    await _assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_a_huge_body_is_refused(client: httpx.AsyncClient):
    answer = await client.post("/v1/events", content=b"x" * 100_000, headers={"Content-Type": "application/json"})
    await _assert_problem(answer, 413, "body_too_large")


async def test_a_huge_body_of_unknown_length_is_refused(client: httpx.AsyncClient):
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    answer = await client.post("/v1/events", content=pieces(), headers={"Content-Type": "application/json"})
    await _assert_problem(answer, 413, "body_too_large")


async def test_a_fault_of_ours_is_a_problem_document(app: FastAPI, client: httpx.AsyncClient):
    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    answer = await client.get("/broken")
    await _assert_problem(answer, 500, "internal_error")
    assert "secret" not in answer.text


async def test_a_field_that_is_not_valid_is_named(client: httpx.AsyncClient):
    answer = await client.get("/v1/places", params={"limit": "many"})
    await _assert_problem(answer, 422, "request_invalid")
    assert [error["field"] for error in answer.json()["errors"]] == ["limit"]


async def test_every_answer_carries_strict_headers(client: httpx.AsyncClient):
    for path in ("/", "/v1/places", "/v1/nothing", "/static/main.js"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_what_a_token_opens_is_not_kept_in_caches(client: httpx.AsyncClient):
    assert (await client.get("/v1/places")).headers["cache-control"] == "no-store"
