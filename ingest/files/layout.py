"""What a file's columns are and what they mean: stated by the operator, or known by the layout, never guessed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import ConfigurationError, InputError
from core.registers import EXPORT_WH, IMPORT_WH, Register, RegisterKind
from ingest.files.head import Head, plain
from ingest.files.wishes import FLOWS, StampMeaning, Unit, Wishes

_TIME: Final = (
    "horodate", "horodatage", "time", "datetime", "date_time", "timestamp", "start", "start_at", "date",
    "reading_datetime", "time_utc", "time_local", "date de la mesure", "date_releve", "date de releve",
)  # fmt: skip
_HOUR: Final = ("heure de la mesure", "heure")
_VALUE: Final = ("valeur", "value", "kwh", "wh", "kw", "w")
_METER: Final = (
    "identifiant prm", "prm", "pdl", "id_prm", "meter", "meter_id", "id", "device", "lclid", "customer_id",
)  # fmt: skip
_UNITS: Final = {"w": Unit.W, "kw": Unit.KW, "wh": Unit.WH, "kwh": Unit.KWH}
_DIRECTIONS: Final = {"consommation": IMPORT_WH, "cons": IMPORT_WH, "production": EXPORT_WH, "prod": EXPORT_WH}
_IN_BRACKETS: Final = re.compile(r"\((\w+)\)")
#: A flow whose table names, besides stamp and value, whose they are and in which unit, line by line.
_R63: Final = {"identifiant prm", "horodate", "valeur", "unite"}
_R63_KIND: Final = ("grandeur physique", "grandeur metier", "unite")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns used.

    Attributes
    ----------
    time, value : int
        Stamp and value.
    hour : int or None
        Hour of the day, where it stands apart.
    meter : int or None
        Whose it is; None where one is stated for all.
    alike : tuple of int
        Columns that have to say in every line what they say in the first: a file is about one quantity.
    """

    time: int
    value: int
    hour: int | None = None
    meter: int | None = None
    alike: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """What columns mean.

    Attributes
    ----------
    name : str
        Where the meaning is from: ``enedis-customer``, a flow of `FLOWS`, or ``stated``.
    columns : Columns
        Which are used.
    unit : Unit
        Unit of the values.
    stamps : StampMeaning
        Instant that a stamp names.
    register : Register
        What is measured.
    meter : str or None
        Whose they all are; None where a column says so.
    """

    name: str
    columns: Columns
    unit: Unit
    stamps: StampMeaning
    register: Register
    meter: str | None


def settle(names: Sequence[str], preamble: Mapping[str, str], wishes: Wishes) -> Layout:
    """Settle what the columns mean.

    Raises
    ------
    ConfigurationError
        ``unit_not_stated``, ``column_not_stated`` or ``meter_not_stated``: an option is needed.
    InputError
        ``layout_unsupported``: the file holds something else than interval values or indexes.
    """
    titles = [plain(name) for name in names]
    name = _name(titles, preamble, wishes)
    flow = FLOWS.get(name)
    columns = _columns(titles, name, wishes)
    register = wishes.register or _register(preamble) or (flow.register if flow else IMPORT_WH)
    stamps = wishes.stamps or (flow.stamps if flow else None)
    if stamps is None:
        stamps = StampMeaning.END if name == "enedis-customer" else StampMeaning.START
    unit = wishes.unit or (flow.unit if flow else None) or _unit(preamble, titles[columns.value])
    if unit is None:
        raise ConfigurationError("unit_not_stated", "The file does not say in which unit its values are: state --unit.")
    if register.kind is RegisterKind.INDEX and unit not in {Unit.WH, Unit.KWH}:
        raise ConfigurationError("unit_not_stated", "An index counts energy: state --unit wh or kwh.")
    meter = wishes.meter or (None if columns.meter is not None else preamble.get("identifiant prm"))
    if meter is None and columns.meter is None:
        raise ConfigurationError(
            "meter_not_stated", "No column says whose the values are: state --meter-column, or --meter for all of them."
        )
    return Layout(name, columns, unit, stamps, register, meter)


def of_head(head: Head, wishes: Wishes) -> Layout:
    """Settle what the columns of a text file mean."""
    titles = [plain(name) for name in head.names]
    facts = dict(head.preamble)
    if _name(titles, facts, wishes) == "r63":  # what Enedis' other layout says once, it says in every line
        facts |= {titles[index]: head.first[index] for index in _alike(titles) if index < len(head.first)}
    return settle(head.names, facts, wishes)


def _name(titles: Sequence[str], preamble: Mapping[str, str], wishes: Wishes) -> str:
    if wishes.flow:
        return wishes.flow
    if "identifiant prm" in preamble:
        kind = plain(preamble.get("type de donnees", "courbe de charge"))
        if "courbe" not in kind:
            raise InputError(
                "layout_unsupported", f"The file holds {kind!r}; of Enedis' exports the load curve can be imported."
            )
        return "enedis-customer"
    return "r63" if set(titles) >= _R63 else "stated"


def _register(preamble: Mapping[str, str]) -> Register | None:
    return _DIRECTIONS.get(plain(preamble.get("grandeur metier", "")))


def _unit(preamble: Mapping[str, str], title: str) -> Unit | None:
    if "identifiant prm" not in preamble and "unite" not in preamble:
        return None  # the title of a column is no statement: the London trial's "KW" is kWh per half-hour
    bracketed = _IN_BRACKETS.search(title)
    return _UNITS.get(plain(preamble.get("unite", "") or (bracketed[1] if bracketed else "w")))


def _columns(titles: Sequence[str], name: str, wishes: Wishes) -> Columns:
    day, _, hour = (wishes.time_column or "").partition(",")
    time = _needed(titles, day, _TIME, "time")
    apart = _optional(titles, hour, _HOUR) if hour or not day else None
    if name == "enedis-customer":
        value = _named(titles, wishes.value_column) if wishes.value_column else min(1, len(titles) - 1)
        return Columns(time, value, apart, None)
    value = _needed(titles, wishes.value_column, _VALUE, "value")
    meter = None if wishes.meter else _optional(titles, wishes.meter_column, _METER)
    return Columns(time, value, apart, meter, _alike(titles) if name == "r63" else ())


def _alike(titles: Sequence[str]) -> tuple[int, ...]:
    return tuple(index for index, title in enumerate(titles) if title in _R63_KIND)


def _needed(titles: Sequence[str], wanted: str | None, known: Sequence[str], what: str) -> int:
    found = [_named(titles, wanted)] if wanted else _known(titles, known)
    if len(found) != 1:
        raise ConfigurationError(
            "column_not_stated", f"Which column is the {what}? State --{what}-column: one of {', '.join(titles)}."
        )
    return found[0]


def _optional(titles: Sequence[str], wanted: str | None, known: Sequence[str]) -> int | None:
    return _named(titles, wanted) if wanted else next(iter(_known(titles, known)), None)


def _known(titles: Sequence[str], known: Sequence[str]) -> list[int]:
    return [index for index, title in enumerate(titles) if title in known or title.startswith(f"{known[0]} ")]


def _named(titles: Sequence[str], wanted: str) -> int:
    title = plain(wanted)
    if title in titles:
        return titles.index(title)
    if title.isdecimal() and 1 <= int(title) <= len(titles):
        return int(title) - 1
    raise ConfigurationError("column_unknown", f"There is no column {wanted!r} among {', '.join(titles)}.")
