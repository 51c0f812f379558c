"""Topics and sessions: each message is received once."""

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from ingest.arrangement import arrange

LEVEL = st.sampled_from(["", "v1", "v2", "0", "1", "3", "4", "01", "gw-0001", "batch", "x"])
TOPIC = st.lists(LEVEL, max_size=6).map(lambda levels: "/".join(["somel", *levels]))


@given(topic=TOPIC, shards=st.integers(1, 6))
def test_every_topic_below_the_root_is_claimed_by_exactly_one_session_that_receives_it(topic: str, shards: int):
    claiming = [
        subscription
        for subscription in arrange(range(shards))
        if topic_matches_sub(subscription.topic_filter, topic) and subscription.claims(topic)
    ]
    assert len(claiming) == 1


def test_each_shard_has_a_session_of_its_own_that_no_other_worker_shares():
    ids = [subscription.client_id for subscription in arrange(range(3))]
    assert ids == ["ingest-0", "ingest-1", "ingest-2", "ingest-strays"]
    assert not any(subscription.topic_filter.startswith("$share") for subscription in arrange(range(3)))


def test_without_strays_only_the_shards_have_sessions():
    ids = [subscription.client_id for subscription in arrange(range(3), strays=False)]
    assert ids == ["ingest-0", "ingest-1", "ingest-2"]
