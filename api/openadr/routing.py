"""Routers whose answers leave out what is null: the specification has fields that may be absent and not null."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute


class _WithoutNulls(APIRoute):
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **{**options, "response_model_exclude_none": True})


def router_of(noun: str, prefix: str | None = None) -> APIRouter:
    """Return a router for one noun of the specification."""
    return APIRouter(prefix=f"/{noun}" if prefix is None else prefix, tags=[noun], route_class=_WithoutNulls)
