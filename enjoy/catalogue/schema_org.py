"""A dataset as search engines read it: schema.org in JSON-LD."""

from typing import Any

from core.datasets import LICENCES
from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.described import Described
from enjoy.catalogue.files import FORMS


def schema_org_of(addresses: Addresses, one: Described) -> dict[str, Any]:
    """Return a dataset for the page that is about it."""
    dataset, summary = one.dataset, one.summary
    told: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": addresses.dataset(dataset.name),
        "url": addresses.dataset(dataset.name),
        "identifier": one.identifier,
        "name": dataset.title,
        "description": dataset.description,
        "keywords": dataset.keywords,
        "license": LICENCES[dataset.licence].uri,
        "isAccessibleForFree": True,
        "version": str(one.published.newest.version),
        "dateModified": (dataset.records_changed_at or dataset.changed_at).isoformat(),
        "creator": {
            "@type": "Organization",
            "name": one.publisher.title,
            "url": addresses.organisation(one.publisher.name),
        },
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Enjoy", "url": addresses.home},
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": form.media_type,
                "contentUrl": addresses.export(dataset.name, form.name),
            }
            for form in FORMS
        ],
        "variableMeasured": [
            {"@type": "PropertyValue", "name": field.name, "description": field.title, "unitText": field.unit}
            for field in one.published.contract().fields
        ],
    }
    if summary is not None and summary.first_at is not None and summary.last_at is not None:
        told["temporalCoverage"] = f"{summary.first_at.isoformat()}/{summary.last_at.isoformat()}"
    if summary is not None and summary.box is not None:
        west, south, east, north = summary.box
        shape = {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"}
        told["spatialCoverage"] = {"@type": "Place", "geo": shape}
    return told
