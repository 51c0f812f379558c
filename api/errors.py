"""Errors on the wire: one table from kinds of error to status codes, one handler, RFC 9457 problem documents."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.models.problem import FieldProblem, Problem
from core.errors import (
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InputError,
    InvariantError,
    NotFoundError,
    PlatformError,
    RefusedError,
    RetryableError,
    UnauthenticatedError,
)

#: The nearest ancestor of an error's class decides.
STATUS: Final[Mapping[type[PlatformError], HTTPStatus]] = {
    PlatformError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusedError: HTTPStatus.FORBIDDEN,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    GoneError: HTTPStatus.GONE,
    ConflictError: HTTPStatus.CONFLICT,
    RetryableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ConfigurationError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvariantError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_HEADERS: Final[Mapping[HTTPStatus, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Bearer realm="somel"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},
}
#: Codes of what the framework itself refuses.
_FRAMEWORK_CODES: Final[Mapping[int, str]] = {
    HTTPStatus.NOT_FOUND: "route_unknown",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "quota_spent",
}
PROBLEM_TYPE: Final = "application/problem+json"
_OURS: Final = "Something went wrong on our side; it is logged."

_log = structlog.get_logger()


def status_of(kind: type[PlatformError]) -> HTTPStatus:
    """Return the status code of a kind of error."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def problem_of(error: Exception) -> Problem:
    """Describe any error for the caller; what only we can mend is described without its particulars."""
    if isinstance(error, PlatformError):
        return _of_platform_error(error)
    if isinstance(error, RequestValidationError):
        fields = [_field_problem(wrong) for wrong in error.errors()]
        named = ", ".join(dict.fromkeys(field.field for field in fields))
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request_invalid", f"Not valid: {named}.", errors=fields)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return _problem(status, _FRAMEWORK_CODES.get(status, "request_refused"), str(error.detail))
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", _OURS)


async def answer_with_problem(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that ended in an error."""
    return answered(request, error, problem_of(error))


def answered(request: Request, error: Exception, problem: Problem) -> JSONResponse:
    """Return the answer to a request that ended in an error, and log it where that is for somebody to see."""
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        _log.warning("request put off", path=request.url.path, code=problem.code)
    elif problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", path=request.url.path, code=problem.code, exc_info=error)
    own = error.headers if isinstance(error, HTTPException) and error.headers else {}
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=problem.status,
        media_type=PROBLEM_TYPE,
        headers={**_HEADERS.get(HTTPStatus(problem.status), {}), **own},
    )


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""
    for kind in (PlatformError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer_with_problem)


def _of_platform_error(error: PlatformError) -> Problem:
    status = status_of(type(error))
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _problem(status, error.code, _OURS)
    field = error.context.get("field")
    fields = [FieldProblem(field=str(field), message=error.message)] if field is not None else None
    return _problem(status, error.code, error.message, errors=fields)


def _problem(status: HTTPStatus, code: str, detail: str, *, errors: Sequence[FieldProblem] | None = None) -> Problem:
    return Problem(
        type=f"urn:somel:problem:{code}",
        title=status.phrase,
        status=status,
        detail=detail,
        code=code,
        errors=list(errors) if errors else None,
    )


def _field_problem(wrong: Mapping[str, Any]) -> FieldProblem:
    place = [str(part) for part in wrong["loc"]]
    return FieldProblem(field=".".join(place[1:] or place), message=str(wrong["msg"]))
