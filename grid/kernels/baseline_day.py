"""Estimate what would have been used without an event, from the day of the event itself: rectangles, and neighbours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compiling import parallel_kernel, prange
from grid.kernels.checks import Float, Int, float_array, int_array, require


def simple_rectangle(before_w: NDArray[Any], *, slots: int) -> Float:
    """Return the mean power of the half-hour before the order, for every slot of the event.

    Parameters
    ----------
    before_w : ndarray, shape (usage_point,)
        Mean power of that half-hour; NaN where missing. [W]
    slots : int
        Slots of the event.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Baseline. [W]

    Notes
    -----
    The simple rectangle by its published description; indicative, no conformity with NEBCO is claimed.

    Examples
    --------
    >>> import numpy as np
    >>> simple_rectangle(np.array([700.0]), slots=2)
    array([[700., 700.]])
    """
    before = float_array("before_w", before_w, axes=(None,))
    return np.repeat(before[:, np.newaxis], slots, axis=1)


def double_rectangle(before_w: NDArray[Any], after_w: NDArray[Any], *, slots: int) -> Float:
    """Return the lower of the half-hours before and after the event, for every slot of it.

    Parameters
    ----------
    before_w, after_w : ndarray, shape (usage_point,)
        Mean power of the half-hours before the start and after the end; NaN where missing. [W]
    slots : int
        Slots of the event.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Baseline; NaN where one of the two is missing. [W]

    Notes
    -----
    The rectangle with two references, without the correction that the rules add and that was not at hand; indicative.

    Examples
    --------
    >>> import numpy as np
    >>> double_rectangle(np.array([700.0, 500.0]), np.array([600.0, 900.0]), slots=1)
    array([[600.],
           [500.]])
    """
    before = float_array("before_w", before_w, axes=(None,))
    after = float_array("after_w", after_w, axes=before.shape)
    return simple_rectangle(np.minimum(before, after), slots=slots)


@parallel_kernel
def _nearest_batch(profile_w: Float, control_w: Float, nearest: Int) -> None:
    for usage_point in prange(profile_w.shape[0]):
        distance = np.full(nearest.shape[1], np.inf)
        for control in range(control_w.shape[0]):
            total = 0.0
            for slot in range(profile_w.shape[1]):
                total += (profile_w[usage_point, slot] - control_w[control, slot]) ** 2
            place = nearest.shape[1]
            while place > 0 and total < distance[place - 1]:  # never, where something is not known
                place -= 1
                if place + 1 < nearest.shape[1]:
                    distance[place + 1] = distance[place]
                    nearest[usage_point, place + 1] = nearest[usage_point, place]
            if place < nearest.shape[1]:
                distance[place] = total
                nearest[usage_point, place] = control


def nearest_controls(profile_w: NDArray[Any], control_w: NDArray[Any], *, count: int) -> Int:
    """Return for each usage point those who were not called and are most like it.

    Parameters
    ----------
    profile_w : ndarray, shape (usage_point, slot)
        Usual load of who was called; NaN: not known. [W]
    control_w : ndarray, shape (control, slot)
        Usual load of who was not. [W]
    count : int
        Most to return for each.

    Returns
    -------
    ndarray, shape (usage_point, count), int64
        Rows of controls by rising distance (root of the squared differences' sum), of equals the first; -1: no more.

    Notes
    -----
    O(usage_point * control * slot).

    Examples
    --------
    >>> import numpy as np
    >>> nearest_controls(np.array([[5.0]]), np.array([[1.0], [np.nan], [6.0], [4.0]]), count=2)
    array([[2, 3]])
    """
    profile = float_array("profile_w", profile_w, axes=(None, None))
    control = float_array("control_w", control_w, axes=(None, profile.shape[1]))
    require(count >= 1, "At least one control is asked for.", count=count)
    nearest = np.full((profile.shape[0], count), -1)
    _nearest_batch(profile, control, nearest)
    return nearest


def difference_in_differences(
    usual_w: NDArray[Any], control_usual_w: NDArray[Any], control_w: NDArray[Any], nearest: NDArray[Any]
) -> Float:
    """Return the usual load, shifted by what has changed for those who were not called.

    Parameters
    ----------
    usual_w : ndarray, shape (usage_point, slot)
        Usual load of who was called. [W]
    control_usual_w, control_w : ndarray, shape (control, slot)
        Usual load of who was not, and their load in the event; NaN where missing. [W]
    nearest : ndarray, shape (usage_point, count), int64
        From `nearest_controls`.

    Returns
    -------
    ndarray, shape (usage_point, slot), float64
        Usual load plus the mean over the controls of load less usual load; NaN where none of them is known. [W]

    References
    ----------
    .. [1] Angrist, J. D., Pischke, J.-S. (2009). Mostly Harmless Econometrics, section 5.2.

    Examples
    --------
    >>> import numpy as np
    >>> difference_in_differences(np.array([[500.0]]), np.array([[400.0]]), np.array([[450.0]]), np.array([[0, -1]]))
    array([[550.]])
    """
    usual = float_array("usual_w", usual_w, axes=(None, None))
    control_usual = float_array("control_usual_w", control_usual_w, axes=(None, usual.shape[1]))
    control = float_array("control_w", control_w, axes=control_usual.shape)
    rows = int_array("nearest", nearest, axes=(usual.shape[0], None))
    change = np.concatenate((control - control_usual, np.full((1, usual.shape[1]), np.nan)))[rows]
    known = ~np.isnan(change)
    count = known.sum(axis=1)
    mean = np.where(known, change, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, usual + mean, np.nan)
