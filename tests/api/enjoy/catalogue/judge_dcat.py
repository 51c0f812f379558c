"""Judge pages of a catalogue, in the judge's own environment: what do they say, and do they keep the shapes?

Reads ``{"shapes": path, "pages": [{"json_ld": text, "turtle": text or null}]}`` from standard input, writes JSON.
"""

import json
import sys

from pyshacl import validate
from rdflib import Graph, Namespace
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, RDF, SH

DCAT = Namespace("http://www.w3.org/ns/dcat#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")


def main() -> None:
    """Judge each page by itself, as a harvester reads it."""
    asked = json.load(sys.stdin)
    shapes = mended(Graph().parse(asked["shapes"], format="turtle"))
    json.dump([judged(page, shapes) for page in asked["pages"]], sys.stdout)


def mended(shapes):
    """Take out properties of shapes that the published file names and never describes: it does so of two."""
    for shape, prop in list(shapes.subject_objects(SH.property)):
        if (prop, None, None) not in shapes:
            shapes.remove((shape, SH.property, prop))
    return shapes


def judged(page, shapes) -> dict[str, object]:
    """Return what a page says."""
    graph = Graph().parse(data=page["json_ld"], format="json-ld")
    conforms, _, report = validate(graph, shacl_graph=shapes, inference="none", advanced=True)
    views = list(graph.subjects(RDF.type, HYDRA.PartialCollectionView))
    return {
        "conforms": conforms,
        "report": "" if conforms else report,
        "identifiers": sorted(
            str(graph.value(one, DCTERMS.identifier)) for one in graph.subjects(RDF.type, DCAT.Dataset)
        ),
        "listed": sorted(str(one) for one in graph.objects(None, DCAT.dataset)),
        "distributions": len(list(graph.subjects(RDF.type, DCAT.Distribution))),
        "next": [str(graph.value(view, HYDRA.next)) for view in views if graph.value(view, HYDRA.next)],
        "total": [int(one) for one in graph.objects(None, HYDRA.totalItems)],
        "same_as_turtle": page["turtle"] is None
        or isomorphic(graph, Graph().parse(data=page["turtle"], format="turtle")),
        "statements": len(graph),
    }


if __name__ == "__main__":
    main()
