"""How pages write numbers, times and spans: in the reader's language, and in the time of the territory."""

from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

LANGUAGES: Final = ("fr", "en")
COOKIE: Final = "enjoy_language"
_ZONE: Final = ZoneInfo("Europe/Paris")
_MONTHS: Final = {
    "fr": ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"),
}
_SPANS: Final = (
    (365 * 86_400, {"fr": ("an", "ans"), "en": ("year", "years")}),
    (30 * 86_400, {"fr": ("mois", "mois"), "en": ("month", "months")}),
    (86_400, {"fr": ("jour", "jours"), "en": ("day", "days")}),
    (3_600, {"fr": ("heure", "heures"), "en": ("hour", "hours")}),
    (60, {"fr": ("minute", "minutes"), "en": ("minute", "minutes")}),
    (1, {"fr": ("seconde", "secondes"), "en": ("second", "seconds")}),
)
_TRUTH: Final = {"fr": ("non", "oui"), "en": ("no", "yes")}
#: Digits of a number that is not whole.
_DIGITS: Final = 3
_NARROW: Final = "\N{NARROW NO-BREAK SPACE}"
_FIXED: Final = "\N{NO-BREAK SPACE}"


def language_of(request: Request) -> str:
    """Return the reader's language: as asked for, as chosen before, as the browser says, else French."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    for part in request.headers.get("accept-language", "").split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


Language = Annotated[str, Depends(language_of)]


def number(value: float, language: str, digits: int = _DIGITS) -> str:
    """Return a number, whole where it is.

    Examples
    --------
    >>> number(1234.5, "en")
    '1,234.5'
    """
    text = f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate({ord(","): _NARROW, ord("."): ","}) if language == "fr" else text


def span(seconds: float, language: str) -> str:
    """Return a span in its largest unit that leaves two or more, or fits exactly.

    Examples
    --------
    >>> [span(s, "en").replace("\N{NO-BREAK SPACE}", " ") for s in (1800, 3600, 5400)]
    ["30 minutes", "1 hour", "2 hours"]
    """
    for size, names in _SPANS:
        count = round(seconds / size)
        if seconds == size or count > 1:
            one, many = names[language]
            return f"{number(count, language)}{_FIXED}{one if count == 1 else many}"
    one, many = _SPANS[-1][1][language]
    count = round(seconds)
    return f"{count}{_FIXED}{one if count == 1 else many}"


def ratio(value: float, language: str) -> str:
    """Return a ratio in per cent; never 100 % where something is missing."""
    percent = min(value * 100, 99.9) if value < 1 else 100.0
    return number(round(percent, 1), language) + (_NARROW if language == "fr" else "") + "%"


def day(at: date, language: str) -> str:
    """Return a day."""
    return f"{at.day}{_FIXED}{_MONTHS[language][at.month - 1]} {at.year}"


def moment(at: datetime, language: str) -> str:
    """Return an instant in the time of the territory."""
    local = at.astimezone(_ZONE)
    return f"{day(local.date(), language)}, {local:%H:%M}"


def value(told: object, language: str) -> str:
    """Return a value of a record."""
    if told is None:
        return "–"
    if isinstance(told, bool):
        return _TRUTH[language][told]
    if isinstance(told, int | float):
        return number(told, language)
    if isinstance(told, datetime):
        return moment(told, language)
    return day(told, language) if isinstance(told, date) else str(told)
