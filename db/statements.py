"""SQL lives in files: ``db/queries/<noun>.sql`` holds blocks, each headed by its name.

A block looks like this; the second line is left out where no row comes back::

    -- name: usage_points_of_transformer
    -- row: db.territory.UsagePointRow
    SELECT ... WHERE power_transformer_place_id = %(place_id)s;
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from core.errors import InvariantError

QUERIES: Final = Path(__file__).parent / "queries"

_HEAD: Final = re.compile(r"^-- name:[ ]*(?P<name>\w+)[ ]*$(?:\n-- row:[ ]*(?P<row>[\w.]+)[ ]*$)?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One named statement.

    Attributes
    ----------
    name : str
        Its name, unique within its file.
    row : str or None
        Dotted path of the dataclass of its rows, whose fields are its columns in order.
    sql : str
        Its text, without the closing semicolon, so that it also fits into ``COPY (...) TO``.
    """

    name: str
    row: str | None
    sql: str


@cache
def read_statements(noun: str) -> tuple[Statement, ...]:
    """Read the statements of ``db/queries/<noun>.sql`` in their order.

    Raises
    ------
    InvariantError
        ``statement_repeated`` when two of them share a name.
    """
    return read_file(QUERIES / f"{noun}.sql")


def read_file(path: Path) -> tuple[Statement, ...]:
    """Read the statements of a file in their order.

    Raises
    ------
    InvariantError
        ``statement_repeated`` when two of them share a name.
    """
    text = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = tuple(
        Statement(head["name"], head["row"], text[head.end() : end].strip().rstrip(";"))
        for head, end in zip(heads, ends, strict=True)
    )
    if len({statement.name for statement in found}) != len(found):
        raise InvariantError("statement_repeated", f"Two statements in {path.name} have the same name.", file=path.name)
    return found


@cache
def statements(noun: str) -> Mapping[str, str]:
    """Return the SQL of ``db/queries/<noun>.sql`` by statement name."""
    return MappingProxyType({statement.name: statement.sql for statement in read_statements(noun)})


def nouns() -> list[str]:
    """Return the nouns that have a file of statements, sorted."""
    return sorted(path.stem for path in QUERIES.glob("*.sql"))
