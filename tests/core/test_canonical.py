from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from core.canonical import canonical_json, instant_text, sha256_of
from core.errors import InputError


def test_the_same_content_has_one_spelling_however_it_was_made():
    paris = datetime(2026, 7, 1, 14, tzinfo=ZoneInfo("Europe/Paris"))
    key = UUID(int=1)
    one = canonical_json({"b": {"y": 0.1 + 0.2, "x": [True, None]}, "at": paris, "id": key, "é": "\ud800"})
    other = canonical_json({"é": "\ud800", "id": key, "at": paris.astimezone(UTC), "b": {"x": [True, None], "y": 0.3}})
    assert one.replace("0.30000000000000004", "0.3") == other
    assert one.isascii()
    assert '"at":"2026-07-01T12:00:00.000000Z"' in one


def test_what_has_no_spelling_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"x": float("nan")})
    with pytest.raises(TypeError, match="set has no canonical form"):
        canonical_json({"x": {1}})
    with pytest.raises(InputError, match="naive_time"):
        instant_text(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_hash_is_that_of_the_parts_joined():
    assert sha256_of(b"a", b"bc") == sha256_of(b"abc")
    assert sha256_of(b"abc").hex().startswith("ba7816bf8f01cfea")  # FIPS 180-2, appendix B.1
