"""What a right follows from: read strictly, and told in words.

A condition is one of::

    {"everybody": true}
    {"residence": ["59350", "59512"]}   communes of residence by INSEE code
    {"residence": "metropolis"}         any commune of the metropolis
    {"age_below": 12}                   [years]
    {"age_from": 65}                    [years]
    {"social_tariff": 700}              a family quotient below it [EUR]
    {"all": [...]} and {"any": [...]}   of conditions
    {"sold": true}                      of tourism passes: nothing that a desk sees, it is bought
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from core.errors import InputError

_MOST_PARTS: Final = 40
_MOST_DEPTH: Final = 4
_MOST_COMMUNES: Final = 200
_OLDEST: Final = 120
_MOST_EUR: Final = 100_000
_INSEE: Final = re.compile(r"[0-9][0-9AB][0-9]{3}")


@dataclass(frozen=True, slots=True)
class Everybody:
    """Hold for whoever joins."""


@dataclass(frozen=True, slots=True)
class Sold:
    """Follow from nothing that is derived: whoever bought it has it."""


@dataclass(frozen=True, slots=True)
class Residence:
    """Hold for residents of communes; of the whole metropolis where `communes` is None."""

    communes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class AgeBelow:
    """Hold until the month of a birthday has ended. [years]."""

    years: int


@dataclass(frozen=True, slots=True)
class AgeFrom:
    """Hold from the month of a birthday on. [years]."""

    years: int


@dataclass(frozen=True, slots=True)
class SocialTariff:
    """Hold for households with a family quotient below a bound. [EUR]."""

    below_eur: int


@dataclass(frozen=True, slots=True)
class Combined:
    """Hold where all parts do, or any of them."""

    how: Literal["all", "any"]
    parts: tuple["Condition", ...]


Condition: TypeAlias = Everybody | Sold | Residence | AgeBelow | AgeFrom | SocialTariff | Combined


def read_condition(content: object) -> Condition:
    """Read a condition.

    Raises
    ------
    InputError
        ``condition_invalid``: says where and what.

    Examples
    --------
    >>> read_condition({"all": [{"residence": "metropolis"}, {"age_below": 12}]})
    Combined(how='all', parts=(Residence(communes=None), AgeBelow(years=12)))
    """
    found = _read(content, "condition", 1)
    if sum(1 for _ in parts_of(found)) > _MOST_PARTS:
        raise _invalid("condition", f"has more than {_MOST_PARTS} parts")
    return found


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield a condition and all that it is combined of."""
    yield condition
    if isinstance(condition, Combined):
        for part in condition.parts:
            yield from parts_of(part)


def _invalid(where: str, what: str) -> InputError:
    return InputError("condition_invalid", f"{where} {what}.", where=where)


def _read(content: object, where: str, depth: int) -> Condition:
    if not isinstance(content, Mapping) or len(content) != 1:
        raise _invalid(where, f"has to be an object with one of the names {', '.join(_READERS)}")
    ((name, value),) = content.items()
    if name not in _READERS:
        raise _invalid(where, f"names {name!r}; there are {', '.join(_READERS)}")
    if depth > _MOST_DEPTH:
        raise _invalid(where, f"lies more than {_MOST_DEPTH} deep")
    return _READERS[name](value, f"{where}.{name}", depth)


def _read_plain(kind: type[Everybody] | type[Sold]) -> Callable[[object, str, int], Condition]:
    def read(value: object, where: str, _depth: int) -> Condition:
        if value is not True:
            raise _invalid(where, "has to be true")
        return kind()

    return read


def _read_residence(value: object, where: str, _depth: int) -> Condition:
    if value == "metropolis":
        return Residence(None)
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_COMMUNES:
        raise _invalid(where, f'has to be "metropolis" or a list of 1 to {_MOST_COMMUNES} INSEE codes')
    for code in value:
        if not isinstance(code, str) or not _INSEE.fullmatch(code):
            raise _invalid(where, f"has {code!r}, which is not the INSEE code of a commune")
    return Residence(frozenset(value))


def _whole(value: object, where: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise _invalid(where, f"has to be a whole number from 1 to {most}")
    return value


def _read_combined(how: Literal["all", "any"]) -> Callable[[object, str, int], Condition]:
    def read(value: object, where: str, depth: int) -> Condition:
        if not isinstance(value, list) or not 1 <= len(value) <= _MOST_PARTS:
            raise _invalid(where, f"has to be a list of 1 to {_MOST_PARTS} conditions")
        return Combined(how, tuple(_read(part, f"{where}[{n}]", depth + 1) for n, part in enumerate(value)))

    return read


_READERS: Final[Mapping[str, Callable[[object, str, int], Condition]]] = {
    "everybody": _read_plain(Everybody),
    "residence": _read_residence,
    "age_below": lambda value, where, _: AgeBelow(_whole(value, where, _OLDEST)),
    "age_from": lambda value, where, _: AgeFrom(_whole(value, where, _OLDEST)),
    "social_tariff": lambda value, where, _: SocialTariff(_whole(value, where, _MOST_EUR)),
    "all": _read_combined("all"),
    "any": _read_combined("any"),
    "sold": _read_plain(Sold),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Hold a text in French and in English."""

    fr: str
    en: str


def words_of(condition: Condition, communes: Mapping[str, str] | None = None) -> Words:
    """Tell a condition in words.

    Parameters
    ----------
    condition : Condition
        As `read_condition` gives it.
    communes : mapping, optional
        Names of communes by INSEE code; where one is missing its code is told.

    Examples
    --------
    >>> words_of(read_condition({"all": [{"residence": ["59350"]}, {"age_below": 12}]}), {"59350": "Lille"}).en
    'lives in Lille, and is under 12'
    """
    names: Mapping[str, str] = communes or {}
    return Words(_told(condition, _FRENCH, names), _told(condition, _ENGLISH, names))


_FRENCH: Final[Mapping[str, str]] = {
    "everybody": "tout le monde",
    "sold": "l'a acheté",
    "metropolis": "habite la métropole",
    "residence": "habite à {}",
    "age_below": "a moins de {} ans",
    "age_from": "a {} ans ou plus",
    "social_tariff": "a un quotient familial de moins de {} €",
    "all": ", et ",
    "any": ", ou ",
    "or": " ou ",
}
_ENGLISH: Final[Mapping[str, str]] = {
    "everybody": "everybody",
    "sold": "has bought it",
    "metropolis": "lives in the metropolis",
    "residence": "lives in {}",
    "age_below": "is under {}",
    "age_from": "is {} or older",
    "social_tariff": "has a family quotient below {} €",
    "all": ", and ",
    "any": ", or ",
    "or": " or ",
}


_NUMBERED: Final[Mapping[type[Condition], str]] = {
    AgeBelow: "age_below",
    AgeFrom: "age_from",
    SocialTariff: "social_tariff",
}


def _told(condition: Condition, language: Mapping[str, str], communes: Mapping[str, str]) -> str:
    match condition:
        case Residence(codes):
            return _told_residence(codes, language, communes)
        case AgeBelow(number) | AgeFrom(number) | SocialTariff(number):
            return language[_NUMBERED[type(condition)]].format(number)
        case Combined(how, parts):
            return language[how].join(_told_part(part, language, communes) for part in parts)
        case Everybody() | Sold():
            return language["everybody" if isinstance(condition, Everybody) else "sold"]


def _told_part(part: Condition, language: Mapping[str, str], communes: Mapping[str, str]) -> str:
    told = _told(part, language, communes)
    return f"({told})" if isinstance(part, Combined) else told


def _told_residence(codes: frozenset[str] | None, language: Mapping[str, str], communes: Mapping[str, str]) -> str:
    if codes is None:
        return language["metropolis"]
    names = sorted(communes.get(code, code) for code in codes)
    first, last = names[:-1], names[-1]
    return language["residence"].format(", ".join(first) + language["or"] + last if first else last)
