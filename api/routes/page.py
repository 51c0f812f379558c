"""The live page and the API explorer: files, served as they are."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse

from api.context import context_of

WEB: Final = Path(__file__).resolve().parent.parent / "web"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_page() -> FileResponse:
    """Give the live page."""
    return FileResponse(WEB / "index.html", media_type="text/html")


@router.get("/operate")
@router.get("/operate/{event_id}")
async def get_operators_view() -> FileResponse:
    """Give the same page, which then shows the operators' view."""
    return FileResponse(WEB / "index.html", media_type="text/html")


@router.get("/docs")
async def get_explorer() -> FileResponse:
    """Give the API explorer."""
    return FileResponse(WEB / "docs.html", media_type="text/html")


@router.get("/robots.txt")
async def get_robots(request: Request) -> PlainTextResponse:
    """Tell search engines that the catalogue is what is to be found."""
    enjoy = context_of(request).settings.enjoy_url.rstrip("/") or f"{request.base_url}enjoy"
    return PlainTextResponse(f"User-agent: *\nAllow: /enjoy/\nDisallow: /\nSitemap: {enjoy}/sitemap.xml\n")
