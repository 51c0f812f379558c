"""The one table of what meters measure; decoders, plausibility, simulators, the database and the documentation read it.

OBIS codes follow IEC 62056-6-1. ``1-0:x.29.0`` is the value over one load-profile interval, ``1-0:x.8.0`` an index that
only grows, ``1-0:x.7.0`` an instantaneous value, ``1-0:x.5.0`` the last mean and ``1-0:x.6.0`` the maximum so far. What
has no phase in its name and is a voltage or a current is phase 1's. The last number is the tariff: 1 to 63 as the
supplier numbers them, 129 and up, a range left to manufacturers, for the four indexes of the distributor's grid.
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
        Unit of a value: Wh, varh, W, var, VA, V, A, Hz.
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
#: An index of nine to twelve digits, in Wh or varh.
_INDEX_LIMIT: Final = 1e12

REGISTERS: Final[tuple[Register, ...]] = (
    Register(1, "import_wh", "1-0:1.29.0", "Wh", _I, 0.0, _LV_LIMIT),
    Register(2, "export_wh", "1-0:2.29.0", "Wh", _I, 0.0, _LV_LIMIT),
    Register(3, "reactive_import_varh", "1-0:3.29.0", "varh", _I, 0.0, _LV_LIMIT),
    Register(4, "reactive_export_varh", "1-0:4.29.0", "varh", _I, 0.0, _LV_LIMIT),
    Register(11, "import_index_wh", "1-0:1.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(12, "export_index_wh", "1-0:2.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(21, "power_w", "1-0:16.7.0", "W", _N, -_LV_LIMIT, _LV_LIMIT),
    Register(22, "apparent_power_va", "1-0:9.7.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(23, "voltage_v", "1-0:32.7.0", "V", _N, 0.0, 500.0),
    Register(24, "current_a", "1-0:31.7.0", "A", _N, 0.0, 1_000.0),
    Register(25, "frequency_hz", "1-0:14.7.0", "Hz", _N, 45.0, 55.0),
    Register(26, "voltage_l2_v", "1-0:52.7.0", "V", _N, 0.0, 500.0),
    Register(27, "voltage_l3_v", "1-0:72.7.0", "V", _N, 0.0, 500.0),
    Register(28, "current_l2_a", "1-0:51.7.0", "A", _N, 0.0, 1_000.0),
    Register(29, "current_l3_a", "1-0:71.7.0", "A", _N, 0.0, 1_000.0),
    Register(30, "current_n_a", "1-0:91.7.0", "A", _N, 0.0, 1_000.0),
    Register(31, "power_l1_w", "1-0:36.7.0", "W", _N, -_LV_LIMIT, _LV_LIMIT),
    Register(32, "power_l2_w", "1-0:56.7.0", "W", _N, -_LV_LIMIT, _LV_LIMIT),
    Register(33, "power_l3_w", "1-0:76.7.0", "W", _N, -_LV_LIMIT, _LV_LIMIT),
    Register(34, "apparent_power_l1_va", "1-0:29.7.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(35, "apparent_power_l2_va", "1-0:49.7.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(36, "apparent_power_l3_va", "1-0:69.7.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(37, "injected_apparent_power_va", "1-0:10.7.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(38, "reactive_power_var", "1-0:3.7.0", "var", _N, -_LV_LIMIT, _LV_LIMIT),
    Register(39, "mean_voltage_l1_v", "1-0:32.5.0", "V", _N, 0.0, 500.0),
    Register(40, "mean_voltage_l2_v", "1-0:52.5.0", "V", _N, 0.0, 500.0),
    Register(41, "mean_voltage_l3_v", "1-0:72.5.0", "V", _N, 0.0, 500.0),
    Register(42, "max_apparent_power_va", "1-0:9.6.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(43, "max_apparent_power_l1_va", "1-0:29.6.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(44, "max_apparent_power_l2_va", "1-0:49.6.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(45, "max_apparent_power_l3_va", "1-0:69.6.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(46, "max_injected_apparent_power_va", "1-0:10.6.0", "VA", _N, 0.0, _LV_LIMIT),
    Register(47, "max_power_w", "1-0:1.6.0", "W", _N, 0.0, _LV_LIMIT),
    Register(48, "max_current_l1_a", "1-0:31.6.0", "A", _N, 0.0, 1_000.0),
    Register(49, "max_current_l2_a", "1-0:51.6.0", "A", _N, 0.0, 1_000.0),
    Register(50, "max_current_l3_a", "1-0:71.6.0", "A", _N, 0.0, 1_000.0),
    Register(51, "import_index_t01_wh", "1-0:1.8.1", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(52, "import_index_t02_wh", "1-0:1.8.2", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(53, "import_index_t03_wh", "1-0:1.8.3", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(54, "import_index_t04_wh", "1-0:1.8.4", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(55, "import_index_t05_wh", "1-0:1.8.5", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(56, "import_index_t06_wh", "1-0:1.8.6", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(57, "import_index_t07_wh", "1-0:1.8.7", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(58, "import_index_t08_wh", "1-0:1.8.8", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(59, "import_index_t09_wh", "1-0:1.8.9", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(60, "import_index_t10_wh", "1-0:1.8.10", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(61, "import_index_d01_wh", "1-0:1.8.129", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(62, "import_index_d02_wh", "1-0:1.8.130", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(63, "import_index_d03_wh", "1-0:1.8.131", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(64, "import_index_d04_wh", "1-0:1.8.132", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(65, "reactive_index_q1_varh", "1-0:5.8.0", "varh", _X, 0.0, _INDEX_LIMIT),
    Register(66, "reactive_index_q2_varh", "1-0:6.8.0", "varh", _X, 0.0, _INDEX_LIMIT),
    Register(67, "reactive_index_q3_varh", "1-0:7.8.0", "varh", _X, 0.0, _INDEX_LIMIT),
    Register(68, "reactive_index_q4_varh", "1-0:8.8.0", "varh", _X, 0.0, _INDEX_LIMIT),
    Register(71, "import_index_l1_wh", "1-0:21.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(72, "import_index_l2_wh", "1-0:41.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(73, "import_index_l3_wh", "1-0:61.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(74, "export_index_l1_wh", "1-0:22.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(75, "export_index_l2_wh", "1-0:42.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
    Register(76, "export_index_l3_wh", "1-0:62.8.0", "Wh", _X, 0.0, _INDEX_LIMIT),
)

REGISTER_BY_ID: Final[dict[int, Register]] = {register.register_id: register for register in REGISTERS}
REGISTER_BY_NAME: Final[dict[str, Register]] = {register.name: register for register in REGISTERS}

IMPORT_WH: Final = REGISTER_BY_NAME["import_wh"]
EXPORT_WH: Final = REGISTER_BY_NAME["export_wh"]
POWER_W: Final = REGISTER_BY_NAME["power_w"]
