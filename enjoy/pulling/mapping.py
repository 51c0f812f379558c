"""How items of a source become records: fields of the contract by the paths of their values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

from core.datasets import Contract, FieldType
from core.errors import InputError

#: A path from the whole document begins so; others begin at the item.
ROOT: Final = "$"
#: POSIX times from here on are of milliseconds. [s]
_MILLISECONDS_FROM: Final = 100_000_000_000


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """Say where values are.

    Attributes
    ----------
    items : str
        Path to the list of items in the document; empty: the document is the list. Not for GBFS.
    fields : mapping of str to str
        Fields of the contract by their paths: names and places in lists, joined by ``.``; from the document where they
        begin with ``$.``. A field that is named nowhere is at its own name.
    constants : mapping of str to value
        Fields that are the same in every record.
    longitude, latitude : str
        Paths of a point's coordinates.
    geometry : str
        Path of a GeoJSON geometry; with it the two others are not looked at.
    """

    items: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    longitude: str = "lon"
    latitude: str = "lat"
    geometry: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return a mapping from what was stored of it."""
        return cls(**stored)

    def stored(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)

    def check(self, contract: Contract) -> None:
        """Refuse a mapping of fields that the contract has not.

        Raises
        ------
        InputError
            ``mapping_invalid``.
        """
        unknown = [name for name in (*self.fields, *self.constants) if contract.field(name) is None]
        twice = [name for name in self.fields if name in self.constants]
        if unknown or twice:
            wrong = ", ".join(dict.fromkeys([*unknown, *twice]))
            message = f"The mapping names fields that the contract has not, or one of them twice: {wrong}."
            raise InputError("mapping_invalid", message, fields=[*unknown, *twice])


def items_of(document: object, mapping: SourceMapping) -> list[Any]:
    """Return the items of a document.

    Raises
    ------
    InputError
        ``source_malformed``.
    """
    found = value_at(document, mapping.items) if mapping.items else document
    if not isinstance(found, list):
        raise InputError("source_malformed", f"The source has no list at {mapping.items or 'its top'!r}.")
    return found


def records_of(
    items: Sequence[object], document: object, mapping: SourceMapping, contract: Contract, *, pulled_at: datetime
) -> list[dict[str, object]]:
    """Return items as records of a contract; times that are numbers are POSIX ones.

    Parameters
    ----------
    items : sequence
        As they came.
    document : object
        What they came in.
    mapping : SourceMapping
        Where values are.
    contract : Contract
        What fields there are.
    pulled_at : datetime
        Time of records whose source says none.
    """
    return [_record(item, document, mapping, contract, pulled_at) for item in items]


def _record(
    item: object, document: object, mapping: SourceMapping, contract: Contract, pulled_at: datetime
) -> dict[str, object]:
    record: dict[str, object] = {}
    for one in contract.fields:
        if one.name in mapping.constants:
            value = mapping.constants[one.name]
        else:
            value = _found(item, document, mapping.fields.get(one.name, one.name))
        if one.type is FieldType.TIMESTAMP:
            value = _instant(value)
            if value is None and one.name == contract.time_field and one.name not in mapping.fields:
                value = pulled_at.isoformat()
        if one.type is FieldType.TEXT and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # identifiers are often numbers
        record[one.name] = value
    if contract.geometry_type is not None:
        record["geometry"] = _geometry(item, document, mapping)
    return record


def _geometry(item: object, document: object, mapping: SourceMapping) -> object:
    if mapping.geometry:
        return _found(item, document, mapping.geometry)
    place = [_found(item, document, path) for path in (mapping.longitude, mapping.latitude)]
    return None if place == [None, None] else {"type": "Point", "coordinates": [_number(one) for one in place]}


def _number(value: object) -> object:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _instant(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    seconds = value / 1_000 if abs(value) >= _MILLISECONDS_FROM else value
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return value


def _found(item: object, document: object, path: str) -> object:
    if path.startswith(f"{ROOT}."):
        return value_at(document, path.removeprefix(f"{ROOT}."))
    return value_at(item, path)


def value_at(document: object, path: str) -> object:
    """Return what is at a path, or None.

    Examples
    --------
    >>> value_at({"a": [{"b": 1}]}, "a.0.b")
    1
    """
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document
