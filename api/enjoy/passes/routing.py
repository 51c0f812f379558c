"""All routes of cards, services and passes."""

from typing import Final

from fastapi import APIRouter

from api.enjoy.passes import (
    card,
    card_family,
    card_held,
    card_media,
    card_page,
    card_rights,
    card_services,
    desk_cards,
    desks,
    pages,
    published,
    readers,
    reading,
    ruling,
    services,
)
from api.enjoy.passes.tourism.routing import ROUTERS as TOURISM_ROUTERS

ROUTERS: Final[tuple[APIRouter, ...]] = (
    services.router,
    ruling.router,
    readers.router,
    reading.router,
    published.router,
    desks.router,
    desk_cards.router,
    card.router,
    card_media.router,
    card_services.router,
    card_rights.router,
    card_family.router,
    card_held.router,
    card_page.router,
    *TOURISM_ROUTERS,
    pages.router,
)
