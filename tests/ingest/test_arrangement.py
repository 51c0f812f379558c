"""Topics and sessions: each message is received once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from ingest.arrangement import arrange
from ingest.parcel import Message, Parcel

LEVEL = st.sampled_from(["", "v1", "v2", "0", "1", "3", "4", "01", "gw-0001", "batch", "x"])
TOPIC = st.lists(LEVEL, max_size=6).map(lambda levels: "/".join(["somel", *levels]))


def parcel(*topics: str) -> Parcel:
    origin: Any = None
    return Parcel.of([Message(topic, None, b"", None, origin, 0) for topic in topics])


@given(topic=TOPIC, shards=st.integers(1, 6))
def test_every_topic_below_the_root_is_claimed_by_exactly_one_session_that_receives_it(topic: str, shards: int):
    claiming = [
        subscription
        for subscription in arrange(range(shards))
        if topic_matches_sub(subscription.topic_filter, topic) and subscription.claims(parcel(topic)).all()
    ]
    assert len(claiming) == 1


def test_topics_of_one_read_are_told_apart_one_by_one():
    of_shard, of_strays = arrange([0])
    topics = [
        "somel/v1/0/gw-0001/batch",
        "somel/v1/0/gw-0001",
        "somel/v1/00/gw-0001/batch",
        "somel/v1/0/a/b/c",
        "somel",
    ]
    assert of_shard.claims(parcel(*topics)).tolist() == [True, False, False, True, False]
    assert of_strays.claims(parcel(*topics)).tolist() == [False, True, True, False, True]


def test_each_shard_has_a_session_of_its_own_that_no_other_worker_shares():
    ids = [subscription.client_id for subscription in arrange(range(3))]
    assert ids == ["ingest-0", "ingest-1", "ingest-2", "ingest-strays"]
    assert not any(subscription.topic_filter.startswith("$share") for subscription in arrange(range(3)))


def test_without_strays_only_the_shards_have_sessions():
    ids = [subscription.client_id for subscription in arrange(range(3), strays=False)]
    assert ids == ["ingest-0", "ingest-1", "ingest-2"]
