"""Records against their contract: what keeps it becomes rows, what does not is refused with field and reason."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from core.datasets import Contract, Field, FieldType
from core.errors import InputError
from enjoy.geometry import read_geometry

Value = str | int | float | bool | date | datetime | None

#: Longest text that a field takes. [characters]
LONGEST_TEXT: Final = 20_000
#: What is kept of a refused record. [characters]
KEPT: Final = 2_000
#: Records that are taken at a time.
MOST_RECORDS: Final = 50_000
_INTEGER_BITS: Final = 63


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why a record is not taken: its place from 1 on, the field (None: the whole), a code and a sentence."""

    row: int
    field: str | None
    code: str
    reason: str
    content: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold what keeps the contract, and what does not.

    Attributes
    ----------
    rows : list of tuple
        Values in the order of the contract's fields, then the geometry as EWKB or None.
    numbers : list of int
        Place of each row in what was given, from 1 on.
    refusals : list of Refusal
        The others, by place.
    """

    rows: list[tuple[Any, ...]]
    numbers: list[int]
    refusals: list[Refusal]


def listed(body: object) -> list[Any]:
    """Return the records of a document: one, a list of them, a GeoJSON Feature or FeatureCollection.

    Raises
    ------
    InputError
        ``records_malformed`` or ``records_too_many``.
    """
    if isinstance(body, Mapping):
        body = body.get("features") if body.get("type") == "FeatureCollection" else [body]
    if not isinstance(body, list):
        raise InputError("records_malformed", "Send a record, a list of them, or a GeoJSON FeatureCollection.")
    if len(body) > MOST_RECORDS:
        raise InputError("records_too_many", f"Send at most {MOST_RECORDS:,} records at a time.", count=len(body))
    return body


def check_records(contract: Contract, given: Iterable[object], *, as_text: bool = False, first: int = 1) -> Checked:
    """Check records one by one.

    Parameters
    ----------
    contract : Contract
        What they have to keep.
    given : iterable
        Each a mapping of field to value, with ``geometry`` where the contract has one, or a GeoJSON Feature; or an
        InputError, where whoever read it found that it is none.
    as_text : bool, default False
        Whether every value is written as text, as CSV has it; an empty one is none.
    first : int, default 1
        Place of the first of them.
    """
    checked = Checked([], [], [])
    for number, record in enumerate(given, start=first):
        try:
            checked.rows.append(_row(contract, record, as_text=as_text))
            checked.numbers.append(number)
        except InputError as error:
            field = error.context.get("field")
            name = field if isinstance(field, str) else None
            checked.refusals.append(Refusal(number, name, error.code, error.message, shown(record)))
    return checked


def shown(record: object) -> str:
    """Return the beginning of a record as it came."""
    if isinstance(record, InputError):
        record = str(record.context.get("content", ""))
    text = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False, default=str)
    return text[:KEPT].replace("\0", "")


def _row(contract: Contract, record: object, *, as_text: bool) -> tuple[Any, ...]:
    properties, geometry = _parts(record)
    unknown = [name for name in properties if contract.field(name) is None]
    if unknown:
        raise _wrong("field_unknown", unknown[0], "The contract has no such field.")
    values = [_value(field, properties.get(field.name), as_text=as_text) for field in contract.fields]
    if contract.geometry_type is None:
        if geometry is not None:
            raise _wrong("geometry_unexpected", "geometry", "The contract has no geometry.")
        return (*values, None)
    return (*values, read_geometry(geometry, contract.geometry_type))


def _parts(record: object) -> tuple[Mapping[str, object], object]:
    if isinstance(record, InputError):
        raise record
    if not isinstance(record, Mapping):
        raise InputError("record_malformed", "A record is an object.")
    if record.get("type") == "Feature":
        properties = record.get("properties")
        if not isinstance(properties, Mapping):
            raise InputError("record_malformed", "A Feature has properties.")
        return properties, record.get("geometry")
    return {name: value for name, value in record.items() if name != "geometry"}, record.get("geometry")


def _value(field: Field, given: object, *, as_text: bool) -> Value:
    if given is None or (as_text and given == ""):
        if field.is_required:
            raise _wrong("value_missing", field.name, "Every record has this field.")
        return None
    if as_text and field.type not in {FieldType.TEXT, FieldType.DATE, FieldType.TIMESTAMP}:
        given = _from_text(field, str(given))
    return _READERS[field.type](field, given)


def _from_text(field: Field, text: str) -> object:
    if field.type is FieldType.BOOLEAN:
        known = {"true": True, "false": False, "1": True, "0": False}
        return known.get(text.strip().lower(), text)
    try:
        return int(text) if field.type is FieldType.INTEGER else float(text)
    except ValueError:
        return text


def _text(field: Field, given: object) -> str:
    if not isinstance(given, str):
        raise _wrong("value_type", field.name, "It is a text.")
    if len(given) > LONGEST_TEXT or "\0" in given:
        raise _wrong("value_text", field.name, f"A text has at most {LONGEST_TEXT} characters, and no zero bytes.")
    return given


def _integer(field: Field, given: object) -> int:
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool):
        raise _wrong("value_type", field.name, "It is an integer.")
    if given.bit_length() > _INTEGER_BITS:
        raise _wrong("value_range", field.name, "An integer has 64 bits.")
    return given


def _number(field: Field, given: object) -> float:
    if not isinstance(given, int | float) or isinstance(given, bool):
        raise _wrong("value_type", field.name, "It is a number.")
    try:
        value = float(given)
    except OverflowError:
        value = float("inf")
    if value in (float("inf"), float("-inf")) or value != value:  # noqa: PLR0124 - only NaN differs from itself
        raise _wrong("value_range", field.name, "A number is finite.")
    return value


def _boolean(field: Field, given: object) -> bool:
    if not isinstance(given, bool):
        raise _wrong("value_type", field.name, "It is true or false.")
    return given


def _date(field: Field, given: object) -> date:
    try:
        return date.fromisoformat(given if isinstance(given, str) else "")
    except ValueError:
        raise _wrong("value_type", field.name, "It is a day, such as 2026-01-15.") from None


def _timestamp(field: Field, given: object) -> datetime:
    try:
        instant = datetime.fromisoformat(given if isinstance(given, str) else "")
    except ValueError:
        raise _wrong("value_type", field.name, "It is an instant, such as 2026-01-15T18:30:00Z.") from None
    if instant.tzinfo is None:
        raise _wrong("time_zone_missing", field.name, "An instant says its zone: Z, or +01:00.")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise _wrong("value_range", field.name, "The instant is out of range.") from None


_READERS: Final[Mapping[FieldType, Callable[[Field, object], Value]]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.TIMESTAMP: _timestamp,
}


def _wrong(code: str, field: str, reason: str) -> InputError:
    return InputError(code, reason, field=field)


def key_of(contract: Contract, row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values of a row that name it: its key, and its time where there is one."""
    names = [field.name for field in contract.fields]
    wanted = [*contract.key_fields, *([contract.time_field] if contract.time_field else [])]
    return tuple(row[names.index(name)] for name in wanted)
