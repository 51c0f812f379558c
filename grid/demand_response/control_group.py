"""Those whom an event could have called and did not: they show what today is like without it.

History alone leans. Who is called is chosen for drawing today, in just these slots, which the same household does on
most days but not on all; and a cold evening is not like the evenings before. Both hold for those who were not called as
well, for whose turn it is was decided by fairness and lot. So what they draw beyond their own history, of what they had
said they would, and of what that history was, is added to what the called are expected to draw.
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
#: Fewer than so many say nothing; from the other number on they say who draws beyond its history. [usage points]
FEWEST, MANY = 5, 60
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


@dataclass(frozen=True, slots=True)
class Loads:
    """Hold loads by history and as read, shape (usage_point, slot), float64; NaN where not known. [W]."""

    expected_w: Float
    read_w: Float


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


def beyond_history(group: ControlGroup, its: Loads, natural_w: Float, expected_w: Float) -> Float:
    r"""Return what others are to be expected to draw beyond their history, by what the group does.

    Parameters
    ----------
    group : ControlGroup
        The group.
    its : Loads
        Load of the group, by history and as read.
    natural_w : ndarray, shape (usage_point, slot), float64
        What resources of the others had said they would draw. [W]
    expected_w : ndarray, shape (usage_point, slot), float64
        Their load by history; NaN where not known. [W]

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        To be added to it. 0 in slots in which fewer than five of the group were read. [W]

    Notes
    -----
    With many in the group it is an analysis of covariance [1]_: by slot, what each draws beyond its history h is put at
    :math:`a + b n + c h` by least squares, n being what it had said. The last term takes back that a high mean of few
    days was high by chance. With few, b alone is taken (their sums' ratio), and believed as far as its own error s
    allows: :math:`b \tau^2 / (\tau^2 + s^2)`, the mean given b where the truth is spread by :math:`\tau` around 0.

    References
    ----------
    .. [1] Vickers, A. J., Altman, D. G. (2001). Analysing controlled trials with baseline and follow up measurements.
       BMJ 323, 1123-1124.

    Examples
    --------
    >>> group = ControlGroup(np.arange(5), np.full((5, 1), 4.0))
    >>> its = Loads(np.full((5, 1), 5.0), np.full((5, 1), 6.0))
    >>> beyond_history(group, its, np.array([[2.0]]), np.array([[7.0]]))
    array([[0.5]])
    """
    beyond_w = np.zeros_like(natural_w)
    for slot in range(natural_w.shape[1]):
        both = ~np.isnan(its.expected_w[:, slot]) & ~np.isnan(its.read_w[:, slot])
        said, history, read = (values[both, slot] for values in (group.natural_w, its.expected_w, its.read_w))
        if both.sum() >= MANY:
            beyond_w[:, slot] = _covariance(said, history, read - history, natural_w[:, slot], expected_w[:, slot])
        elif both.sum() >= FEWEST and said.sum() > 0:
            beyond_w[:, slot] = _ratio(said, read - history) * natural_w[:, slot]
    return beyond_w


def _covariance(said: Float, history: Float, beyond: Float, natural: Float, expected: Float) -> Float:
    known = np.nan_to_num(expected, nan=float(history.mean()))
    terms = np.stack([np.ones_like(said), said, history], axis=1)
    weights = np.linalg.lstsq(terms, beyond, rcond=None)[0]
    added = np.stack([np.ones_like(natural), natural, known], axis=1) @ weights
    most = _RANGE * natural.sum()
    over = added.sum() - np.clip(added.sum(), -most, most)
    return np.asarray(added - over / max(added.size, 1))


def _ratio(said: Float, beyond: Float) -> float:
    share = beyond.sum() / said.sum()
    error = np.sqrt(((beyond - share * said) ** 2).sum()) / said.sum()
    believed = _PRIOR**2 / (_PRIOR**2 + error**2)
    return float(np.clip(believed * share, -_RANGE, _RANGE))
