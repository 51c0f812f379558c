"""Whose turn it is among the resources of a plan."""

from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from db.connection import Connection
from grid.demand_response.fairness import fairest_first, read_records


async def rows_fairest_first(
    connection: Connection, end_device_id: NDArray[np.int64], *, event_id: UUID, now: datetime
) -> list[int]:
    """Return the rows of resources, those first whose turn it is to be called.

    Parameters
    ----------
    connection : Connection
        A role that reads commands.
    end_device_id : ndarray, shape (device,), int64
        Resources.
    event_id : UUID
        Event that they are called for.
    now : datetime
        Decides on the season.
    """
    devices = [int(device) for device in end_device_id]
    records = await read_records(connection, devices, event_id=event_id, now=now)
    row = {device: number for number, device in enumerate(devices)}
    return [row[device] for device in fairest_first(records, event_id=event_id)]
