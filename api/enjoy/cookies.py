"""Cookies that hold a session: no script reads them, and no other site sends them along."""

from datetime import timedelta
from typing import Final

from fastapi import Request, Response

_PATH: Final = "/enjoy"
_LONGEST_SECRET: Final = 200


def secret_in(request: Request, cookie: str) -> str | None:
    """Return the secret that a browser holds in a cookie, or None where it is none that we gave."""
    secret = request.cookies.get(cookie, "")
    return secret if 0 < len(secret) <= _LONGEST_SECRET else None


def set_secret(request: Request, response: Response, cookie: str, secret: str, *, lasts: timedelta) -> None:
    """Let the browser hold a session."""
    response.set_cookie(
        cookie,
        secret,
        max_age=int(lasts.total_seconds()),
        path=_PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def drop_secret(request: Request, response: Response, cookie: str) -> None:
    """Let the browser forget a session."""
    response.delete_cookie(cookie, path=_PATH, httponly=True, samesite="strict", secure=request.url.scheme == "https")
