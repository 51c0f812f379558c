"""Contracts of datasets: what may be promised, and what a new version may not break."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.datasets import LEAST_NOTICE, Contract, Field, FieldType
from core.errors import ConflictError, InputError

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
#: Names that GeoJSON, or the parameters of OGC API Features, have taken.
RESERVED: Final = frozenset(
    {
        "id",
        "type",
        "geometry",
        "properties",
        "bbox",
        "limit",
        "cursor",
        "offset",
        "datetime",
        "crs",
        "filter",
        "f",
        "key",
    }
)
MOST_FIELDS: Final = 200


@dataclass(frozen=True, slots=True)
class Break:
    """Name a promise that a new contract does not keep: the field of the old one, and what is wrong with it."""

    field: str
    reason: str


def check_contract(contract: Contract) -> None:
    """Refuse a contract that cannot be kept.

    Raises
    ------
    InputError
        ``contract_invalid``, with every problem by the field's name.
    """
    problems = [*_of_fields(contract.fields), *_of_roles(contract)]
    if problems:
        message = "The contract cannot be kept: " + "; ".join(f"{one.field}: {one.reason}" for one in problems)
        raise InputError("contract_invalid", message, problems={one.field: one.reason for one in problems})


def _of_fields(fields: Sequence[Field]) -> list[Break]:
    problems = []
    if not 1 <= len(fields) <= MOST_FIELDS:
        problems.append(Break("fields", f"there are between 1 and {MOST_FIELDS}"))
    names = [field.name for field in fields]
    for field in fields:
        if not _NAME.fullmatch(field.name):
            problems.append(
                Break(field.name, "a name has small letters, digits and _, begins with a letter, and is short")
            )
        elif field.name in RESERVED:
            problems.append(Break(field.name, "the name means something else to GeoJSON and OGC API"))
        if names.count(field.name) > 1:
            problems.append(Break(field.name, "the name is there twice"))
        if field.unit is not None and field.type not in {FieldType.INTEGER, FieldType.NUMBER}:
            problems.append(Break(field.name, "only numbers have a unit"))
    return problems


def _of_roles(contract: Contract) -> list[Break]:
    problems = []
    if not contract.key_fields:
        problems.append(Break("key_fields", "something has to name what a record is about"))
    for name in dict.fromkeys(contract.key_fields):
        field = contract.field(name)
        if field is None:
            problems.append(Break(name, "the key names a field that is not there"))
        elif not field.is_required:
            problems.append(Break(name, "a field of the key is required"))
    if len(set(contract.key_fields)) < len(contract.key_fields):
        problems.append(Break("key_fields", "a field is there twice"))
    return [*problems, *_of_time(contract)]


def _of_time(contract: Contract) -> list[Break]:
    if contract.time_field is None:
        return []
    field = contract.field(contract.time_field)
    if field is None or field.type is not FieldType.TIMESTAMP or not field.is_required:
        return [Break(contract.time_field, "the time field is a required timestamp of the contract")]
    if contract.time_field in contract.key_fields:
        return [Break(contract.time_field, "the time is no part of the key")]
    return []


def breaks(old: Contract, new: Contract, renamed: Mapping[str, str] | None = None) -> list[Break]:
    """Return what of an old contract a new one does not keep.

    Parameters
    ----------
    old, new : Contract
        Shapes of one dataset.
    renamed : mapping of str to str, optional
        Old names by what they are called now: for a new version, whose old shape is derived from it. None: the contract
        is changed in place, where nothing may be called anything else.

    Notes
    -----
    Kept is: every field under its name, of its type, with its unit, and required if it was. New fields may come. In a
    new version a field may be renamed, or go, unless the old shape promises it in every record. Types and units never
    change: another field comes beside the old one.
    """
    found = []
    if (old.key_fields, old.time_field) != _old_names(new, renamed or {}):
        found.append(Break("key_fields", "key and time of a dataset never change; declare another dataset"))
    if old.geometry_type != new.geometry_type:
        found.append(Break("geometry", "the geometry of a dataset never changes; declare another dataset"))
    for field in old.fields:
        after = new.field((renamed or {}).get(field.name, field.name))
        found += _of_change(field, after, in_place=renamed is None)
    return found


def _old_names(new: Contract, renamed: Mapping[str, str]) -> tuple[tuple[str, ...], str | None]:
    before = {now: then for then, now in renamed.items()}
    key = tuple(before.get(name, name) for name in new.key_fields)
    return key, None if new.time_field is None else before.get(new.time_field, new.time_field)


def _of_change(field: Field, after: Field | None, *, in_place: bool) -> list[Break]:
    if after is None:
        if in_place:
            return [Break(field.name, "it is gone, or has another name")]
        return (
            [Break(field.name, "every old record promises it, and nothing gives it any more")]
            if field.is_required
            else []
        )
    if after.unit != field.unit:
        return [Break(field.name, "its unit is another; add a field beside it")]
    if field.is_required and not after.is_required:
        return [Break(field.name, "every record had it, and need not any more")]
    if after.type is not field.type:
        return [Break(field.name, f"it was {field.type} and is {after.type}; add a field beside it")]
    return []


def require_kept(old: Contract, new: Contract, renamed: Mapping[str, str] | None = None) -> None:
    """Refuse a contract that breaks another.

    Raises
    ------
    ConflictError
        ``contract_broken``, with every break.
    """
    found = breaks(old, new, renamed)
    if not found:
        return
    way = "a new version keeps the old shape alive" if renamed is None else "the old shape could not be kept alive"
    message = f"The contract would be broken ({way}): " + "; ".join(f"{one.field}: {one.reason}" for one in found)
    raise ConflictError("contract_broken", message, problems={one.field: one.reason for one in found})


def require_notice(sunset_at: datetime, now: datetime) -> None:
    """Refuse a sunset that comes too soon.

    Raises
    ------
    InputError
        ``sunset_too_soon``.
    """
    if sunset_at < now + LEAST_NOTICE:
        message = f"An old shape answers for {LEAST_NOTICE.days} days more at least."
        raise InputError("sunset_too_soon", message, earliest=now + LEAST_NOTICE)
