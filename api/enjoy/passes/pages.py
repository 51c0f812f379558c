"""Pages of passes: the one that a phone shows a pass on, with or without a net, and those of desks."""

import hashlib
import json
from functools import cache
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.enjoy.catalogue.rendering import render, said_by
from api.enjoy.catalogue.words import WORDS
from api.enjoy.catalogue.words_desk import DESK_SAID
from api.enjoy.catalogue.words_pass import PASS_SAID
from api.enjoy.catalogue.words_reader import READER_SAID
from api.enjoy.catalogue.writing import LANGUAGES, language_of
from api.enjoy.operating import Passes
from api.headers import PHONE_PATH
from api.routes.page import WEB
from db.pass_services import communes
from enjoy.passes.desks import DOCUMENTS

router = APIRouter(include_in_schema=False)

_SCRIPT: Final = "text/javascript; charset=utf-8"
_COLOUR: Final = "#12355b"
#: What the page of passes needs beside itself, below ``/static``.
_FILES: Final = (
    "style.css",
    "dom.js",
    "icon.svg",
    "vendor/qrcode.js",
    "enjoy/enjoy.css",
    "enjoy/asking.js",
    "enjoy/pass/pass.css",
    "enjoy/pass/pass.js",
    "enjoy/pass/presenting.js",
    "enjoy/pass/keeping.js",
    "enjoy/pass/drawing.js",
    "enjoy/pass/offering.js",
    "enjoy/pass/renewing.js",
    "enjoy/pass/showing.js",
    "enjoy/pass/icon-192.png",
)


@router.get("/pass")
async def get_pass_page(request: Request) -> HTMLResponse:
    """Give the page that shows passes; it holds nothing of anybody: passes are kept in the browser."""
    return render(request, "pass", said=said_by(request, PASS_SAID))


@router.get("/pass/manifest.webmanifest")
async def get_manifest(request: Request) -> JSONResponse:
    """Tell phones how the page is installed."""
    words = WORDS[language_of(request)]
    manifest = {
        "id": PHONE_PATH,
        "name": words["passName"],
        "short_name": words["passShort"],
        "description": words["passLead"],
        "lang": language_of(request),
        "start_url": PHONE_PATH,
        "scope": PHONE_PATH,
        "display": "standalone",
        "theme_color": _COLOUR,
        "background_color": _COLOUR,
        "icons": [
            {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"},
            {"src": "/static/enjoy/pass/icon-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": "/static/enjoy/pass/icon-512.png", "sizes": "512x512", "type": "image/png"},
            {
                "src": "/static/enjoy/pass/icon-maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    return JSONResponse(manifest, media_type="application/manifest+json")


@router.get("/pass/worker.js")
async def get_worker() -> Response:
    """Give the worker that keeps the page for when there is no net; it may see to the page, which lies above it."""
    return Response(_worker(), media_type=_SCRIPT, headers={"Service-Worker-Allowed": PHONE_PATH})


@router.get("/desk")
async def get_desk_page(request: Request, connection: Passes) -> HTMLResponse:
    """Give the page of those who run services and of those who say at a desk who has a right."""
    names = sorted((await communes(connection)).items(), key=lambda one: one[1])
    return render(request, "desk", said=said_by(request, DESK_SAID), communes=names, documents=DOCUMENTS)


@router.get("/desk/reader")
async def get_reader_page(request: Request) -> HTMLResponse:
    """Give the page that reads passes with the camera of a phone, or with a scanner that types."""
    return render(request, "reader", said=said_by(request, READER_SAID))


@cache
def _worker() -> str:
    """Return the worker, which changes whenever a file that it keeps does: browsers then fetch all of them again."""
    contents = [(WEB / name).read_bytes() for name in (*_FILES, "enjoy/pass/worker.js") if (WEB / name).is_file()]
    version = hashlib.sha256(b"".join(contents) + _pages_digest()).hexdigest()[:16]
    pages = [f"{PHONE_PATH}?lang={language}" for language in LANGUAGES]
    files = [*pages, *(f"/static/{name}" for name in _FILES)]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(files)};\n"
    return head + (WEB / "enjoy/pass/worker.js").read_text()


def _pages_digest() -> bytes:
    """Return what changes when the words of the page do."""
    words = {language: [WORDS[language][key] for key in sorted(WORDS[language])] for language in LANGUAGES}
    return hashlib.sha256(json.dumps(words).encode()).digest()
