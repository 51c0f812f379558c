"""A dataset as OGC API Records says it: a GeoJSON feature whose place is that of the dataset's records."""

from collections.abc import Iterator
from typing import Any, Final

from core.datasets import LICENCES, THEMES
from core.instants import instant_text
from enjoy.catalogue import vocabulary as eu
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.described import Described, mailbox_of
from enjoy.catalogue.files import FORMS, GEOJSON

Node = dict[str, Any]

#: The collection that records are in, and the only type that they have.
COLLECTION: Final = "datasets"
TYPE: Final = "dataset"
RECORD_CORE: Final = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"


def record_of(addresses: Addresses, one: Described) -> Node:
    """Return a dataset as a record."""
    dataset = one.dataset
    return {
        "id": dataset.name,
        "type": "Feature",
        "conformsTo": [RECORD_CORE],
        "time": _time(one),
        "geometry": _geometry(one),
        "properties": {
            "type": TYPE,
            "title": dataset.title,
            "description": dataset.description,
            "created": instant_text(dataset.created_at),
            "updated": instant_text(dataset.changed_at),
            "keywords": dataset.keywords,
            "language": {"code": eu.FRENCH},
            "externalIds": [{"value": one.identifier}],
            "themes": [
                {
                    "scheme": f"{eu.EU}data-theme",
                    "concepts": [
                        {"id": dataset.theme, "title": THEMES[dataset.theme], "url": eu.theme_of(dataset.theme)}
                    ],
                }
            ],
            "formats": [{"name": form.title, "mediaType": form.media_type} for form in FORMS],
            "contacts": [_contact(addresses, one)],
            "license": LICENCES[dataset.licence].uri.rpartition("/")[2],
        },
        "links": list(_links(addresses, one)),
    }


def link(address: str, rel: str, media_type: str, title: str) -> Node:
    """Return a link."""
    return {"href": address, "rel": rel, "type": media_type, "title": title}


def _links(addresses: Addresses, one: Described) -> Iterator[Node]:
    name, version = one.dataset.name, one.published.newest.version
    record = f"{addresses.records}/collections/{COLLECTION}/items/{name}"
    page = addresses.dataset(name)
    licence = LICENCES[one.dataset.licence]
    yield link(record, "self", GEOJSON.media_type, "This record")
    yield link(f"{addresses.records}/collections/{COLLECTION}", "collection", "application/json", "All records")
    yield link(f"{page}?f=html", "alternate", "text/html", "The page about the dataset")
    yield link(f"{page}.jsonld", "alternate", "application/ld+json", "DCAT-AP 3")
    yield link(addresses.items(name, version), "item", GEOJSON.media_type, "OGC API Features")
    yield link(addresses.contract(name), "describedby", "application/json", "The contract")
    yield link(licence.uri, "license", "text/html", licence.title)
    for form in FORMS:
        yield link(addresses.export(name, form.name), "enclosure", form.media_type, f"All records as {form.title}")


def _geometry(one: Described) -> Node | None:
    box = None if one.summary is None else one.summary.box
    if box is None:
        return None
    west, south, east, north = box
    if (west, south) == (east, north):
        return {"type": "Point", "coordinates": [west, south]}
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _time(one: Described) -> Node | None:
    summary = one.summary
    if summary is None or summary.first_at is None or summary.last_at is None:
        return None
    return {"interval": [instant_text(summary.first_at), instant_text(summary.last_at)]}


def _contact(addresses: Addresses, one: Described) -> Node:
    told: Node = {
        "organization": one.publisher.title,
        "roles": ["publisher"],
        "links": [link(addresses.organisation(one.publisher.name), "about", "text/html", one.publisher.title)],
    }
    mail = mailbox_of(one.publisher.contact)
    return told if mail is None else told | {"emails": [{"value": mail}]}
