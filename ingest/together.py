"""Values that were read in different ways, put together in the order in which their messages came."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar

import numpy as np

from db.registry import Registry
from ingest.decode import DecodedIntervals, DecodedReadings
from ingest.plausibility import Devices, KnownNames, look_up

Columns = TypeVar("Columns", DecodedIntervals, DecodedReadings)


def together(parts: Sequence[Columns], registry: Registry) -> Columns:
    """Return the rows of one or more parts by message; rows of one message stay in their order."""
    parts = [part for part in parts if len(part.value)] or parts[-1:]
    if len(parts) == 1:
        return parts[0]
    names: list[str] = []
    found: list[Devices] = []
    first: dict[int, int] = {}
    for part in parts:
        if id(part.devices) not in first:
            first[id(part.devices)] = len(names)
            names.extend(part.devices)
            found.append(look_up(part.devices, registry))
    kind = type(parts[0])
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(kind)
        if field.name != "devices"
    }
    columns["device"] = np.concatenate([part.device + np.int32(first[id(part.devices)]) for part in parts])
    order = np.argsort(columns["message"], kind="stable")
    devices = Devices(*(np.concatenate([getattr(of, field.name) for of in found]) for field in fields(Devices)))
    return kind(devices=KnownNames(names, devices), **{name: column[order] for name, column in columns.items()})
