"""The catalogue as DCAT-AP 3 says it, in JSON-LD: datasets, their distributions, and pages as Hydra links them.

Values are written out (``@id``, ``@value`` with ``@type``), and the context holds prefixes alone: a reader needs no
other document, and `enjoy.catalogue.turtle` writes the same statements as Turtle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.datasets import THEMES
from db.dataset_rows import Organisation
from enjoy.catalogue import vocabulary as eu
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.dcat_dataset import agent, dataset_node, instant, reference, service_node, text
from enjoy.catalogue.described import Described

Node = dict[str, Any]

CONTEXT: Final[Mapping[str, str]] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "gsp": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
MEDIA_TYPE: Final = "application/ld+json"


@dataclass(frozen=True, slots=True)
class View:
    """Place a page among those of the catalogue, by their addresses.

    Attributes
    ----------
    here, first, last : str
        This page, the first and the last one.
    previous, following : str or None
        The pages beside it.
    total : int
        Datasets on all pages.
    """

    here: str
    first: str
    last: str
    previous: str | None
    following: str | None
    total: int


def catalog_document(
    addresses: Addresses,
    publisher: Organisation | None,
    page: Sequence[Described],
    view: View,
    *,
    of: Organisation | None = None,
) -> Node:
    """Return a page of the catalogue.

    Parameters
    ----------
    addresses : Addresses
        Of things named in it.
    publisher : Organisation or None
        Who answers for the catalogue; None where no organisation is the metropolis.
    page : sequence of Described
        Its datasets.
    view : View
        Where it is.
    of : Organisation, optional
        The only publisher whose datasets are in it.
    """
    titles = ("Enjoy", "Les données ouvertes de la métropole")
    address = addresses.catalog
    if of is not None:
        titles = (f"Enjoy – {of.title}", f"Les données ouvertes de {of.title}")
        address = f"{addresses.organisation(of.name)}/catalog"
    catalog: Node = {
        "@id": address,
        "@type": ["dcat:Catalog", "hydra:Collection"],
        "dct:title": text(titles[0]),
        "dct:description": text(titles[1]),
        "dct:publisher": agent(addresses, publisher),
        "dct:language": {"@id": eu.LANGUAGE, "@type": "dct:LinguisticSystem"},
        "foaf:homepage": {"@id": addresses.home, "@type": "foaf:Document"},
        "dcat:themeTaxonomy": {
            "@id": f"{eu.EU}data-theme",
            "@type": "skos:ConceptScheme",
            "dct:title": text("Data theme", "en"),
        },
        "dcat:service": service_node(addresses, [one.dataset.name for one in page]),
        "dcat:dataset": [reference(addresses.dataset(one.dataset.name)) for one in page],
        "hydra:totalItems": {"@value": str(view.total), "@type": "xsd:integer"},
        "hydra:view": reference(view.here),
    }
    newest = max((one.dataset.changed_at for one in page), default=None)
    if newest is not None:
        catalog["dct:modified"] = instant(newest)
    return _document([catalog, _view_node(view), *_datasets(addresses, page)])


def dataset_document(addresses: Addresses, one: Described) -> Node:
    """Return a dataset by itself."""
    return _document([service_node(addresses, [one.dataset.name]), *_datasets(addresses, [one])])


def _datasets(addresses: Addresses, page: Sequence[Described]) -> Iterable[Node]:
    yield from (dataset_node(addresses, one) for one in page)
    for theme in sorted({one.dataset.theme for one in page}):
        yield {
            "@id": eu.theme_of(theme),
            "@type": "skos:Concept",
            "skos:prefLabel": text(THEMES[theme], "en"),
            "skos:inScheme": reference(f"{eu.EU}data-theme"),
        }


def _view_node(view: View) -> Node:
    links = {"first": view.first, "previous": view.previous, "next": view.following, "last": view.last}
    told = {f"hydra:{name}": reference(address) for name, address in links.items() if address is not None}
    return {"@id": view.here, "@type": "hydra:PartialCollectionView", **told}


def _document(graph: Iterable[Node]) -> Node:
    return {"@context": dict(CONTEXT), "@graph": list(graph)}
