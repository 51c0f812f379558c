"""Low-voltage cables and distribution transformers as French networks are built of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Cable:
    """A buried aluminium cable with four cores.

    Attributes
    ----------
    name : str
        Sections of a phase and of the neutral, such as 3x150+70. [mm²]
    r_ohm_per_km, neutral_ohm_per_km : float
        Resistance of a phase and of the neutral at 20 °C. [Ω/km]
    rated_a : float
        Most current in the ground. [A]
    """

    name: str
    r_ohm_per_km: float
    neutral_ohm_per_km: float
    rated_a: float

    @property
    def zero_ohm_per_km(self) -> float:
        """Return the resistance of the zero sequence: a phase, and three currents in the neutral. [Ω/km]."""
        return self.r_ohm_per_km + 3.0 * self.neutral_ohm_per_km


@dataclass(frozen=True, slots=True)
class TransformerType:
    """A distribution transformer: losses without load and at its rating [W], short-circuit voltage [ratio]."""

    iron_w: float
    copper_w: float
    short_circuit_ratio: float


#: Sections of NF C 33-210, thinnest first; resistances of IEC 60228 (2004, table 2, aluminium), currents of DIN VDE
#: 0276-603 (2018, four-core aluminium cables in the ground).
MAINS: Final = (
    Cable("3x95+50", 0.320, 0.641, 215.0),
    Cable("3x150+70", 0.206, 0.443, 275.0),
    Cable("3x240+95", 0.125, 0.320, 364.0),
)
#: From the box in the street to the meter.
SERVICE: Final = Cable("4x35", 0.868, 0.868, 123.0)
#: Of cables with all cores under one sheath: UTE C 15-500 reckons with this for all sections. [Ω/km]
X_OHM_PER_KM: Final = 0.08
#: As SimBench has it for 4x150 (S. Meinecke et al. 2020, Energies 13(12):3290). [nF/km]
C_NF_PER_KM: Final = 830.0
#: Highest losses by Regulation (EU) 548/2014, annex I, table I.1, from July 2015 on (Ck, A0), by rated power; voltages
#: of EN 50588-1. [VA]
TRANSFORMERS: Final[Mapping[int, TransformerType]] = MappingProxyType(
    {
        50_000: TransformerType(90.0, 1_100.0, 0.04),
        100_000: TransformerType(145.0, 1_750.0, 0.04),
        160_000: TransformerType(210.0, 2_350.0, 0.04),
        250_000: TransformerType(300.0, 3_250.0, 0.04),
        400_000: TransformerType(430.0, 4_600.0, 0.04),
        630_000: TransformerType(600.0, 6_500.0, 0.04),
        1_000_000: TransformerType(770.0, 10_500.0, 0.06),
    }
)
#: Current without load over the rated one: an assumption, it hardly matters. [ratio]
IDLE_RATIO: Final = 0.005
#: Voltage of the low side without load, and nominal voltage. [V]
NO_LOAD_V: Final = 410
NOMINAL_V: Final = 400
VECTOR_GROUP: Final = "Dyn11"
SHIFT_DEGREE: Final = 330.0

#: Share of all subscribed power that is drawn at once, by number of homes (NF C 14-100). [ratio]
_COINCIDENCE: Final = (
    *((50, 0.38), (40, 0.41), (35, 0.42), (30, 0.44), (25, 0.46)),
    *((20, 0.49), (15, 0.53), (10, 0.63), (5, 0.78), (0, 1.0)),
)


def coincidence_ratio(usage_points: int) -> float:
    """Return the share of their subscribed power that so many homes draw at once, as networks are designed.

    Examples
    --------
    >>> coincidence_ratio(4), coincidence_ratio(12), coincidence_ratio(80)
    (1.0, 0.63, 0.38)
    """
    return next(ratio for least, ratio in _COINCIDENCE if usage_points >= least)
