"""Bytes to packets and back."""

from itertools import pairwise
from typing import Any

import mqtt5
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RetryableError
from ingest.kernels.names import split_levels
from ingest.parcel import Message, Parcel
from ingest.wire import READ_BYTES, PacketReader, encode_acknowledgements
from tests.support.kernels import interpreted

AT_LEAST_ONCE: dict[str, Any] = {"qos": mqtt5.QoS.AT_LEAST_ONCE, "packet_id": 7}


def feed(reader: PacketReader, data: bytes) -> list[mqtt5.Packet]:
    """Let `data` arrive, as much at a time as the reader has room for."""
    packets: list[mqtt5.Packet] = []
    origin: Any = None
    while data:
        space = reader.space()
        piece = data[: len(space)]
        space[: len(piece)] = piece
        reader.note(len(piece))
        for found in reader.take():
            if isinstance(found, Parcel):
                packets += map(as_packet, Parcel(found.data, found.table, (origin,)))
            else:
                packets.append(found)
        data = data[len(piece) :]
    return packets


def as_packet(message: Message) -> mqtt5.PublishPacket:
    """Return the packet that a message came in, as far as a message tells."""
    return mqtt5.PublishPacket(
        message.topic,
        message.payload,
        qos=mqtt5.QoS.AT_LEAST_ONCE,
        packet_id=message.packet_id,
        content_type=message.content_type,
    )


def publication(payload: bytes, **more: Any) -> mqtt5.PublishPacket:
    return mqtt5.PublishPacket("somel/v1/0/gw-0001/batch", payload, **{**AT_LEAST_ONCE, **more})


PACKETS = st.one_of(
    st.builds(publication, st.binary(max_size=300)),
    st.builds(publication, st.binary(max_size=9), content_type=st.sampled_from([None, "application/json", "é"])),
    st.builds(publication, st.binary(max_size=9), duplicate=st.booleans(), retain=st.booleans()),
    st.builds(publication, st.binary(max_size=9), message_expiry_interval=st.integers(0, 2**32 - 1)),
    st.builds(publication, st.binary(max_size=9), correlation_data=st.binary(max_size=3)),
    st.builds(publication, st.binary(max_size=9), user_properties=st.just([("a", "b")])),
    st.builds(lambda payload: mqtt5.PublishPacket("a/é", payload), st.binary(max_size=9)),
    st.builds(mqtt5.PubAckPacket, st.integers(1, 65_535)),
    st.just(mqtt5.PingRespPacket()),
)


def told(packet: mqtt5.Packet) -> object:
    """Return what a message would tell of a packet; of others, the packet."""
    if isinstance(packet, mqtt5.PublishPacket):
        return packet.topic, bytes(packet.payload), packet.packet_id, packet.content_type
    return packet


@settings(deadline=None)  # the first call may compile
@given(packets=st.lists(PACKETS, max_size=8))
def test_what_is_cut_is_what_the_codec_reads_whatever_stands_in_between(packets: list[mqtt5.Packet]):
    found = feed(PacketReader(), b"".join(packet.write() for packet in packets))
    assert list(map(told, found)) == list(map(told, packets))


@settings(deadline=None)  # the first call may compile
@given(payloads=st.lists(st.binary(max_size=300), max_size=8), cuts=st.lists(st.integers(0, 2_000), max_size=12))
def test_packets_come_out_whole_and_in_order_wherever_the_bytes_are_cut(payloads: list[bytes], cuts: list[int]):
    stream = b"".join(publication(payload).write() for payload in payloads)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = PacketReader()
    packets = [packet for start, end in pairwise(edges) if start < end for packet in feed(reader, stream[start:end])]
    assert packets == [publication(payload) for payload in payloads]


def test_a_packet_larger_than_one_read_is_read_and_the_next_one_too():
    large, small = publication(bytes(5 * READ_BYTES)), publication(b"small")
    reader = PacketReader()
    assert feed(reader, large.write() + small.write()) == [large, small]
    assert len(reader.space()) <= READ_BYTES


def test_bytes_that_are_not_mqtt_end_the_connection_and_not_the_process():
    with pytest.raises(RetryableError) as caught:
        feed(PacketReader(), b"\x00\x00GET / HTTP/1.1")
    assert caught.value.code == "broker_protocol_error"


def test_acknowledgements_are_those_that_the_codec_writes():
    ids = [1, 300, 65_535, 2]
    assert encode_acknowledgements(ids) == b"".join(mqtt5.PubAckPacket(packet_id).write() for packet_id in ids)


@pytest.mark.parametrize("way", [split_levels, interpreted(split_levels)], ids=["compiled", "interpreted"])
def test_topics_are_split_by_their_bytes(way: Any):
    topics = ["somel", "somel/v1/0/gw-0001/batch", "", "a//b", "a/b/c", "a/b/c/"]
    data = "".join(topics).encode()
    ends = np.cumsum([len(topic) for topic in topics])
    places = np.column_stack([ends - [len(topic) for topic in topics], ends]).astype(np.int64)
    heads, levels = np.zeros((len(topics), 2), np.int64), np.zeros(len(topics), np.int32)
    way(np.frombuffer(data, np.uint8), places, 3, heads, levels)
    assert levels.tolist() == [1 + topic.count("/") for topic in topics]
    assert [data[first:after].decode() for first, after in heads] == [
        "/".join(topic.split("/")[:3]) for topic in topics
    ]
