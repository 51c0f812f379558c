"""The CBOR kernel reads what an independent encoder wrote, compiled or not."""

import math
import struct
from collections.abc import Callable
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode import kernels
from tests.support.kernels import interpreted

Tokenise = Callable[[Any, Any, Any], int]
WAYS = [pytest.param(kernels.tokenise, id="compiled"), pytest.param(interpreted(kernels.tokenise), id="interpreted")]
NUMBERS = st.none() | st.integers(-(2**64), 2**64 - 1) | st.floats(allow_nan=False)


def tokens_of(payload: bytes, tokenise: Tokenise = kernels.tokenise) -> tuple[int, list[list[int]], list[float]]:
    """Return the count or fault, the tokens and the numbers of a payload."""
    tokens, numbers = np.full((3, len(payload) + 1), -9, np.int64), np.full(len(payload) + 1, -9.0)
    count = tokenise(np.frombuffer(payload, np.uint8), tokens, numbers)
    return count, tokens[:, : max(count, 0)].T.tolist(), numbers.tolist()


def rebuilt(payload: bytes, tokens: list[list[int]], numbers: list[float], at: int = 0) -> tuple[Any, int]:
    """Return the item at a token as Python objects, and the token after it."""
    kind, first, second = tokens[at]
    if kind == kernels.INTEGER:
        return first, at + 1
    if kind in (kernels.BYTES, kernels.TEXT):
        raw = payload[first:second]
        return (raw.decode() if kind == kernels.TEXT else raw), at + 1
    if kind in (kernels.INTEGERS, kernels.NUMBERS):
        return [None if math.isnan(number) else number for number in numbers[first:second]], at + 1
    if kind == kernels.TAG:
        inside, after = rebuilt(payload, tokens, numbers, at + 1)
        return cbor2.CBORTag(first, inside), after
    items, after = [], at + 1
    for _ in range(first * (2 if kind == kernels.MAP else 1)):
        item, after = rebuilt(payload, tokens, numbers, after)
        items.append(item)
    assert after == second
    return (dict(zip(items[::2], items[1::2], strict=True)) if kind == kernels.MAP else items), after


ITEMS = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5) | st.binary(max_size=5) | st.lists(NUMBERS, max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 2**40), inner, max_size=4),
    max_leaves=12,
).map(lambda item: {7: item, 300: cbor2.CBORTag(70, b"abcd")})


def _as_floats(item: Any) -> Any:
    """Return an item with every array of numbers as the kernel has them: as floats."""
    if isinstance(item, dict):
        return {key: _as_floats(value) for key, value in item.items()}
    if isinstance(item, list):
        plain = all(value is None or isinstance(value, int | float) for value in item)
        return [None if value is None else float(value) for value in item] if plain else [_as_floats(v) for v in item]
    return item


@pytest.mark.parametrize("tokenise", WAYS)
@settings(max_examples=100, deadline=None)
@given(item=ITEMS, canonical=st.booleans())
def test_what_another_encoder_wrote_is_read_back(item: dict[int, Any], canonical: bool, tokenise: Tokenise) -> None:
    payload = cbor2.dumps(item, canonical=canonical)
    count, tokens, numbers = tokens_of(payload, tokenise)
    if count == kernels.TOO_DEEP:
        return
    assert count == len(tokens)
    got, after = rebuilt(payload, tokens, numbers)
    assert after == count
    assert got == _as_floats(cbor2.loads(payload))


@pytest.mark.parametrize("tokenise", WAYS)
@settings(max_examples=150, deadline=None)
@given(bits=st.integers(0, 2**16 - 1))
def test_every_16_bit_float_is_read_as_the_standard_library_reads_it(bits: int, tokenise: Tokenise) -> None:
    count, tokens, numbers = tokens_of(b"\x81\xf9" + bits.to_bytes(2, "big"), tokenise)
    wanted = struct.unpack(">e", bits.to_bytes(2, "big"))[0]
    assert (count, tokens[0][0]) == (1, kernels.NUMBERS)
    assert numbers[0] == wanted or (math.isnan(numbers[0]) and math.isnan(wanted))


@pytest.mark.parametrize("tokenise", WAYS)
@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", kernels.TRUNCATED),
        (b"\x19\x01", kernels.TRUNCATED),
        (b"\x83\x01\x02", kernels.TRUNCATED),
        (b"\x44abc", kernels.TRUNCATED),
        (b"\x9b" + b"\xff" * 8, kernels.TRUNCATED),
        (b"\xbb\x7f" + b"\xff" * 7, kernels.TRUNCATED),
        (b"\x5b" + b"\xff" * 8, kernels.TRUNCATED),
        (b"\x9f\x01\xff", kernels.RESERVED),
        (b"\x7f\x61a\xff", kernels.RESERVED),
        (b"\x1c", kernels.RESERVED),
        (b"\xf8\x20", kernels.RESERVED),
        (b"\x81" * 9 + b"\x01", kernels.TOO_DEEP),
        (b"\xc1" * 9 + b"\x01", kernels.TOO_DEEP),
        (b"\x01\x01", kernels.TRAILING),
    ],
)
def test_what_is_not_one_item_of_definite_length_has_its_fault(payload: bytes, fault: int, tokenise: Tokenise) -> None:
    assert tokens_of(payload, tokenise)[0] == fault


@pytest.mark.parametrize("tokenise", WAYS)
def test_eight_containers_within_each_other_are_read(tokenise: Tokenise) -> None:
    count, tokens, numbers = tokens_of(b"\x81" * 8 + b"\x05", tokenise)
    assert count == 8
    assert tokens[-1] == [kernels.INTEGERS, 0, 1]
    assert numbers[0] == 5.0


@settings(max_examples=300, deadline=None)
@given(payload=st.binary(max_size=200))
def test_any_bytes_give_a_count_or_a_fault_within_bounds(payload: bytes) -> None:
    count, tokens, _ = tokens_of(payload)
    assert kernels.TRAILING <= count <= len(payload)
    assert all(kernels.INTEGER <= kind <= kernels.TAG for kind, _, _ in tokens)


def _ends_early(payload: bytes) -> bool:
    """Tell whether another decoder misses bytes; that it finds tags, texts or keys invalid does not count."""
    try:
        cbor2.loads(payload, tag_hook=lambda tag, _: tag.value)
    except cbor2.CBORDecodeEOF:
        return True
    except cbor2.CBORDecodeError:
        return False
    return False


@settings(max_examples=300, deadline=None)
@given(payload=st.binary(max_size=60))
def test_what_the_kernel_accepts_is_complete_for_another_decoder(payload: bytes) -> None:
    assert tokens_of(payload)[0] < 0 or not _ends_early(payload)
