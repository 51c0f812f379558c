"""Who is registered, laid out so that kernels find topics and meters by their bytes."""

from typing import Final

import numpy as np

from core.identifiers import Topic
from db.registry import Registry
from ingest.name_table import NameTable
from ingest.plausibility import KnownNames, look_up, measuring

#: Kinds of message that have a plain form, in the order in which a gateway's topics stand in the table.
PLAIN_KINDS: Final = ("batch", "live")


class Directory:
    """The registry as tables of bytes.

    Parameters
    ----------
    registry : Registry
        Who is known.
    """

    def __init__(self, registry: Registry) -> None:
        gateways = registry.gateways.items()
        topics = [str(Topic(entry.shard, name, kind)) for name, entry in gateways for kind in PLAIN_KINDS]
        self.topics = NameTable(topics)
        self.gateway_id = np.array([entry.gateway_id for _, entry in gateways], np.int32)
        names = measuring(registry)
        self.meters = NameTable(names)
        self.devices = KnownNames(names, look_up(names, registry))
