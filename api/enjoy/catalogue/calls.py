"""How a dataset is called, to be copied: the same two questions in the tools that people have."""

from dataclasses import dataclass
from typing import Final

from enjoy.catalogue.addresses import Addresses
from enjoy.catalogue.described import Described

_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Call:
    """Hold what is copied.

    Attributes
    ----------
    tool : str
        Name of the tool, for people.
    code : str
        What is copied.
    """

    tool: str
    code: str


def calls_of(addresses: Addresses, one: Described) -> list[Call]:
    """Return how the newest version of a dataset is called."""
    name, version = one.dataset.name, one.published.newest.version
    has_time = one.dataset.time_field is not None
    question = addresses.latest(name, version) if has_time else addresses.items(name, version, limit=_PAGE)
    export = addresses.export(name, "csv")
    secret = one.dataset.openness != "open"
    return [
        Call("curl", _curl(question, export, secret=secret)),
        Call("Python", _python(question, addresses.export(name, "parquet"), secret=secret)),
        Call("JavaScript", _javascript(question, secret=secret)),
    ]


def _curl(question: str, export: str, *, secret: bool) -> str:
    key = '-H "Authorization: Bearer $ENJOY_KEY" ' if secret else ""
    return f"curl {key}'{question}'\n\ncurl {key}-o records.csv '{export}'"


def _python(question: str, export: str, *, secret: bool) -> str:
    headers = ', headers={"Authorization": f"Bearer {key}"}' if secret else ""
    options = ', storage_options={"Authorization": f"Bearer {key}"}' if secret else ""
    return (
        "import pandas as pd\nimport requests\n\n"
        f'features = requests.get("{question}"{headers}, timeout=30).json()["features"]\n\n'
        f'everything = pd.read_parquet("{export}"{options})'
    )


def _javascript(question: str, *, secret: bool) -> str:
    headers = ", { headers: { Authorization: `Bearer ${key}` } }" if secret else ""
    return f'const answer = await fetch("{question}"{headers});\nconst {{ features }} = await answer.json();'
