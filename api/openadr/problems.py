"""Errors as the specification tells them: its `problem` as plain JSON, and what cannot be accepted is a 400."""

from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.errors import problem_of
from api.openadr.access import TOKEN_PATH
from api.openadr.models.problem import OpenadrProblem
from core.errors import PlatformError

_HEADERS: Final = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="openadr"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},
}
#: What RFC 6749 calls our codes.
_OAUTH_ERRORS: Final = {
    "client_not_valid": "invalid_client",
    "grant_type_unknown": "unsupported_grant_type",
    "scope_not_granted": "invalid_scope",
}
_log = structlog.get_logger()


async def answer_with_problem(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that ended in an error."""
    problem = problem_of(error)
    status = HTTPStatus(problem.status)
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        status = HTTPStatus.BAD_REQUEST
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", path=request.url.path, code=problem.code, exc_info=error)
    oauth: dict[str, Any] = {}
    if request.url.path.endswith(TOKEN_PATH) and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        named = _OAUTH_ERRORS.get(problem.code, "invalid_request")
        oauth = {"error": named, "error_description": problem.detail}
    told = {**problem.model_dump(mode="json", exclude_none=True), "title": status.phrase, "status": status, **oauth}
    own = error.headers if isinstance(error, HTTPException) and error.headers else {}
    return JSONResponse(told, status_code=status, headers={**_HEADERS.get(status, {}), **own})


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem of the specification."""
    for kind in (PlatformError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer_with_problem)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what an operation's document says of its errors; all have 400, 401 and 500 beside those given."""
    named = sorted({400, 401, 500, *statuses})
    return {status: {"model": OpenadrProblem, "description": HTTPStatus(status).phrase} for status in named}
