"""Frames of Linky meters, put together group by group, and what they say."""

from collections.abc import Sequence

from tests.firmware_specs.making.vector import (
    CLOCK_S,
    LINKY,
    OLD_LINKY,
    SLOT_S,
    TIC,
    Labels,
    Made,
    Row,
    Rows,
)

#: The clock of the vectors, 2026-06-01T12:00:00Z, as a Linky in France writes it.
NOW = "E260601140000"


def group(label: str, *fields: str, sep: str = "\t", sign: str | None = None) -> str:
    """Return a group; `sign` replaces its checksum."""
    core = sep.join((label, *fields))
    summed = core + (sep if sep == "\t" else "")
    return f"\n{core}{sep}{sign or chr((sum(summed.encode()) & 0x3F) + 0x20)}\r"


def old(label: str, data: str, sign: str | None = None) -> str:
    """Return a group of historic mode."""
    return group(label, data, sep=" ", sign=sign)


def frame(*groups: str) -> bytes:
    """Return a frame."""
    return b"\x02" + "".join(groups).encode() + b"\x03"


def standard(*groups: str, address: str = LINKY, date: str = NOW) -> bytes:
    """Return a frame of standard mode with address and clock."""
    return frame(group("ADSC", address), group("VTIC", "02"), group("DATE", date, ""), *groups)


def historic(*groups: str, address: str = OLD_LINKY) -> bytes:
    """Return a frame of historic mode with its address."""
    return frame(old("ADCO", address), *groups)


def read(register: str, value: float, at: int = CLOCK_S, quality: str = "ok", meter: str = LINKY) -> Row:
    """Return one expected reading."""
    return [meter, register, quality, at, value]


def spans(register: str, points: dict[int, float], step_s: int = SLOT_S, quality: str = "ok") -> Rows:
    """Return expected intervals by their end."""
    return [[LINKY, register, quality, step_s, end - step_s, value] for end, value in points.items()]


VTIC: Labels = [[LINKY, "VTIC", "02", CLOCK_S]]
CURVE = (group("CCASN", "E260601133000", "00500"), group("CCASN-1", "E260601130000", "01000"))
CURVE_ENERGY = spans("import_wh", {CLOCK_S - SLOT_S: 250.0, CLOCK_S - 2 * SLOT_S: 500.0})

ONE_PHASE = standard(
    group("NGTF", " H PLEINE/CREUSE"),
    group("LTARF", "  HEURE  CREUSE "),
    group("EAST", "012345678"),
    group("EASF01", "010000000"),
    group("EASF02", "002345678"),
    group("EASD01", "000000000"),
    group("IRMS1", "004"),
    group("URMS1", "231"),
    group("PREF", "06"),
    group("SINSTS", "00920"),
    group("SMAXSN", "E260601071530", "05210"),
    group("SMAXSN-1", "E260531193000", "06120"),
    *CURVE,
    group("UMOY1", "E260601135000", "230"),
    group("MSG1", "PAS DE          MESSAGE         "),
    group("PRM", "00000000000000"),
    group("RELAIS", "001"),
    group("NOUVEAU", "AB 12"),
)
ONE_PHASE_READINGS: Rows = [
    read("import_index_wh", 12_345_678),
    read("import_index_t01_wh", 10_000_000),
    read("import_index_t02_wh", 2_345_678),
    read("import_index_d01_wh", 0),
    read("current_a", 4),
    read("voltage_v", 231),
    read("apparent_power_va", 920),
    read("max_apparent_power_va", 5_210, 1_780_290_930),
    read("max_apparent_power_va", 6_120, 1_780_248_600),
    read("mean_voltage_l1_v", 230, CLOCK_S - 600),
]


def said(texts: dict[str, str], meter: str = LINKY, at: int = CLOCK_S) -> Labels:
    return [[meter, label, text, at] for label, text in texts.items()]


ONE_PHASE_LABELS = VTIC + said(
    {
        "NGTF": "H PLEINE/CREUSE",
        "LTARF": "HEURE  CREUSE",
        "PREF": "06",
        "MSG1": "PAS DE          MESSAGE",
        "RELAIS": "001",
        "NOUVEAU": "AB 12",
    }
)


def phases(label: str, values: Sequence[str], horodate: Sequence[str] = ()) -> str:
    return "".join(group(f"{label}{phase}", *horodate, value) for phase, value in enumerate(values, 1))


THREE_PHASES = standard(
    group("EAIT", "000004321"),
    *(group(f"ERQ{quadrant}", f"00000{quadrant}000") for quadrant in (1, 2, 3, 4)),
    phases("IRMS", ("001", "002", "003")),
    phases("URMS", ("229", "230", "231")),
    phases("SINSTS", ("00230", "00460", "00690")),
    group("SINSTI", "00000"),
    group("SMAXSN2", "E260601080000", "03000"),
    group("SMAXSN2-1", "E260531080000", "03100"),
    group("SMAXIN", "E260601120000", "00750"),
    group("CCAIN", "E260601140000", "00060"),
    group("CCAIN-1", "E260601130000", "00120"),
    phases("UMOY", ("228", "229", "230"), ["E260601140000"]),
)
THREE_PHASES_READINGS: Rows = [
    read("export_index_wh", 4_321),
    *(read(f"reactive_index_q{quadrant}_varh", quadrant * 1000) for quadrant in (1, 2, 3, 4)),
    *(read(name, place) for place, name in enumerate(("current_a", "current_l2_a", "current_l3_a"), 1)),
    *(read(name, 228 + place) for place, name in enumerate(("voltage_v", "voltage_l2_v", "voltage_l3_v"), 1)),
    *(read(f"apparent_power_l{phase}_va", 230 * phase) for phase in (1, 2, 3)),
    read("injected_apparent_power_va", 0),
    read("max_apparent_power_l2_va", 3_000, CLOCK_S - 21_600),
    read("max_apparent_power_l2_va", 3_100, CLOCK_S - 21_600 - 86_400),
    read("max_injected_apparent_power_va", 750, CLOCK_S - 7_200),
    *(read(f"mean_voltage_l{phase}_v", 227 + phase) for phase in (1, 2, 3)),
]
OLD = historic(
    old("OPTARIF", "HC.."),
    old("ISOUSC", "30"),
    old("HCHC", "004567890"),
    old("HCHP", "009876543"),
    old("PTEC", "HP.."),
    old("IINST", "004"),
    old("IMAX", "090"),
    old("PAPP", "00920"),
    old("HHPHC", "A"),
    old("MOTDETAT", "000000"),
)


def old_readings(at: int, quality: str) -> Rows:
    values = {
        "import_index_t01_wh": 4_567_890,
        "import_index_t02_wh": 9_876_543,
        "current_a": 4,
        "max_current_l1_a": 90,
        "apparent_power_va": 920,
    }
    return [read(name, value, at, quality, OLD_LINKY) for name, value in values.items()]


def old_labels(at: int) -> Labels:
    texts = {"OPTARIF": "HC..", "ISOUSC": "30", "PTEC": "HP..", "HHPHC": "A", "MOTDETAT": "000000"}
    return said(texts, OLD_LINKY, at)


OVERLOAD = b"1780315190\n" + frame(
    old("ADIR1", "062"), old("ADCO", OLD_LINKY), old("IINST1", "062"), old("IINST2", "003"), old("IINST3", "000")
)
STATUS = {
    "": "003AA401",
    ".dry_contact": "open",
    ".breaker": "closed",
    ".terminal_cover": "closed",
    ".over_voltage": "no",
    ".over_reference_power": "no",
    ".operation": "consumer",
    ".active_energy": "positive",
    ".supplier_tariff": "index 10",
    ".distributor_tariff": "index 3",
    ".clock": "correct",
    ".tic_mode": "standard",
    ".euridis": "on, secured",
    ".powerline_state": "new, locked",
    ".powerline_sync": "not synchronised",
    ".tempo_today": "none announced",
    ".tempo_tomorrow": "none announced",
    ".peak_notice": "none",
    ".peak": "none",
}


def with_parity(payload: bytes) -> bytes:
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in payload)


def made(
    name: str,
    payload: bytes,
    text: str,
    readings: Sequence[Row] = (),
    labels: Labels | None = None,
    *,
    intervals: Rows | None = None,
    refusals: dict[str, int] | None = None,
) -> Made:
    return Made(
        name,
        "live",
        payload,
        text,
        TIC,
        readings=list(readings),
        labels=labels or [],
        intervals=intervals or [],
        refusals=refusals or {},
    )


POWER = group("SINSTS", "00920")
POWER_READ = read("apparent_power_va", 920)
TEN = frame(group("ADSC", LINKY), group("CCASN", "E260601133000", "00600"), group("CCASN-1", "E260601132000", "00300"))
TEN_LATER = frame(
    group("ADSC", LINKY), group("CCASN", "E260601135000", "00660"), group("CCASN-1", "E260601133000", "00600")
)
