"""Pages of whoever holds a card: the card itself, and a code on paper to be printed."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.enjoy.catalogue.rendering import render
from api.enjoy.catalogue.words import WORDS
from api.enjoy.catalogue.words_card import CARD_SAID
from api.enjoy.catalogue.writing import language_of

router = APIRouter(include_in_schema=False)


@router.get("/card")
async def get_card_page(request: Request) -> HTMLResponse:
    """Give the page of cards."""
    words = WORDS[language_of(request)]
    return render(request, "card", said={key: words[key] for key in CARD_SAID})


@router.get("/card/paper/{medium}")
async def get_paper_page(request: Request, medium: UUID) -> HTMLResponse:
    """Give the page that makes a code on paper; it shows nothing to who is not signed in as its holder."""
    return render(request, "card_paper", medium=str(medium))
