"""The quick way through a CBOR batch says what the long way says, or declines."""

import struct
from typing import Any

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ingest.decode import kernels
from ingest.decode.cbor import read_any_batch, read_batch
from ingest.decode.cbor_plain import read_plain_batch
from ingest.decode.cbor_tokens import tokenise
from tests.support.kernels import interpreted

BLOCK: dict[int, Any] = {0: "m-000001", 1: 1_767_225_600, 2: 1800, 3: {1: [120, 2.5, None], 2: [1, 2, 3]}}
FIELDS = st.one_of(
    st.integers(-1, 2**40),
    st.text(max_size=4),
    st.just("m-000001"),
    st.dictionaries(
        st.integers(0, 99),
        st.lists(st.integers(0, 9) | st.floats(0, 9) | st.none(), max_size=3)
        | st.binary(max_size=8).map(lambda raw: cbor2.CBORTag(70, raw))
        | st.lists(st.floats(width=32), max_size=3).map(lambda of: cbor2.CBORTag(85, struct.pack(f"<{len(of)}f", *of))),
        max_size=3,
    ),
)


def _fields(content: Any) -> object:
    """Return a content as comparable objects, NaN as text."""
    return (
        content.sequence,
        [
            (
                block.meter,
                block.start,
                block.step_s,
                {name: str(np.asarray(run, float).tolist()) for name, run in block.registers.items()},
                block.quality,
            )
            for block in content.blocks
        ],
    )


@pytest.mark.parametrize("sequence", [None, 0, 2**53 - 1])
@pytest.mark.parametrize("count", [1, 3])
def test_a_plain_batch_takes_the_quick_way(sequence: int | None, count: int) -> None:
    content = ({} if sequence is None else {0: sequence}) | {1: [BLOCK] * count}
    quick = read_plain_batch(tokenise(cbor2.dumps(content)))
    assert quick is not None
    assert _fields(quick) == _fields(read_any_batch(tokenise(cbor2.dumps(content))))
    assert len(quick.blocks) == count


@pytest.mark.parametrize(
    "content",
    [
        {1: [BLOCK | {4: {2: [0]}}]},
        {1: [dict(reversed(BLOCK.items()))]},
        {1: [BLOCK], 0: 1},
        {1: [BLOCK | {3: {2: [1], 1: [2]}}]},
        {1: [BLOCK | {0: "compteur-é"}]},
    ],
    ids=["quality", "block keys", "message keys", "registers", "letters"],
)
def test_other_forms_in_order_take_the_long_way(content: dict[int, Any]) -> None:
    payload = cbor2.dumps(content)
    assert read_plain_batch(tokenise(payload)) is None
    assert len(read_batch(payload).blocks) == 1


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_the_quick_way_takes_the_long_way_takes_and_says_the_same(data: st.DataObject) -> None:
    changed = BLOCK | {data.draw(st.integers(0, 4)): data.draw(FIELDS)}
    content: dict[int, Any] = {0: data.draw(st.integers(-1, 2**53)), 1: [BLOCK, changed]}
    tokenised = tokenise(cbor2.dumps(content))
    quick = read_plain_batch(tokenised)
    if quick is None:
        return
    try:
        slow = read_any_batch(tokenised)
    except InputError as error:
        pytest.fail(f"the long way refuses it: {error}")
    assert _fields(quick) == _fields(slow)


@pytest.mark.parametrize(
    "way", [kernels.read_plain_blocks, interpreted(kernels.read_plain_blocks)], ids=["compiled", "interpreted"]
)
def test_the_kernel_writes_a_row_for_each_array(way: Any) -> None:
    payload = cbor2.dumps({1: [BLOCK, BLOCK | {3: {4: cbor2.CBORTag(70, b"abcd")}}]})
    _, tokens, numbers = tokenise(payload)
    rows = np.full((tokens.shape[1], 9), -9, np.int64)
    assert way(tokens, rows) == 3
    assert rows[:3, 0].tolist() == [0, 0, 1]
    assert rows[:3, 5:7].tolist() == [[1, 0], [2, 0], [4, 70]]
    assert {payload[first:after] for first, after in rows[:3, 1:3]} == {b"m-000001"}
    assert payload[rows[2, 7] : rows[2, 8]] == b"abcd"
    first, after = rows[1, 7:9]
    assert numbers[first:after].tolist() == [1, 2, 3]


@pytest.mark.parametrize("way", [kernels.expand, interpreted(kernels.expand)], ids=["compiled", "interpreted"])
def test_runs_are_expanded_along_time_and_along_devices(way: Any) -> None:
    runs = np.array([[7, 3, 0, 1, 600, 300, 3], [8, 4, 1, 21, 999, 0, 2]])
    message, device, step_s = (np.empty(5, np.int32) for _ in range(3))
    register_id, time_s = np.empty(5, np.int16), np.empty(5, np.int64)
    way(runs, message, device, register_id, step_s, time_s)
    assert message.tolist() == [7, 7, 7, 8, 8]
    assert device.tolist() == [3, 3, 3, 4, 5]
    assert register_id.tolist() == [1, 1, 1, 21, 21]
    assert step_s.tolist() == [300, 300, 300, 0, 0]
    assert time_s.tolist() == [600, 900, 1200, 999, 999]
