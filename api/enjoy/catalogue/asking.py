"""What every route of the catalogue asks: under which address it was called, in which form, and about what."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends, Request

from api.context import context_of
from api.enjoy.routes.datasets import dataset_named
from core.errors import NotFoundError
from db.catalogue import summaries
from db.connection import Connection
from db.dataset_rows import Organisation, Published
from db.datasets import find_organisation, list_organisations
from enjoy.catalogue import dcat, turtle
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.described import Described

HTML: Final = "text/html"
#: What is given in which form; the first where the caller does not care.
FORMS: Final = (dcat.MEDIA_TYPE, turtle.MEDIA_TYPE, HTML)
_ALIASES: Final = {
    "application/json": dcat.MEDIA_TYPE,
    "application/xhtml+xml": HTML,
    "text/n3": turtle.MEDIA_TYPE,
    "application/x-turtle": turtle.MEDIA_TYPE,
}
_MOST_ORGANISATIONS: Final = 1_000


def addresses_of(request: Request) -> Addresses:
    """Return addresses as the reader reaches them."""
    asked = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
    return Addresses((context_of(request).settings.enjoy_url or asked).rstrip("/"))


InAddresses = Annotated[Addresses, Depends(addresses_of)]


def form_of(request: Request, forms: Sequence[str] = FORMS) -> str:
    """Return which of some media types the caller likes best, by its ``Accept`` header; of equals the first."""
    best, liked = forms[0], 0.0
    for part in request.headers.get("accept", "*/*").split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        weight = next((_weight(word) for word in parameters if word.startswith("q=")), 1.0)
        name = _ALIASES.get(name, name)
        if name in forms and weight > liked:
            best, liked = name, weight
    return best


def wants_html(request: Request) -> bool:
    """Tell whether a person with a browser asks."""
    return form_of(request, ("*/*", HTML)) == HTML


async def described(connection: Connection, published: Sequence[Published]) -> list[Described]:
    """Return datasets with all that catalogues say of them."""
    told = await summaries(connection, published)
    publishers: dict[str, Organisation] = {}
    for name in sorted({one.dataset.organisation_name for one in published}):
        publishers[name] = await organisation_named(connection, name)
    return [
        Described(one, publishers[one.dataset.organisation_name], told.get(one.dataset.dataset_id)) for one in published
    ]


async def described_one(connection: Connection, name: str) -> Described:
    """Return a dataset with all that catalogues say of it.

    Raises
    ------
    NotFoundError
        ``dataset_unknown``.
    """
    (one,) = await described(connection, [await dataset_named(connection, name)])
    return one


async def organisation_named(connection: Connection, name: str) -> Organisation:
    """Return an organisation.

    Raises
    ------
    NotFoundError
        ``organisation_unknown``.
    """
    found = await find_organisation(connection, name)
    if found is None:
        raise NotFoundError("organisation_unknown", f"There is no organisation {name!r}.", organisation=name)
    return found


async def metropolis(connection: Connection) -> Organisation | None:
    """Return who answers for the whole catalogue: the first organisation that is the metropolis, or None."""
    everybody = await list_organisations(connection, limit=_MOST_ORGANISATIONS)
    return next((one for one in everybody if one.kind == "metropolis"), None)


def _weight(word: str) -> float:
    try:
        return float(word.removeprefix("q="))
    except ValueError:
        return 0.0
