"""Whole MQTT 5 packets out of the bytes of a stream."""

from collections.abc import Iterator

import mqtt5


def whole_packets(unread: bytearray) -> Iterator[tuple[mqtt5.Packet | None, bytes]]:
    """Yield whole packets with their bytes and take them away; bytes that are not MQTT 5 come with None."""
    while unread:
        try:
            packet, size = mqtt5.read(memoryview(bytes(unread)))
        except IndexError:
            return
        except ValueError:
            packet, size = None, len(unread)
        raw = bytes(unread[:size])
        del unread[:size]
        yield packet, raw
