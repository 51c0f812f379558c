"""Words of passes in wallets, French and English side by side."""

from collections.abc import Mapping
from typing import Final

from enjoy.passes.tourism.using import LILLE
from enjoy.passes.wallets.shown import Shown

LANGUAGES: Final = ("fr", "en")
LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "duration": ("Durée", "Lasts"),
    "entries": ("Entrées par lieu", "Entries at each place"),
    "begins": ("Commence", "Begins"),
    "use_until": ("À commencer avant le", "To be begun before"),
    "venues": ("Lieux", "Places"),
    "terms": ("À savoir", "Good to know"),
    "page": ("Ce pass en ligne", "This pass online"),
}
_ANY: Final = ("sans limite", "any number")
_FIRST_USE: Final = ("au premier passage", "at the first use")
_TERMS: Final = (
    "Montrez ce code à l’entrée. Il ne porte ni nom ni adresse. Qui en a une copie a le pass : gardez-le pour vous.",
    "Show this code at the door. It holds no name and no address. Whoever has a copy has the pass: keep it safe.",
)


def label(key: str, language: str) -> str:
    """Return what a field is called."""
    return LABELS[key][LANGUAGES.index(language)]


def told(shown: Shown, language: str) -> dict[str, str]:
    """Return what the fields of a pass say, in a language."""
    at = LANGUAGES.index(language)
    form = ("%d/%m/%Y %H:%M", "%d %b %Y %H:%M")[at]
    return {
        "title": (shown.title_fr, shown.title_en or shown.title_fr)[at],
        "lead": (shown.lead_fr, shown.lead_en or shown.lead_fr)[at],
        "duration": f"{shown.duration_h} h",
        "entries": _ANY[at] if shown.entries is None else str(shown.entries),
        "begins": _FIRST_USE[at] if shown.starts_at_first_use else shown.begins_at.astimezone(LILLE).strftime(form),
        "use_until": shown.use_until.astimezone(LILLE).strftime(form),
        "venues": "\n".join(shown.venues),
        "terms": _TERMS[at],
        "page": shown.address,
    }
