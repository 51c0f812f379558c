"""Two opinions on the same slots, Holt-Winters' and last week's, and how far each is to be trusted.

Holt-Winters follows a season as it turns and forgets slowly; where weeks repeat but days jump about, last week is hard
to beat. Their mean, weighted by the inverse of the squared errors that each made lately [1]_, is close to the better
one without having to know which that is.

References
----------
.. [1] Bates, J. M., Granger, C. W. J. (1969). The combination of forecasts. Oper. Res. Q. 20, 451-468.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grid.kernels import holt_winters
from grid.kernels.holt_winters import HoltWintersFit
from grid.kernels.naive import weekly_naive
from grid.origins import load_after

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Opinions:
    """Hold what both said at past origins, and what came.

    Attributes
    ----------
    model_w, naive_w, actual_w : ndarray, shape (series, origin, lead), float64
        Holt-Winters, the weekly naive, and the load; NaN where there is none. [W]
    """

    model_w: Float
    naive_w: Float
    actual_w: Float

    def weight(self, known: NDArray[np.bool_] | None = None) -> Float:
        """Return the weight of the model, shape (series,): 1 where the naive one has no record.

        Parameters
        ----------
        known : ndarray, shape (origin, lead), bool, optional
            The slots whose load may be known; None: all.
        """
        may = np.ones(self.actual_w.shape[1:], dtype=np.bool_) if known is None else known
        both = may & np.isfinite(self.model_w) & np.isfinite(self.naive_w) & np.isfinite(self.actual_w)
        model = np.where(both, self.model_w - self.actual_w, 0.0)
        naive = np.where(both, self.naive_w - self.actual_w, 0.0)
        model_square, naive_square = (model**2).sum(axis=(1, 2)), (naive**2).sum(axis=(1, 2))
        total = model_square + naive_square
        weight: Float = np.where(total > 0.0, naive_square / np.where(total > 0.0, total, 1.0), 1.0)
        return weight

    def combined_w(self, weight: Float) -> Float:
        """Return the weighted mean, shape (series, origin, lead); the model's where there is no other. [W]."""
        return combine(self.model_w, self.naive_w, weight[:, np.newaxis, np.newaxis])


def ask(fitted: HoltWintersFit, load_w: Float, origins: Int, *, horizon: int) -> Opinions:
    """Return what both would have said at past origins.

    Parameters
    ----------
    fitted : HoltWintersFit
        Fitted on load before the origins, for an honest answer.
    load_w : ndarray, shape (series, time)
        From the first fitted slot on. [W]
    origins : ndarray of int, shape (origin,)
        Rising. [slots]
    horizon : int
        Leads. [slots]
    """
    return Opinions(
        holt_winters.backtest(fitted, load_w, origins, horizon),
        weekly_naive(load_w, origins, horizon),
        load_after(load_w, origins, horizon=horizon),
    )


def joined(first: Opinions, second: Opinions) -> Opinions:
    """Return the opinions of two sets of origins, one after the other."""
    return Opinions(
        np.concatenate((first.model_w, second.model_w), axis=1),
        np.concatenate((first.naive_w, second.naive_w), axis=1),
        np.concatenate((first.actual_w, second.actual_w), axis=1),
    )


def combine(model_w: Float, naive_w: Float, weight: Float) -> Float:
    """Return the weighted mean of both; the model's where the naive one has nothing to say. [W]."""
    mean_w: Float = np.where(np.isnan(naive_w), model_w, weight * model_w + (1.0 - weight) * naive_w)
    return mean_w
