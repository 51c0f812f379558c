"""The one table of what meters measure; decoders, plausibility, simulators, the database and the documentation read it.

OBIS codes follow IEC 62056-6-1. ``1-0:x.29.0`` is the value over one load-profile interval, ``1-0:x.8.0`` an index that
only grows, ``1-0:x.7.0`` an instantaneous value.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RegisterKind(StrEnum):
    """How a register's values relate to time."""

    INTERVAL = "interval"
    INDEX = "index"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Register:
    """Describe one register.

    Attributes
    ----------
    register_id : int
        Number in CBOR payloads and in the database; never reused.
    name : str
        Name in JSON, Python, SQL and the API, ending in its unit.
    obis : str
        OBIS code.
    unit : str
        Unit of a value: Wh, varh, W, VA, V, A, Hz.
    kind : RegisterKind
        Interval value, index or instantaneous value.
    lowest, highest : float
        Inclusive limits of one plausible value, in ``unit``; for intervals, of the mean power it stands for.
    """

    register_id: int
    name: str
    obis: str
    unit: str
    kind: RegisterKind
    lowest: float
    highest: float


_I, _X, _N = RegisterKind.INTERVAL, RegisterKind.INDEX, RegisterKind.INSTANT

#: 250 kVA is the largest low-voltage supply in France (Enedis, "tarif jaune/BT > 36 kVA" segment C4).
_LV_LIMIT: Final = 250_000.0

REGISTERS: Final[tuple[Register, ...]] = (
    Register(1, "import_wh", "1-0:1.29.0", "Wh", _I, 0.0, _LV_LIMIT),
    Register(2, "export_wh", "1-0:2.29.0", "Wh", _I, 0.0, _LV_LIMIT),
    Register(3, "reactive_import_varh", "1-0:3.29.0", "varh", _I, 0.0, _LV_LIMIT),
    Register(4, "reactive_export_varh", "1-0:4.29.0", "varh", _I, 0.0, _LV_LIMIT),
    Register(11, "import_index_wh", "1-0:1.8.0", "Wh", _X, 0.0, 1e12),
    Register(12, "export_index_wh", "1-0:2.8.0", "Wh", _X, 0.0, 1e12),
    Register(21, "power_w", "1-0:16.7.0", "W", _N, -_LV_LIMIT, _LV_LIMIT),
    Register(22, "apparent_power_va", "1-0:9.7.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(23, "voltage_v", "1-0:32.7.0", "V", _N, 0.0, 500.0),
    Register(24, "current_a", "1-0:31.7.0", "A", _N, 0.0, 1_000.0),
    Register(25, "frequency_hz", "1-0:14.7.0", "Hz", _N, 45.0, 55.0),
)

REGISTER_BY_ID: Final[dict[int, Register]] = {register.register_id: register for register in REGISTERS}
REGISTER_BY_NAME: Final[dict[str, Register]] = {register.name: register for register in REGISTERS}

IMPORT_WH: Final = REGISTER_BY_NAME["import_wh"]
EXPORT_WH: Final = REGISTER_BY_NAME["export_wh"]
POWER_W: Final = REGISTER_BY_NAME["power_w"]
