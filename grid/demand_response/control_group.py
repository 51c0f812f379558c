"""Those whom an event could have called and did not: they show what today is like without it.

History alone leans. Who is called is chosen for drawing today, in just these slots, which the same household does on
most days but not on all; and a cold evening is not like the evenings before. Both hold for those who were not called as
well, for whose turn it is was decided by fairness and lot. So what they draw beyond their own history, of what they had
said they would, is added to what the called are expected to draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.slots import SLOT
from db.demand_response import Event, FlexibleResource
from grid.demand_response.called import Called, natural_of

Float = NDArray[np.float64]
Int = NDArray[np.int64]

#: More than so many are not looked at. [usage points]
MOST: Final = 1_000
#: Fewer than so many say nothing. [usage points]
FEWEST: Final = 5
#: What they draw beyond their history changes nothing beyond this, of what they had said. [ratio]
_RANGE: Final = 0.5
#: By so much, of what they had said, history is believed to lean before anything is seen. [ratio]
_PRIOR: Final = 0.05


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Hold usage points that nobody was called behind.

    Attributes
    ----------
    usage_point_id : ndarray, shape (usage_point,), int64
        Rising.
    natural_w : ndarray, shape (usage_point, slot), float64
        What their resources had said they would draw in the event's slots. [W]
    """

    usage_point_id: Int
    natural_w: Float


def control_group(free: Sequence[FlexibleResource], called: Called, event: Event) -> ControlGroup:
    """Return usage points whose resources had said they would draw in an event and are not held by it.

    Parameters
    ----------
    free : sequence of FlexibleResource
        Who could be called.
    called : Called
        Whom the event has called; those of them who declined are left to themselves as well.
    event : Event
        The event.
    """
    slots = (event.ends_at - event.starts_at) // SLOT
    offset = called.slot_of(event.starts_at)
    told = called.accepted | called.waiting
    held = set(called.usage_point_id[told].tolist())
    known = set(called.end_device_id.tolist())
    others = [one for one in free if one.end_device_id not in known and one.usage_point_id is not None]
    declined_w = called.natural_w[~told, offset : offset + slots]
    points = np.array([*(one.usage_point_id for one in others), *called.usage_point_id[~told].tolist()], dtype=np.int64)
    natural_w = np.concatenate([natural_of(others, event), declined_w])
    wanted = np.array([int(point) not in held for point in points], dtype=np.bool_) & (natural_w.sum(axis=1) > 0)
    kept, row = np.unique(points[wanted], return_inverse=True)
    total_w = np.zeros((kept.size, slots))
    np.add.at(total_w, row, natural_w[wanted])
    some = np.linspace(0, kept.size - 1, min(kept.size, MOST)).astype(np.int64)
    return ControlGroup(kept[some], total_w[some])


def beyond_history(group: ControlGroup, expected_w: Float, load_w: Float) -> Float:
    r"""Return what the group draws beyond its history, of what it had said it would, shape (slot,). [ratio].

    Parameters
    ----------
    group : ControlGroup
        The group.
    expected_w, load_w : ndarray, shape (usage_point, slot), float64
        Its load by history, and as read; NaN where not known. [W]

    Returns
    -------
    ndarray, shape (slot,), float64
        0 where too few were read to tell.

    Notes
    -----
    Some hundred households differ from their history by chance as much as by what is looked for. So the ratio b that is
    seen is believed as far as its own error s allows, which follows from how unlike the households are:
    :math:`b \tau^2 / (\tau^2 + s^2)`, the mean given b where the truth is spread by :math:`\tau` around 0.

    Examples
    --------
    >>> group = ControlGroup(np.arange(5), np.full((5, 1), 4.0))
    >>> beyond_history(group, np.full((5, 1), 5.0), np.full((5, 1), 6.0))
    array([0.25])
    >>> apart_w = np.array([[-1.0], [0.0], [1.0], [2.0], [3.0]])
    >>> beyond_history(group, np.full((5, 1), 5.0), 5.0 + apart_w).round(3)
    array([0.023])
    """
    both = ~np.isnan(expected_w) & ~np.isnan(load_w)
    natural_w = np.where(both, group.natural_w, 0.0).sum(axis=0)
    beyond_w = np.where(both, load_w - expected_w, 0.0).sum(axis=0)
    enough = (both.sum(axis=0) >= FEWEST) & (natural_w > 0)
    share = np.divide(beyond_w, natural_w, out=np.zeros_like(natural_w), where=enough)
    unlike_w = np.where(both, load_w - expected_w - share * group.natural_w, 0.0)
    error = np.divide(np.sqrt((unlike_w**2).sum(axis=0)), natural_w, out=np.zeros_like(natural_w), where=enough)
    believed = _PRIOR**2 / (_PRIOR**2 + error**2)
    return np.asarray(np.clip(believed * share, -_RANGE, _RANGE))
