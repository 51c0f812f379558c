import re

import pytest

from core.errors import PlatformError
from tests.support.documentation import ROOT, error_classes

DRAWN = {
    "PlatformError": None,
    "InputError": "PlatformError",
    "RefusedError": "PlatformError",
    "UnauthenticatedError": "RefusedError",
    "ForbiddenError": "RefusedError",
    "NotFoundError": "RefusedError",
    "GoneError": "RefusedError",
    "ConflictError": "RefusedError",
    "RetryableError": "PlatformError",
    "ConfigurationError": "PlatformError",
    "InvariantError": "PlatformError",
}


def test_the_drawn_tree_is_the_whole_tree():
    found = {kind.__name__: kind.__bases__[0].__name__ for kind in error_classes()}
    assert {**found, "PlatformError": None} == DRAWN


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_an_error_says_its_message_and_its_code(kind):
    error = kind("some_code", "Something is wrong.", limit=3)
    assert str(error) == "Something is wrong. [some_code]"
    assert (error.code, error.context) == ("some_code", {"limit": 3})
    assert kind.exit_code != 0


def test_a_code_always_means_the_same_kind_of_error():
    """Find every raise in the product; a code belongs to one class."""
    raised = re.compile(r"(\w+Error)\(\s*\"([a-z_]+)\"")
    classes = {kind.__name__ for kind in error_classes()}
    meant: dict[str, set[str]] = {}
    for folder in ("api", "core", "db", "edge", "enjoy", "grid", "ingest", "outward", "simulators", "somel"):
        for file in (ROOT / folder).rglob("*.py"):
            for kind, code in raised.findall(file.read_text()):
                if kind in classes:
                    meant.setdefault(code, set()).add(kind)
    assert {code: kinds for code, kinds in meant.items() if len(kinds) > 1} == {}
    assert len(meant) > 10
    assert PlatformError.__name__ not in {kind for kinds in meant.values() for kind in kinds}
