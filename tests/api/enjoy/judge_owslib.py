"""Read every collection as OWSLib does, and print what was found; runs in an environment of its own."""

import json
import sys

from owslib.ogcapi.features import Features

asked = json.load(sys.stdin)
api = Features(asked["url"])
found: dict[str, object] = {"paths": len(api.api()["paths"]) > 0, "conformance": len(api.conformance()["conformsTo"])}
for name in api.feature_collections():
    described = api.collection(name)
    page = api.collection_items(name, limit=1000)
    count = len(page["features"])
    second = api.collection_items(name, limit=5, offset=5)
    in_box = api.collection_items(name, bbox=asked["box"], limit=10_000)
    feature = page["features"][3]
    again = api.collection_item(name, feature["id"])
    found[name] = {
        "title": described["title"],
        "count": count,
        "matched": page["numberMatched"],
        "in_box": len(in_box["features"]),
        "second": [one["id"] for one in second["features"]] == [one["id"] for one in page["features"][5:10]],
        "again": again["properties"] == feature["properties"],
        "queryables": sorted(api.collection_queryables(name)["properties"]),
        "schema": sorted(api.collection_schema(name)["properties"]),
    }
found["filtered"] = api.collection_items("velo.v1", filter="bikes > 15", limit=10_000)["numberReturned"]
found["newest"] = api.collection_items("velo.v1", sortby=("at", "desc"), limit=1)["features"][0]["properties"]["at"]
print(json.dumps(found))
