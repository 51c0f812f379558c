"""One dataset as DCAT-AP 3 says it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from core.datasets import LICENCES
from db.dataset_rows import Organisation, Version
from enjoy.catalogue import vocabulary as eu
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.described import Described, mailbox_of
from enjoy.catalogue.files import FORMS, GEOJSON, Form

Node = dict[str, Any]

_FEATURES: Final = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
#: What may stand in an address as it is.
_SAFE: Final = "%/:=&?~#+!$,;'@()*[]"


def reference(address: str) -> Node:
    """Return a mention of what has an address."""
    return {"@id": quote(address, safe=_SAFE)}


def text(words: str, language: str = eu.FRENCH) -> Node:
    """Return words for people."""
    return {"@value": words, "@language": language}


def instant(at: datetime) -> Node:
    """Return an instant."""
    return {"@value": at.isoformat(), "@type": "xsd:dateTime"}


def agent(addresses: Addresses, organisation: Organisation | None) -> Node:
    """Return a publisher; Enjoy itself where there is none."""
    if organisation is None:
        return {**reference(addresses.home + "#publisher"), "@type": "foaf:Agent", "foaf:name": text("Enjoy")}
    told: Node = {
        **reference(addresses.organisation(organisation.name)),
        "@type": "foaf:Agent",
        "foaf:name": text(organisation.title),
        "dct:identifier": f"urn:somel:organisation:{organisation.name}",
    }
    kind = eu.publisher_type_of(organisation.kind)
    if kind is not None:
        label = text("Local Authority", "en")
        told["dct:type"] = {"@id": kind, "@type": "skos:Concept", "skos:prefLabel": label}
    if organisation.homepage:
        told["foaf:homepage"] = {**reference(organisation.homepage), "@type": "foaf:Document"}
    return told


def service_node(addresses: Addresses, names: Sequence[str]) -> Node:
    """Return the OGC API that serves datasets."""
    return {
        **reference(addresses.features),
        "@type": "dcat:DataService",
        "dct:title": text("OGC API Features"),
        "dcat:endpointURL": reference(addresses.features),
        "dcat:endpointDescription": reference(addresses.description),
        "dct:conformsTo": {"@id": _FEATURES, "@type": "dct:Standard"},
        "dcat:servesDataset": [reference(addresses.dataset(name)) for name in names],
    }


def dataset_node(addresses: Addresses, one: Described) -> Node:
    """Return a dataset with its distributions."""
    dataset, newest = one.dataset, one.published.newest
    address = addresses.dataset(dataset.name)
    told: Node = {
        **reference(address),
        "@type": "dcat:Dataset",
        "dct:identifier": one.identifier,
        "dct:title": text(dataset.title),
        "dct:description": text(dataset.description),
        "dct:publisher": agent(addresses, one.publisher),
        "dcat:theme": reference(eu.theme_of(dataset.theme)),
        "dcat:keyword": [text(word) for word in dataset.keywords],
        "dct:language": {"@id": eu.LANGUAGE, "@type": "dct:LinguisticSystem"},
        "dct:accrualPeriodicity": {"@id": eu.frequency_of(dataset.update_period_s), "@type": "dct:Frequency"},
        "dct:accessRights": {"@id": eu.rights_of(dataset.openness), "@type": "dct:RightsStatement"},
        "dct:license": _licence(dataset.licence),
        "dct:issued": instant(dataset.created_at),
        "dct:modified": instant(max(dataset.changed_at, dataset.records_changed_at or dataset.changed_at)),
        # A page and the dataset that it is about are two things, and have an address each.
        "dcat:landingPage": {**reference(f"{address}?f=html"), "@type": "foaf:Document"},
        "dcat:version": str(newest.version),
        "dct:conformsTo": list(_standards(addresses, one)),
        "dcat:distribution": list(_distributions(addresses, one)),
    }
    if len(one.published.versions) > 1:
        told["dcat:previousVersion"] = reference(f"{address}#version-{one.published.versions[-2].version}")
    return told | _contact(one) | _extent(one)


def _standards(addresses: Addresses, one: Described) -> Iterator[Node]:
    contract = {"@type": "dct:Standard", "dct:title": text("Contrat du jeu de données")}
    yield {**reference(addresses.contract(one.dataset.name)), **contract}
    if one.dataset.geometry_type is not None:
        yield {"@id": _CRS84, "@type": "dct:Standard"}


def _contact(one: Described) -> Node:
    contact = (one.publisher.contact or "").strip()
    if not contact:
        return {}
    mail = mailbox_of(contact)
    told: Node = {"@type": "vcard:Kind", "vcard:fn": text(one.publisher.title)}
    if mail is not None:
        told["vcard:hasEmail"] = reference(f"mailto:{mail}")
    elif contact.startswith(("https://", "http://")):
        told["vcard:hasURL"] = reference(contact)
    return {"dcat:contactPoint": told}


def _extent(one: Described) -> Node:
    told: Node = {}
    box = None if one.summary is None else one.summary.box
    if box is not None:
        west, south, east, north = box
        ring = ", ".join(
            f"{x} {y}" for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))
        )
        corners = {"@value": f"POLYGON(({ring}))", "@type": "gsp:wktLiteral"}
        told["dct:spatial"] = {"@type": "dct:Location", "dcat:bbox": corners}
    if one.summary is not None and one.summary.first_at is not None and one.summary.last_at is not None:
        told["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": instant(one.summary.first_at),
            "dcat:endDate": instant(one.summary.last_at),
        }
    return told


def _distributions(addresses: Addresses, one: Described) -> Iterator[Node]:
    name = one.dataset.name
    for form in FORMS:
        download = reference(addresses.export(name, form.name))
        told = _distribution(addresses, one, f"export-{form.name}", f"{one.dataset.title} – {form.title}", form)
        yield told | {"dcat:accessURL": download, "dcat:downloadURL": download, "adms:status": _status("COMPLETED")}
    for version in reversed(one.published.versions):
        title = f"{one.dataset.title} – OGC API Features, version {version.version}"
        told = _distribution(addresses, one, f"features-v{version.version}", title, GEOJSON)
        yield (
            told
            | {
                "dcat:accessURL": reference(addresses.items(name, version.version)),
                "dcat:accessService": reference(addresses.features),
                "adms:status": _status("COMPLETED" if version.sunset_at is None else "DEPRECATED"),
                "dct:issued": instant(version.opened_at),
            }
            | _notice(version)
        )


def _distribution(addresses: Addresses, one: Described, part: str, title: str, form: Form) -> Node:
    return {
        **reference(f"{addresses.dataset(one.dataset.name)}#{part}"),
        "@type": "dcat:Distribution",
        "dct:title": text(title),
        "dct:format": {"@id": eu.file_type_of(form.file_type), "@type": "dct:MediaTypeOrExtent"},
        "dcat:mediaType": {"@id": eu.MEDIA_TYPES + form.media_type, "@type": "dct:MediaType"},
        "dct:license": _licence(one.dataset.licence),
        "dcatap:availability": _availability(),
    }


def _notice(version: Version) -> Node:
    if version.sunset_at is None:
        return {}
    return {"dct:description": text(f"Cette forme répond au moins jusqu'au {version.sunset_at.date().isoformat()}.")}


def _availability() -> Node:
    label = text("Stable", "en")
    return {"@id": f"{eu.EU}planned-availability/STABLE", "@type": "skos:Concept", "skos:prefLabel": label}


def _status(code: str) -> Node:
    label = text(code.capitalize(), "en")
    return {"@id": f"{eu.EU}distribution-status/{code}", "@type": "skos:Concept", "skos:prefLabel": label}


def _licence(key: str) -> Node:
    licence = LICENCES[key]
    return {"@id": licence.uri, "@type": "dct:LicenseDocument", "dct:title": text(licence.title)}
