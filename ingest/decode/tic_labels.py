"""The one table of what Linky meters say on their customer port; decoder, documentation and tests read it.

After Enedis-NOI-CPT_54E, "Sorties de télé-information client des appareils de comptage Linky". A register's name says
what a label becomes; the other fates are named by `Fate`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.registers import REGISTER_BY_NAME, Register


class Mode(StrEnum):
    """The two languages of the port: 1,200 baud with spaces, or 9,600 baud with tabulators."""

    HISTORIC = "historic"
    STANDARD = "standard"


class Fate(StrEnum):
    """What becomes of a group that is right."""

    ADDRESS = "address"  #: says which meter speaks
    CLOCK = "clock"  #: says when it speaks
    READING = "reading"  #: a value at one instant
    CURVE = "curve"  #: a point of the load curve: the mean power of the interval that ended at its time
    TEXT = "text"  #: kept as a label of the device
    STATUS = "status"  #: kept as a label, and split into its fields
    PERSONAL = "personal"  #: checked and not kept


@dataclass(frozen=True, slots=True)
class TicLabel:
    """Describe one label.

    Attributes
    ----------
    mode : Mode
        Where it occurs.
    label : str
        Label as the meter writes it.
    pattern : re.Pattern of bytes
        What its data must look like as a whole: charset and length.
    fate : Fate
        What becomes of it.
    register : Register or None
        Register of a reading or of a point of the load curve.
    has_horodate : bool
        Whether a time of its own stands before the data.
    """

    mode: Mode
    label: str
    pattern: re.Pattern[bytes]
    fate: Fate
    register: Register | None = None
    has_horodate: bool = False


def _phases(label: str, register: str, first: str | None = None) -> dict[str, str]:
    """Return the labels of the three phases; `first` where the register of phase 1 has a name of its own."""
    named = {f"{label}{phase}": register.replace("_l#", f"_l{phase}") for phase in (1, 2, 3)}
    return named | ({f"{label}1": first} if first else {})


_INDEXES: Final = {
    "EAST": "import_index_wh",
    **{f"EASF{tariff:02}": f"import_index_t{tariff:02}_wh" for tariff in range(1, 11)},
    **{f"EASD{tariff:02}": f"import_index_d{tariff:02}_wh" for tariff in range(1, 5)},
    "EAIT": "export_index_wh",
    **{f"ERQ{quadrant}": f"reactive_index_q{quadrant}_varh" for quadrant in range(1, 5)},
}
#: Linky numbers the supplier's indexes in this order. BASE, of the only tariff, is the whole.
_HISTORIC_INDEXES: Final = {
    "BASE": "import_index_wh",
    **{label: f"import_index_t{n:02}_wh" for n, label in enumerate(("HCHC", "HCHP"), 1)},
    **{label: f"import_index_t{n:02}_wh" for n, label in enumerate(("EJPHN", "EJPHPM"), 1)},
    **{
        label: f"import_index_t{n:02}_wh"
        for n, label in enumerate(("BBRHCJB", "BBRHPJB", "BBRHCJW", "BBRHPJW", "BBRHCJR", "BBRHPJR"), 1)
    },
}
_POWERS: Final = {
    "SINSTS": "apparent_power_va",
    "SINST1": "apparent_power_va",  # of the meters of the pilot, which had one phase
    **_phases("SINSTS", "apparent_power_l#_va"),
    "SINSTI": "injected_apparent_power_va",
}
_MAXIMA: Final = {
    "SMAXSN": "max_apparent_power_va",
    "SMAXN": "max_apparent_power_va",  # of the meters of the pilot
    **_phases("SMAXSN", "max_apparent_power_l#_va"),
    "SMAXIN": "max_injected_apparent_power_va",
}
_CURVES: Final = {"CCASN": "import_wh", "CCAIN": "export_wh"}
_RMS: Final = {
    **_phases("IRMS", "current_l#_a", "current_a"),
    **_phases("URMS", "voltage_l#_v", "voltage_v"),
}
_CURRENTS: Final = {
    "IINST": "current_a",
    **_phases("IINST", "current_l#_a", "current_a"),
    "IMAX": "max_current_l1_a",
    **_phases("IMAX", "max_current_l#_a"),
}

_ADDRESS: Final = "[0-9]{12}"
_WORDS: Final = "[ -~]"
_STANDARD_TEXTS: Final = {
    "VTIC": "[0-9]{2}",
    "NGTF": _WORDS + "{16}",
    "LTARF": _WORDS + "{16}",
    "PREF": "[0-9]{2}",
    "PCOUP": "[0-9]{2}",
    "MSG1": _WORDS + "{32}",
    "MSG2": _WORDS + "{16}",
    "RELAIS": "[0-9]{3}",
    "NTARF": "[0-9]{2}",
    "NJOURF": "[0-9]{2}",
    "NJOURF+1": "[0-9]{2}",
    "PJOURF+1": "[ 0-9A-Z]{98}",
    "PPOINTE": "[ 0-9A-Z]{98}",
}
_PEAKS: Final = ("DPM1", "FPM1", "DPM2", "FPM2", "DPM3", "FPM3")
_HISTORIC_TEXTS: Final = {
    "OPTARIF": "[!-~]{4}",
    "ISOUSC": "[0-9]{2}",
    "PEJP": "[0-9]{2}",
    "PTEC": "[!-~]{4}",
    "DEMAIN": "[!-~]{4}",
    "ADPS": "[0-9]{3}",
    "ADIR1": "[0-9]{3}",
    "ADIR2": "[0-9]{3}",
    "ADIR3": "[0-9]{3}",
    "HHPHC": "[0-9A-Z]",
    "PPOT": "[0-9A-F]{2}",
    "MOTDETAT": "[0-9A-F]{6}",
}


def _readings(mode: Mode, digits: int, registers: dict[str, str], fate: Fate = Fate.READING) -> Iterator[TicLabel]:
    pattern = re.compile(b"[0-9]{%d}" % digits)
    has_horodate = fate is Fate.CURVE
    for label, name in registers.items():
        yield TicLabel(mode, label, pattern, fate, REGISTER_BY_NAME[name], has_horodate)


def _yesterday(registers: dict[str, str]) -> dict[str, str]:
    """Return labels with those of the day, or the point, before."""
    return registers | {f"{label}-1": name for label, name in registers.items()}


def _stamped(digits: int, registers: dict[str, str]) -> Iterator[TicLabel]:
    for known in _readings(Mode.STANDARD, digits, registers):
        yield TicLabel(known.mode, known.label, known.pattern, known.fate, known.register, has_horodate=True)


def _texts(
    mode: Mode, patterns: dict[str, str], fate: Fate = Fate.TEXT, *, stamped: bool = False
) -> Iterator[TicLabel]:
    for label, pattern in patterns.items():
        yield TicLabel(mode, label, re.compile(pattern.encode()), fate, has_horodate=stamped)


TIC_LABELS: Final[tuple[TicLabel, ...]] = (
    *_texts(Mode.STANDARD, {"ADSC": _ADDRESS}, Fate.ADDRESS),
    *_texts(Mode.STANDARD, {"DATE": ""}, Fate.CLOCK, stamped=True),
    *_readings(Mode.STANDARD, 9, _INDEXES),
    *_readings(Mode.STANDARD, 3, _RMS),
    *_readings(Mode.STANDARD, 5, _POWERS),
    *_stamped(5, _yesterday(_MAXIMA)),
    *_readings(Mode.STANDARD, 5, _yesterday(_CURVES), Fate.CURVE),
    *_stamped(3, _phases("UMOY", "mean_voltage_l#_v")),
    *_texts(Mode.STANDARD, {"STGE": "[0-9A-Fa-f]{8}"}, Fate.STATUS),
    *_texts(Mode.STANDARD, _STANDARD_TEXTS),
    *_texts(Mode.STANDARD, dict.fromkeys(_PEAKS, "[0-9]{2}"), stamped=True),
    *_texts(Mode.STANDARD, {"PRM": "[0-9]{14}"}, Fate.PERSONAL),
    *_texts(Mode.HISTORIC, {"ADCO": _ADDRESS}, Fate.ADDRESS),
    *_readings(Mode.HISTORIC, 9, _HISTORIC_INDEXES),
    *_readings(Mode.HISTORIC, 3, _CURRENTS),
    *_readings(Mode.HISTORIC, 5, {"PMAX": "max_power_w", "PAPP": "apparent_power_va"}),
    *_texts(Mode.HISTORIC, _HISTORIC_TEXTS),
)
LABEL_OF: Final[dict[tuple[Mode, bytes], TicLabel]] = {
    (known.mode, known.label.encode()): known for known in TIC_LABELS
}
#: What an unknown label, and what it says, may look like: kept as text.
UNKNOWN_LABEL: Final = re.compile(rb"[!-~]{1,16}")
UNKNOWN_TEXT: Final = re.compile(rb"[ -~]{0,128}")
