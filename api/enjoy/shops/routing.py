"""All routes of shops and orders."""

from typing import Final

from fastapi import APIRouter

from api.enjoy.shops import counter, customer, directory, listings, merchant, shop_pages, stock

ROUTERS: Final[tuple[APIRouter, ...]] = (
    directory.router,
    customer.router,
    merchant.router,
    stock.router,
    counter.router,
    listings.router,
    shop_pages.router,
)
