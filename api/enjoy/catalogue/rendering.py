"""Pages for people: templates filled in, in the reader's language; what publishers wrote is text and never markup."""

from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.enjoy.catalogue import writing
from api.enjoy.catalogue.asking import addresses_of
from api.enjoy.catalogue.words import SAID_BY_ALL, WORDS
from api.enjoy.catalogue.writing import COOKIE, LANGUAGES, language_of
from core.datasets import LICENCES
from enjoy.catalogue.described import mailbox_of

_TEMPLATES: Final = Path(__file__).parent / "templates"
_YEAR_S: Final = 365 * 86_400
_WRITERS: Final = ("number", "span", "ratio", "day", "moment", "value")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return a page.

    Parameters
    ----------
    request : Request
        Whose language it is in; a language that was asked for is remembered.
    template : str
        Name of a file in ``templates``, without ``.html``.
    status : int, default 200
        Of the answer.
    **facts
        What the template shows.
    """
    language = language_of(request)
    writers = {name: partial(getattr(writing, name), language=language) for name in _WRITERS}
    page = _environment().get_template(f"{template}.html")
    html = page.render(
        t=partial(_text, language),
        language=language,
        languages={one: _asked_again(request, lang=one) for one in LANGUAGES},
        addresses=addresses_of(request),
        licences=LICENCES,
        mailbox_of=mailbox_of,
        **writers,
        **facts,
    )
    answer = HTMLResponse(html, status_code=status, headers={"Vary": "Accept, Accept-Language, Cookie"})
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(
            COOKIE, language, max_age=_YEAR_S, path=request.scope.get("root_path") or "/", samesite="lax", httponly=True
        )
    return answer


def said_by(request: Request, words: Iterable[str]) -> dict[str, str]:
    """Return what the script of a page says, by name, in the language of its reader."""
    known = WORDS[language_of(request)]
    return {name: known[name] for name in (*SAID_BY_ALL, *words)}


def _text(language: str, key: str, **about: object) -> str:
    words = WORDS[language][key]
    return words.format(**about) if about else words


def _asked_again(request: Request, **changed: object) -> str:
    """Return the query of a request with something changed."""
    return "?" + urlencode({**request.query_params, **changed})
