"""Publish made-up readings as fast as the broker takes them: a process of its own that sends packets made beforehand.

``python -m benchmarks._publisher PORT KIND COUNT METERS FIRST RATE PROBES``: KIND is ``live`` (a reading a message) or
``batch`` (a block of 60), FIRST shifts all times so that no reading is published twice, RATE bounds messages a second
(0: none), PROBES a second are readings of a meter of their own, whose times of sending are told. The last line is JSON:
when the first was sent and the last was acknowledged on the monotonic clock, and the processor time. [s]
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterator

import mqtt5
import numpy as np

START_S = (int(time.time()) // 86_400 - 200) * 86_400
READINGS_PER_BLOCK, STEP_S, SHARDS = 60, 1_800, 4
WINDOW = 20_000  # packet ids, and so messages on their way
CHUNK = 200
MOMENT_S = 0.0005
PUBACK = np.dtype([("head", ">u2"), ("packet_id", ">u2")])
PLAIN_HEAD = 0x4002  # PUBACK of two bytes more: Success


def topic(meter: int, kind: str) -> str:
    """Return the topic of a meter's gateway."""
    return f"somel/v1/{meter % SHARDS}/gw-{meter:05d}/{kind}"


def value(meter: int, number: int) -> int:
    """Return a made-up value that can be told from others."""
    return 1 + (meter * 7 + number * 13) % 997


def payload(kind: str, meter: int, number: int) -> bytes:
    """Return the payload of a meter's message of a number."""
    if kind == "live":
        registers: dict[str, list[int]] = {"power_w": [value(meter, number)]}
        content = {"sequence": number, "at": START_S + number, "meters": [f"m-{meter:06d}"], "registers": registers}
    else:
        first = number * READINGS_PER_BLOCK
        values = [value(meter, first + place) for place in range(READINGS_PER_BLOCK)]
        block = {"meter": f"m-{meter:06d}", "start": START_S + first * STEP_S, "step_s": STEP_S}
        content = {"sequence": number, "blocks": [block | {"registers": {"import_wh": values}}]}
    return json.dumps(content, separators=(",", ":")).encode()


def packets(kind: str, count: int, meters: int, first: int) -> Iterator[bytes]:
    """Return packets with packet ids from 1 on, over and over."""
    for index in range(count):
        meter, number = index % meters, first + index // meters
        yield mqtt5.PublishPacket(
            topic(meter, kind),
            payload(kind, meter, number),
            qos=mqtt5.QoS.AT_LEAST_ONCE,
            packet_id=1 + index % WINDOW,
            content_type="application/json",
        ).write()


def probe(meter: int, number: int, index: int) -> bytes:
    """Return a probe's packet; its packet ids are beyond the others'."""
    return mqtt5.PublishPacket(
        topic(meter, "live"),
        payload("live", meter, number),
        qos=mqtt5.QoS.AT_LEAST_ONCE,
        packet_id=WINDOW + 1 + index % WINDOW,
        content_type="application/json",
    ).write()


def connected(port: int) -> socket.socket:
    """Return a connection on which CONNECT was answered."""
    stream = socket.create_connection(("127.0.0.1", port))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.sendall(mqtt5.ConnectPacket("bench-publisher", clean_start=True, keep_alive=600).write())
    stream.recv(1_024)
    return stream


class Acknowledged:
    """Count the PUBACKs that have come, those of probes aside."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream, self._rest, self.count = stream, b"", 0

    def read(self, wait_s: float) -> None:
        """Read what there is; wait for something, and a moment more: one by one would take time from the others."""
        if not select.select([self._stream], [], [], wait_s)[0]:
            return
        if wait_s:
            time.sleep(MOMENT_S)
        data = self._stream.recv(1 << 18)
        if not data:
            raise SystemExit("The broker hung up.")
        self._rest += data
        self._count(len(self._rest) // 4 * 4)

    def _count(self, size: int) -> None:
        packets = np.frombuffer(self._rest, PUBACK, size // 4)
        if (packets["head"] == PLAIN_HEAD).all():
            self.count += int((packets["packet_id"] <= WINDOW).sum())
            self._rest = self._rest[size:]
            return
        at, data = 0, self._rest  # a reason code makes it longer
        while at + 1 < len(data) and at + 2 + data[at + 1] <= len(data):
            self.count += (data[at + 2] << 8 | data[at + 3]) <= WINDOW
            at += 2 + data[at + 1]
        self._rest = data[at:]


def main(port: int, kind: str, count: int, meters: int, first: int, rate: int, probes: int) -> dict[str, object]:
    """Publish everything; return what is told of it."""
    made = list(packets(kind, count, meters, first))
    stream = connected(port)
    acknowledged, sent = Acknowledged(stream), 0
    told: list[float] = []
    print("ready", flush=True)
    sys.stdin.readline()
    began_s, cpu_s = time.monotonic(), time.process_time()
    while acknowledged.count < count:
        now_s = time.monotonic() - began_s
        if probes and len(told) < now_s * probes and sent < count:
            told.append(time.monotonic())
            stream.sendall(probe(meters, first + len(told) - 1, len(told)))
        due = count if not rate else min(count, int(now_s * rate))
        ready = min(due, acknowledged.count + WINDOW, sent + CHUNK)
        if ready > sent:
            stream.sendall(b"".join(made[sent:ready]))
            sent = ready
        waiting = sent == count or sent == acknowledged.count + WINDOW
        acknowledged.read(0.1 if waiting else 0.002 if rate else 0.0)
    return {
        "began_s": began_s,
        "ended_s": time.monotonic(),
        "cpu_s": time.process_time() - cpu_s,
        "probes": told,
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))), flush=True)
