"""All routes of the tourism pass."""

from fastapi import APIRouter

from api.enjoy.passes.tourism import pages, passes, payments, products, sales, settlements

router = APIRouter()
for _module in (products, sales, payments, settlements, passes, pages):
    router.include_router(_module.router)
