"""SenML records (RFC 8428), from JSON or CBOR into the same dictionaries, and resolved: each with its base fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import cbor2
import msgspec
import numpy as np

from core.errors import InputError
from ingest.decode import kernels
from ingest.decode.cbor_tokens import invalid, tokenise
from ingest.decode.json_text import read_json

Record = dict[str | int, Any]

_JSON: Final[msgspec.json.Decoder[list[Record]]] = msgspec.json.Decoder(list[dict[str | int, Any]])
#: RFC 8428, table 4: labels of the CBOR form.
_LABELS: Final[dict[str | int, str]] = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
#: The version of RFC 8428; a later one has to be understood before its records can be.
_VERSION: Final = 10
#: Times below this are relative to now (RFC 8428, 4.5.3). [s]
RELATIVE_BELOW_S: Final = 2**28
_LARGEST: Final = 1e300


@dataclass(frozen=True, slots=True)
class Resolved:
    """One record with its base fields put in.

    Attributes
    ----------
    name : str
        Base name and name.
    unit : str or None
        Unit, if one is said.
    time_s : float
        Time, or below `RELATIVE_BELOW_S` the distance to now. [s]
    value, total : float or None
        Value and sum, the base ones added.
    word : str or None
        A value that is a text or a truth.
    """

    name: str
    unit: str | None
    time_s: float
    value: float | None
    total: float | None
    word: str | None


def json_records(payload: bytes) -> list[Record]:
    """Read SenML JSON; raises ``payload_malformed`` or ``payload_invalid``."""
    return read_json(_JSON, payload)


def cbor_records(payload: bytes) -> list[Record]:
    """Read SenML CBOR of definite lengths, without tags.

    Raises
    ------
    InputError
        ``payload_malformed`` or ``payload_invalid``.
    """
    _, tokens, _ = tokenise(payload)
    kinds = tokens[0]
    is_flat = kinds[0] == kernels.ARRAY and np.count_nonzero(kinds == kernels.MAP) == tokens[1, 0]
    if not is_flat or np.isin(kinds[1:], (kernels.ARRAY, kernels.INTEGERS, kernels.NUMBERS, kernels.TAG)).any():
        raise invalid("it is not a list of maps whose values are single ones, without tags")
    try:
        maps = cbor2.loads(payload)
    except (cbor2.CBORDecodeError, UnicodeDecodeError) as error:
        raise InputError("payload_malformed", "The payload is not CBOR as specified: a text is not UTF-8.") from error
    if not all(isinstance(record, dict) for record in maps):
        raise invalid("a record is not a map")
    return [{_LABELS.get(key, key): value for key, value in record.items()} for record in maps]


def _number(record: Record, field: str, otherwise: float | None = None) -> float | None:
    """Return a number; raises ``record_invalid`` for anything else."""
    value = record.get(field, otherwise)
    if value is None and field not in record:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise InputError("record_invalid", f"A record's {field} is not a finite number.")
    return float(value)


def _text(record: Record, field: str, otherwise: str | None = None) -> str | None:
    value = record.get(field, otherwise)
    if value is None and field not in record:
        return None
    if not isinstance(value, str):
        raise InputError("record_invalid", f"A record's {field} is not a text.")
    return value


def _word(record: Record) -> str | None:
    truth = record.get("vb")
    if isinstance(truth, bool):
        return str(truth).lower()
    return _text(record, "vs")


class Bases:
    """The base fields that hold from the record that sets them on."""

    def __init__(self) -> None:
        self._name = ""
        self._time_s = 0.0
        self._value: float | None = None
        self._total: float | None = None
        self._unit: str | None = None

    def take(self, record: Record) -> None:
        """Take over the base fields of a record.

        Raises
        ------
        InputError
            ``payload_invalid``: what follows could not be resolved.
        """
        version = record.get("bver", _VERSION)
        if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= _VERSION:
            raise invalid(f"bver is not a version from 1 to {_VERSION}")
        try:
            self._name = _text(record, "bn", self._name) or ""
            self._unit = _text(record, "bu", self._unit)
            self._time_s = _number(record, "bt", self._time_s) or 0.0
            self._value = _number(record, "bv", self._value)
            self._total = _number(record, "bs", self._total)
        except InputError as error:
            raise InputError("payload_invalid", error.message) from error

    def resolve(self, record: Record) -> Resolved:
        """Return a record resolved; raises ``record_invalid``."""
        if any(isinstance(field, str) and field.endswith("_") for field in record):
            raise InputError("record_invalid", "A record has a field that must be understood, and is not.")
        return Resolved(
            name=self._name + (_text(record, "n") or ""),
            unit=_text(record, "u", self._unit),
            time_s=self._time_s + (_number(record, "t") or 0.0),
            value=_sum(self._value, _number(record, "v")),
            total=_sum(self._total, _number(record, "s")),
            word=_word(record),
        )


def _sum(base: float | None, own: float | None) -> float | None:
    return own if base is None else base + (own or 0.0)


def carries(record: Record) -> bool:
    """Tell whether a record says anything besides base fields."""
    return not record.keys() <= {"bver", "bn", "bt", "bu", "bv", "bs"}


def resolved(records: list[Record]) -> Iterator[Resolved | InputError]:
    """Yield every record that says something, resolved, or why it cannot be.

    Raises
    ------
    InputError
        ``payload_invalid`` for a base field that cannot be used, or when there are no records.
    """
    if not records:
        raise invalid("there are no records")
    bases = Bases()
    for record in records:
        bases.take(record)
        if not carries(record):
            continue
        try:
            yield bases.resolve(record)
        except InputError as error:
            yield error
