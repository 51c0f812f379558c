"""Bytes to packets and back."""

from itertools import pairwise

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RetryableError
from ingest.wire import READ_BYTES, PacketReader, encode_acknowledgements


def feed(reader: PacketReader, data: bytes) -> list[mqtt5.Packet]:
    """Let `data` arrive, as much at a time as the reader has room for."""
    packets: list[mqtt5.Packet] = []
    while data:
        space = reader.space()
        piece = data[: len(space)]
        space[: len(piece)] = piece
        packets += reader.take(len(piece))
        data = data[len(piece) :]
    return packets


def publication(payload: bytes) -> mqtt5.PublishPacket:
    return mqtt5.PublishPacket("somel/v1/0/gw-0001/batch", payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=7)


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
