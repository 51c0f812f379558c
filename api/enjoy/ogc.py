"""What the OGC APIs of Enjoy have in common: each an application of its own, whose bad requests are 400."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.errors import answered, problem_of
from core.errors import PlatformError


def mount(app: FastAPI, prefix: str, inner: FastAPI) -> None:
    """Mount one of them in Enjoy; the address without its last slash leads to the one with it."""

    async def lead(request: Request) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}{prefix}/")

    app.router.add_route(prefix, lead, methods=["GET"], include_in_schema=False)
    app.mount(prefix, inner, name=prefix.strip("/"))


def install_errors(inner: FastAPI) -> None:
    """Have all of its errors answered as the standards ask."""
    for kind in (PlatformError, RequestValidationError, HTTPException, Exception):
        inner.add_exception_handler(kind, answer_with_problem)


async def answer_with_problem(request: Request, error: Exception) -> Response:
    """Answer with a problem document; what is wrong with a request is 400 in these standards, where ours is 422."""
    problem = problem_of(error)
    if problem.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        bad = HTTPStatus.BAD_REQUEST
        problem = problem.model_copy(update={"status": bad, "title": bad.phrase})
    return answered(request, error, problem)
