"""Search the catalogue as OWSLib does, and print what was found; runs in an environment of its own."""

import json
import sys

from owslib.ogcapi.records import Records

asked = json.load(sys.stdin)
api = Records(asked["url"])
everything = api.collection_items("datasets", limit=1000)
record = api.collection_item("datasets", "velo")


def found(**wanted: object) -> list[str]:
    return [one["id"] for one in api.collection_items("datasets", limit=1000, **wanted)["features"]]


print(
    json.dumps(
        {
            "paths": sorted(api.api()["paths"]),
            "conformance": api.conformance()["conformsTo"],
            "records": api.records()
            if hasattr(api, "records")
            else [one["id"] for one in api.collections()["collections"]],
            "matched": everything["numberMatched"],
            "all": [one["id"] for one in everything["features"]],
            "box": found(bbox=asked["box"]),
            "then": found(datetime_="2026-11-27T11:30:00Z/.."),
            "words": found(q="arbres,quartiers"),
            "second": found(offset=1),
            "velo": [record["properties"]["title"], record["time"]["interval"], record["geometry"]["type"]],
        }
    )
)
