"""Pages of whoever holds a card: the card itself, and a code on paper to be printed."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.enjoy.catalogue.rendering import render, said_by
from api.enjoy.catalogue.words_card import CARD_SAID

router = APIRouter(include_in_schema=False)


@router.get("/card")
async def get_card_page(request: Request) -> HTMLResponse:
    """Give the page of cards."""
    return render(request, "card", said=said_by(request, CARD_SAID))


@router.get("/card/paper/{medium}")
async def get_paper_page(request: Request, medium: UUID) -> HTMLResponse:
    """Give the page that makes a code on paper; it shows nothing to who is not signed in as its holder."""
    return render(request, "card_paper", medium=str(medium), said=said_by(request, CARD_SAID))
