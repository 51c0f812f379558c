"""The fields of STGE, the 32 status bits of a Linky in standard mode (Enedis-NOI-CPT_54E, "Registre de Statuts")."""

from collections.abc import Iterator
from typing import Final, NamedTuple


class StatusField(NamedTuple):
    """`width` bits from `bit` on; `words` says what each value means, the number itself where there is no word."""

    name: str
    bit: int
    width: int
    words: tuple[str, ...]


_COLOURS: Final = ("none announced", "blue", "white", "red")
_TARIFFS: Final = tuple(f"index {number}" for number in range(1, 11))

STATUS_FIELDS: Final = (
    StatusField("dry_contact", 0, 1, ("closed", "open")),
    StatusField(
        "breaker",
        1,
        3,
        (
            "closed",
            "open: over power",
            "open: over voltage",
            "open: load shedding",
            "open: remote order",
            "open: overheated, current above the switching limit",
            "open: overheated, current below the switching limit",
        ),
    ),
    StatusField("terminal_cover", 4, 1, ("closed", "open")),
    StatusField("over_voltage", 6, 1, ("no", "on a phase")),
    StatusField("over_reference_power", 7, 1, ("no", "yes")),
    StatusField("operation", 8, 1, ("consumer", "producer")),
    StatusField("active_energy", 9, 1, ("positive", "negative")),
    # Four bits, for there are ten indexes: three would read index 9 as index 1.
    StatusField("supplier_tariff", 10, 4, _TARIFFS),
    StatusField("distributor_tariff", 14, 2, _TARIFFS[:4]),
    StatusField("clock", 16, 1, ("correct", "degraded")),
    StatusField("tic_mode", 17, 1, ("historic", "standard")),
    StatusField("euridis", 19, 2, ("off", "on, unsecured", "reserved", "on, secured")),
    StatusField("powerline_state", 21, 2, ("new, unlocked", "new, locked", "registered")),
    StatusField("powerline_sync", 23, 1, ("not synchronised", "synchronised")),
    StatusField("tempo_today", 24, 2, _COLOURS),
    StatusField("tempo_tomorrow", 26, 2, _COLOURS),
    StatusField("peak_notice", 28, 2, ("none", "mobile peak 1", "mobile peak 2", "mobile peak 3")),
    StatusField("peak", 30, 2, ("none", "mobile peak 1", "mobile peak 2", "mobile peak 3")),
)


def read_status(text: bytes) -> Iterator[tuple[str, str]]:
    """Yield name and meaning of each field of eight hexadecimal digits.

    Examples
    --------
    >>> dict(read_status(b"000A4411"))["supplier_tariff"]
    'index 2'
    """
    bits = int(text, 16)
    for name, bit, width, words in STATUS_FIELDS:
        value = (bits >> bit) & ((1 << width) - 1)
        yield name, words[value] if value < len(words) else str(value)
