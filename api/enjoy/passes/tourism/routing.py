"""All routes of the tourism pass."""

from typing import Final

from fastapi import APIRouter

from api.enjoy.passes.tourism import pages, passes, payments, products, sales, settlements

ROUTERS: Final[tuple[APIRouter, ...]] = (
    products.router,
    sales.router,
    payments.router,
    settlements.router,
    passes.router,
    pages.router,
)
