"""Loads of usage points before and after a plan: devices by the plan, the rest by the forecast of their transformer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.settings import Settings
from db.network import SuppliedPoint
from grid.network.comparison import NetworkLimits
from grid.network.model import Float

Complex = NDArray[np.complex128]

#: Households draw a little reactive power, motors and lighting of others more: usual planning values. [1]
POWER_FACTORS: Final[Mapping[str, float]] = MappingProxyType({"residential": 0.97, "business": 0.93, "public": 0.95})


@dataclass(frozen=True, slots=True)
class CheckRules:
    """What a check takes for granted, and what it wants kept.

    Attributes
    ----------
    limits : NetworkLimits
        What has to be kept.
    power_factor : mapping of str to float
        By category of usage points, for what they draw; what they feed in is without reactive power. [1]
    """

    limits: NetworkLimits = field(default_factory=NetworkLimits)
    power_factor: Mapping[str, float] = field(default_factory=lambda: POWER_FACTORS)


def rules_of(settings: Settings) -> CheckRules:
    """Return limits and power factors by the settings."""
    factors = {
        "residential": settings.power_factor_residential,
        "business": settings.power_factor_business,
        "public": settings.power_factor_public,
    }
    return CheckRules(NetworkLimits(settings.voltage_band_ratio), factors)


def rest_w(forecast_w: Float, natural_w: Float) -> Float:
    """Return the load of a transformer but for its flexible devices, shape (slot,). [W].

    The forecast is of all load, devices where they naturally run. Where they draw more than was forecast the rest is
    nothing: only a forecast that is itself export leaves any.
    """
    left: Float = np.maximum(forecast_w - natural_w, np.minimum(forecast_w, 0.0))
    return left


def loads_va(points: Sequence[SuppliedPoint], rest: Float, devices_w: Float, rules: CheckRules) -> Complex:
    """Return apparent power of usage points, shape (usage_point, slot). [VA].

    Parameters
    ----------
    points : sequence of SuppliedPoint
        All behind one transformer.
    rest : ndarray, shape (slot,)
        Its load but for devices, spread over the points by subscribed power. [W]
    devices_w : ndarray, shape (usage_point, slot)
        What devices behind each draw. [W]
    rules : CheckRules
        Power factors.

    Notes
    -----
    Subscribed power is known of every point, at every hour, and does not change with last night's readings, so that two
    checks of one plan give one answer. A point's own share of the last evening would be nearer to it in the mean, and
    says little of a single half-hour.
    """
    subscribed = np.array([point.subscribed_va for point in points], dtype=np.float64)
    watts = subscribed[:, np.newaxis] / subscribed.sum() * rest + devices_w
    factor = np.array([rules.power_factor[point.category] for point in points])
    reactive = np.tan(np.arccos(factor))[:, np.newaxis] * np.maximum(watts, 0.0)
    found: Complex = watts + 1j * reactive
    return found
