"""Read every collection as GDAL does, and print what was found; runs in an environment of its own."""

import json
import sys
import warnings

import numpy as np
import pyogrio
from pyogrio.raw import read

warnings.simplefilter("error")
asked = json.load(sys.stdin)
url, box, paged_one = asked["url"], asked["box"], asked["paged"]
source = f"OAPIF:{url}"
found: dict[str, object] = {}
for name, _ in pyogrio.list_layers(source):
    info = pyogrio.read_info(source, layer=name, force_feature_count=True)
    meta, _, geometries, columns = read(source, layer=name)
    _, _, paged, _ = read(source, layer=name, page_size=7) if name == paged_one else (None, None, geometries, None)
    _, _, _, in_box = read(source, layer=name, bbox=tuple(box))
    found[name] = {
        "count": info["features"],
        "read": len(columns[0]),
        "paged": len(columns[0] if paged is None else paged),
        "in_box": len(in_box[0]),
        "fields": sorted(meta["fields"].tolist()),
        "geometries": 0 if geometries is None else sum(one is not None for one in geometries),
        "crs": meta["crs"],
    }
_, _, _, many = read(source, layer="velo.v1", where="bikes > 15 AND station <> 'S001'")
_, _, shapes, first = read(source, layer="velo.v1", max_features=1)
found["by_its_bare_name"] = pyogrio.read_info(f"{source}/collections/velo", force_feature_count=True)["features"]
found["where"] = len(many[0])
found["first"] = [str(one[0]) for one in first]
found["point"] = [round(float(one), 6) for one in np.frombuffer(shapes[0], dtype="<f8", offset=5)]
print(json.dumps(found))
