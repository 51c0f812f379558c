"""Words, signs and values that a filter as text is made of."""

import re
from dataclasses import dataclass
from typing import Final

from enjoy.cql.building import filter_invalid

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|''|\\.)*') | (?P<quoted>"[^"]+") | (?P<name>[^\W\d][\w.:]*) |
    (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?) | (?P<sign><>|<=|>=|[=<>(),])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """Hold one of them: what it is, how it is written, and where."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """Return it as a keyword; what is quoted is none."""
        return self.text.upper() if self.kind in {"name", "sign"} else ""


def tokens_of(given: str) -> list[Token]:
    """Return what a text is made of, and its end.

    Raises
    ------
    InputError
        ``filter_invalid``.
    """
    found, at, end = [], 0, len(given.rstrip())
    while at < end:
        match = _TOKEN.match(given, at)
        if match is None or match.lastgroup is None:
            raise filter_invalid(f"At {at + 1} it cannot be understood: {given[at : at + 20]!r}.")
        start = match.start(match.lastgroup)
        found.append(Token(match.lastgroup, match[match.lastgroup], start, match.end()))
        at = match.end()
    return [*found, Token("end", "", end, end)]
