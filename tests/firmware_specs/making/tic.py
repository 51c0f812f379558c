"""Raw frames of Linky meters: what comes of every kind of group, right and wrong."""

from collections.abc import Sequence

from tests.firmware_specs.making.vector import (
    CLOCK_S,
    FOREIGN_LINKY,
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
_CURVE = (group("CCASN", "E260601133000", "00500"), group("CCASN-1", "E260601130000", "01000"))
_CURVE_ENERGY = spans("import_wh", {CLOCK_S - SLOT_S: 250.0, CLOCK_S - 2 * SLOT_S: 500.0})

_ONE_PHASE = standard(
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
    *_CURVE,
    group("UMOY1", "E260601135000", "230"),
    group("MSG1", "PAS DE          MESSAGE         "),
    group("PRM", "00000000000000"),
    group("RELAIS", "001"),
    group("NOUVEAU", "AB 12"),
)
_ONE_PHASE_READINGS: Rows = [
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


def _said(texts: dict[str, str], meter: str = LINKY, at: int = CLOCK_S) -> Labels:
    return [[meter, label, text, at] for label, text in texts.items()]


_ONE_PHASE_LABELS = VTIC + _said(
    {
        "NGTF": "H PLEINE/CREUSE",
        "LTARF": "HEURE  CREUSE",
        "PREF": "06",
        "MSG1": "PAS DE          MESSAGE",
        "RELAIS": "001",
        "NOUVEAU": "AB 12",
    }
)


def _phases(label: str, values: Sequence[str], horodate: Sequence[str] = ()) -> str:
    return "".join(group(f"{label}{phase}", *horodate, value) for phase, value in enumerate(values, 1))


_THREE_PHASES = standard(
    group("EAIT", "000004321"),
    *(group(f"ERQ{quadrant}", f"00000{quadrant}000") for quadrant in (1, 2, 3, 4)),
    _phases("IRMS", ("001", "002", "003")),
    _phases("URMS", ("229", "230", "231")),
    _phases("SINSTS", ("00230", "00460", "00690")),
    group("SINSTI", "00000"),
    group("SMAXSN2", "E260601080000", "03000"),
    group("SMAXSN2-1", "E260531080000", "03100"),
    group("SMAXIN", "E260601120000", "00750"),
    group("CCAIN", "E260601140000", "00060"),
    group("CCAIN-1", "E260601130000", "00120"),
    _phases("UMOY", ("228", "229", "230"), ["E260601140000"]),
)
_THREE_PHASES_READINGS: Rows = [
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
_OLD = historic(
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


def _old_readings(at: int, quality: str) -> Rows:
    values = {
        "import_index_t01_wh": 4_567_890,
        "import_index_t02_wh": 9_876_543,
        "current_a": 4,
        "max_current_l1_a": 90,
        "apparent_power_va": 920,
    }
    return [read(name, value, at, quality, OLD_LINKY) for name, value in values.items()]


def _old_labels(at: int) -> Labels:
    texts = {"OPTARIF": "HC..", "ISOUSC": "30", "PTEC": "HP..", "HHPHC": "A", "MOTDETAT": "000000"}
    return _said(texts, OLD_LINKY, at)


_OVERLOAD = b"1780315190\n" + frame(
    old("ADIR1", "062"), old("ADCO", OLD_LINKY), old("IINST1", "062"), old("IINST2", "003"), old("IINST3", "000")
)
_STATUS = {
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


def _with_parity(payload: bytes) -> bytes:
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in payload)


def _made(
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


_POWER = group("SINSTS", "00920")
_POWER_READ = read("apparent_power_va", 920)
_TEN = frame(group("ADSC", LINKY), group("CCASN", "E260601133000", "00600"), group("CCASN-1", "E260601132000", "00300"))
_TEN_LATER = frame(
    group("ADSC", LINKY), group("CCASN", "E260601135000", "00660"), group("CCASN-1", "E260601133000", "00600")
)

VALID = [
    _made(
        "tic-standard",
        _ONE_PHASE,
        "A whole frame of one phase; the checksum of EASD01 is a space, NOUVEAU is not known, and PRM is not kept",
        _ONE_PHASE_READINGS,
        _ONE_PHASE_LABELS,
        intervals=_CURVE_ENERGY,
    ),
    _made(
        "tic-standard-three-phases",
        _THREE_PHASES,
        "Three phases that feed in too; the stamps of the load curve are an hour apart",
        _THREE_PHASES_READINGS,
        VTIC,
        intervals=spans("export_wh", {CLOCK_S: 60.0, CLOCK_S - 3_600: 120.0}, 3_600),
    ),
    _made(
        "tic-standard-status",
        standard(group("STGE", "003AA401")),
        "STGE is split into its fields; the supplier's index, here 10, has four bits",
        [],
        VTIC + _said({f"STGE{name}": text for name, text in _STATUS.items()}),
    ),
    _made(
        "tic-standard-peaks",
        standard(group("DPM1", "E260602060000", "00"), group("FPM1", "E260602080000", "00")),
        "Begin and end of a mobile peak are kept as text, with their time",
        [],
        VTIC + _said({"DPM1": "E260602060000 00", "FPM1": "E260602080000 00"}),
    ),
    _made(
        "tic-standard-pilot",
        standard(group("SINST1", "00920"), group("SMAXN", "E260601080000", "03000")),
        "Meters of the pilot have labels of their own",
        [_POWER_READ, read("max_apparent_power_va", 3_000, CLOCK_S - 21_600)],
        VTIC,
    ),
    _made(
        "tic-standard-winter",
        standard(_POWER, date="H260115130000"),
        "H is winter time: an hour ahead of UTC",
        [read("apparent_power_va", 920, 1_768_478_400)],
        [[LINKY, "VTIC", "02", 1_768_478_400]],
    ),
    _made(
        "tic-standard-degraded",
        standard(_POWER, date="e260601140000"),
        "A small letter: the clock was not set, so times are estimated",
        [read("apparent_power_va", 920, quality="estimated")],
        VTIC,
    ),
    _made(
        "tic-standard-degraded-with-time",
        b"1780315140\n" + standard(_POWER, date=" 000101000000"),
        "The clock of the meter was not set, and the gateway says when it read the frame",
        [read("apparent_power_va", 920, CLOCK_S - 60)],
        [[LINKY, "VTIC", "02", CLOCK_S - 60]],
    ),
    _made(
        "tic-standard-no-date",
        frame(group("ADSC", LINKY), _POWER),
        "A gateway may leave out groups that have not changed; without DATE the time of receipt counts, as an estimate",
        [read("apparent_power_va", 920, quality="estimated")],
    ),
    _made(
        "tic-standard-ten-minutes",
        _TEN + _TEN_LATER,
        "Two frames: the step is the shortest time between two stamps of one curve, whatever is missing between others",
        intervals=spans("import_wh", {1_780_312_800: 50.0, 1_780_313_400: 100.0, 1_780_314_600: 110.0}, 600),
    ),
    _made(
        "tic-historic",
        _OLD,
        "Historic mode knows no time: that of receipt counts, as an estimate",
        _old_readings(CLOCK_S, "estimated"),
        _old_labels(CLOCK_S),
    ),
    _made(
        "tic-historic-with-time",
        b"1780315140\n" + _OLD,
        "The gateway says when it read the frame, in a line before it",
        _old_readings(CLOCK_S - 60, "ok"),
        _old_labels(CLOCK_S - 60),
    ),
    _made(
        "tic-historic-overload",
        _OVERLOAD,
        "The short frame of three phases while one draws more than was subscribed",
        [
            read(name, value, CLOCK_S - 10, meter=OLD_LINKY)
            for name, value in (("current_a", 62), ("current_l2_a", 3), ("current_l3_a", 0))
        ],
        _said({"ADIR1": "062"}, OLD_LINKY, CLOCK_S - 10),
    ),
    _made(
        "tic-capture",
        b"00920\tF\r\n" + standard(_POWER) + b"noise" + standard(_POWER, date="E260601140001")[:-1],
        "What a serial line gives: the end of a frame, a whole one, noise, and one without its end",
        [_POWER_READ, read("apparent_power_va", 920, CLOCK_S + 1)],
        [*VTIC, [LINKY, "VTIC", "02", CLOCK_S + 1]],
    ),
    _made(
        "tic-parity",
        _with_parity(standard(_POWER)),
        "Read as eight bits, with the even parity of the wire in the highest",
        [_POWER_READ],
        VTIC,
    ),
]

_WRONG_CURVE = group("CCASN", "E260601133000", "00500")
INVALID = [
    _made(
        "tic-checksum",
        standard(group("EAST", "012345678", sign="!"), _POWER),
        "One checksum does not hold: its group is lost, nothing else",
        [_POWER_READ],
        VTIC,
        refusals={"group_checksum": 1},
    ),
    _made(
        "tic-charset",
        standard(group("EAST", "0q2345678"), group("IRMS1", "12"), group("URMS1", "E260601140000", "231"), _POWER),
        "A q has the checksum of a 1; two digits where there are three; a time where there is none",
        [_POWER_READ],
        VTIC,
        refusals={"group_invalid": 3},
    ),
    _made(
        "tic-date-impossible",
        standard(_POWER, date="E260631140000"),
        "There is no 31 June: that group is refused, and the time of receipt counts",
        [read("apparent_power_va", 920, quality="estimated")],
        VTIC,
        refusals={"group_invalid": 1},
    ),
    _made(
        "tic-group-cut",
        standard(_POWER)[:-1] + b"\nEAST\t0123",
        "The last group is cut off",
        [_POWER_READ],
        VTIC,
        refusals={"group_invalid": 1},
    ),
    _made(
        "tic-step-unknown",
        standard(_WRONG_CURVE, _POWER),
        "A point of the load curve without the one before: its step cannot be told",
        [_POWER_READ],
        VTIC,
        refusals={"step_unknown": 1},
    ),
    _made(
        "tic-step-odd",
        standard(_WRONG_CURVE, group("CCASN-1", "E260601130700", "00500"), _POWER),
        "Stamps 23 minutes apart are no step",
        [_POWER_READ],
        VTIC,
        refusals={"step_unknown": 2},
    ),
    _made(
        "tic-address-spoiled",
        frame(group("ADSC", LINKY, sign="~"), _POWER, group("IRMS1", "004")),
        "Nobody knows which meter this is",
        refusals={"group_checksum": 1, "device_unnamed": 2},
    ),
    _made(
        "tic-device-unknown",
        standard(_POWER, address="999999999999"),
        "A meter that nobody registered; its labels are refused with its value",
        refusals={"device_unknown": 1},
    ),
    _made(
        "tic-device-foreign",
        standard(_POWER, address=FOREIGN_LINKY),
        "A meter of another gateway",
        refusals={"device_foreign": 1},
    ),
    _made(
        "tic-out-of-range",
        standard(group("URMS1", "999"), _POWER),
        "999 V in a home",
        [_POWER_READ],
        VTIC,
        refusals={"value_out_of_range": 1},
    ),
    _made("tic-no-frame", b"ADCO 041776000002 5\r", "No STX, no frame", refusals={"payload_malformed": 1}),
]
