"""Words of the page of desks and of those who run services, French and English side by side."""

from collections.abc import Mapping
from typing import Final

DESK_SAID: Final[Mapping[str, tuple[str, str]]] = {"deskNone": ("Rien encore.", "Nothing yet.")}
DESK_WORDS: Final[Mapping[str, tuple[str, str]]] = {**DESK_SAID, "deskTitle": ("Guichet", "Desk")}
