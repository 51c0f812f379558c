"""The specification as a judge can read it: mended in memory where it is no valid OpenAPI, or contradicts itself."""

import copy
from pathlib import Path
from typing import Any

import yaml

from core.settings import Settings
from tests.conftest import missing
from tests.support.documentation import ROOT

_FILE = Path("shared") / "specs" / "openadr3-3.1.0.yaml"


def specification(settings: Settings) -> dict[str, Any]:
    """Return the specification, mended; skip the test, and say why, where the file is not."""
    file = ROOT.parent / _FILE
    if settings.reference_data is not None and not file.exists():
        file = settings.reference_data.parent / "specs" / _FILE.name
    if not file.exists():
        missing(settings, f"the OpenADR specification is not at {file}")
    document: dict[str, Any] = yaml.safe_load(file.read_text())
    schemas = document["components"]["schemas"]
    # A default that is no list: what follows "null" in the file is a stray dash.
    schemas["BlVenRequest"]["properties"]["targets"]["default"] = None
    # A told VEN would have to be of two types at once, that of an object (VEN) and that of a request (BL_VEN_REQUEST).
    for told, request in (("ven", "BlVenRequest"), ("resource", "BlResourceRequest")):
        untyped = copy.deepcopy(schemas[request])
        untyped["properties"].pop("objectType")
        untyped["required"].remove("objectType")
        schemas[told]["allOf"][1] = untyped
    # Asked for by operations, and not among the scopes.
    scopes = document["components"]["securitySchemes"]["oAuth2ClientCredentials"]["flows"]["clientCredentials"][
        "scopes"
    ]
    scopes["read_bl"] = "BL can read"
    # venName is unique to a VTN by the Definition, and a conflict is a 409; here the answer was forgotten.
    document["paths"]["/vens"]["post"]["responses"]["409"] = {"$ref": "#/components/responses/conflict"}
    return document
