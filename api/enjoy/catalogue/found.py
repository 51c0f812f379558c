"""What search engines ask for first: which pages there are."""

from xml.sax.saxutils import escape

from fastapi import APIRouter, Response

from api.enjoy.access import Sharing
from api.enjoy.catalogue.asking import InAddresses
from db.catalogue import facets, names

router = APIRouter(include_in_schema=False)


@router.get("/sitemap.xml")
async def get_sitemap(addresses: InAddresses, connection: Sharing) -> Response:
    """List the pages of datasets and of organisations that publish some."""
    publishers = [one.value for one in await facets(connection) if one.facet == "organisation"]
    pages = [
        addresses.home,
        *map(addresses.organisation, publishers),
        *map(addresses.dataset, await names(connection)),
    ]
    entries = "".join(f"<url><loc>{escape(page)}</loc></url>" for page in pages)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    written = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{space}">{entries}</urlset>'
    return Response(written, media_type="application/xml")
