import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.identifiers import UP_KINDS, Topic, parse_topic, shard_of

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}", fullmatch=True)


@given(st.integers(0, 1023), names, st.sampled_from(UP_KINDS))
def test_a_topic_reads_back_as_it_was_written(shard, gateway, kind):
    topic = Topic(shard, gateway, kind)
    assert parse_topic(str(topic)) == topic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "somel/v1",
        "somel/v2/0/gw-0001/batch",
        "somel/v1/0/gw-0001/command",
        "somel/v1/x/gw-0001/batch",
        "somel/v1/²/gw-0001/batch",
        "somel/v1/0/g/batch",
        "somel/v1/0/gw 1/batch",
        "somel/v1/0/gw-0001/batch/more",
        "other/v1/0/gw-0001/batch",
    ],
)
def test_any_other_topic_is_refused(text):
    with pytest.raises(InputError) as refused:
        parse_topic(text)
    assert refused.value.code == "topic_unknown"


@given(names, st.integers(1, 1024))
def test_a_gateway_always_falls_in_the_same_existing_shard(gateway, shards):
    assert shard_of(gateway, shards) == shard_of(gateway, shards)
    assert 0 <= shard_of(gateway, shards) < shards


def test_shards_are_the_published_hash():
    # FNV-1a, 64 bits: the published digest of "foobar" is 0x85944171f73967e8.
    assert shard_of("foobar", 1 << 64) == 0x85944171F73967E8


def test_gateways_spread_over_the_shards():
    counts = [0] * 8
    for number in range(4_000):
        counts[shard_of(f"gw-{number:04d}", 8)] += 1
    assert min(counts) > 400
