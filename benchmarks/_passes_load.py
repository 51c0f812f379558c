"""Readers that show passes over HTTP, in a process of its own that takes as little of the processor as it can.

Requests come ready-made as MessagePack on standard input, `Load`; what came of them is told on standard output,
`Outcome`. A load that has a pace sends at its times whether or not anything was answered (open loop): a request that
finds no free connection waits for one, and its time counts from when it was due.
"""

import gc
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

_MOST: Final = 65_536
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_LONGEST_S: Final = 30.0


class Load(msgspec.Struct):
    """Hold what is to be sent.

    Attributes
    ----------
    port : int
        Of the server, on this machine.
    lines : list of bytes
        For each connection the head of its requests, to the length of the content.
    bodies : list of bytes
        Contents of the requests.
    per_s : float or None
        Pace; None: as fast as answers come.
    """

    port: int
    lines: list[bytes]
    bodies: list[bytes]
    per_s: float | None


class Answer(msgspec.Struct, array_like=True):
    """Hold what came of a request: its status, its content, and how long it took from when it was due. [s]."""

    status: int
    content: bytes
    took_s: float


class Outcome(msgspec.Struct):
    """Hold the answers, in the order of the requests, and how long all took. [s]."""

    answers: list[Answer]
    took_s: float


class _Line:
    """A connection that is kept open, with at most one request on it."""

    __slots__ = ("got", "head", "place", "sent_s", "socket")

    def __init__(self, port: int, head: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = head
        self.place = 0
        self.got, self.sent_s = b"", 0.0

    def send(self, place: int, body: bytes) -> None:
        self.place, self.got, self.sent_s = place, b"", time.perf_counter()
        self.socket.sendall(b"%b%d\r\n\r\n%b" % (self.head, len(body), body))

    def read(self) -> tuple[int, bytes] | None:
        """Return status and content once all of it is there."""
        piece = self.socket.recv(_MOST)
        if not piece:
            raise SystemExit("The server ended a connection.")
        self.got += piece
        head, end, content = self.got.partition(_END)
        if not end:
            return None
        lowered = head.lower()
        at = lowered.index(_LENGTH) + len(_LENGTH)
        length = int(lowered[at:].split(b"\r\n", 1)[0])
        return (int(head[9:12]), content) if len(content) >= length else None


def run(load: Load) -> Outcome:
    """Send all, and return what came of it.

    Raises
    ------
    SystemExit
        The server ended a connection, or does not answer.
    """
    lines = [_Line(load.port, head) for head in load.lines]
    by_number = {line.socket.fileno(): line for line in lines}
    ready = select.epoll()
    for number in by_number:
        ready.register(number, select.EPOLLIN)
    answers: list[Answer | None] = [None] * len(load.bodies)
    free, due_s, sent, left = deque(lines), _dues(load), 0, len(load.bodies)
    began_s = due_s[0]
    while left:
        now_s = time.perf_counter()
        while free and sent < len(due_s) and due_s[sent] <= now_s:
            free.popleft().send(sent, load.bodies[sent])
            sent += 1
        wait_s = due_s[sent] - now_s if free and sent < len(due_s) else _LONGEST_S
        events = ready.poll(max(0.0, wait_s))
        if not events and wait_s == _LONGEST_S:
            raise SystemExit("The server does not answer.")
        for number, _ in events:
            line = by_number[number]
            told = line.read()
            if told is not None:
                since_s = due_s[line.place] if load.per_s else line.sent_s
                answers[line.place] = Answer(*told, time.perf_counter() - since_s)
                free.append(line)
                left -= 1
    took_s = time.perf_counter() - began_s
    return Outcome([answer for answer in answers if answer is not None], took_s)


def _dues(load: Load) -> Sequence[float]:
    """Return when each request is to be sent."""
    began_s = time.perf_counter()
    return [began_s + (place / load.per_s if load.per_s else 0.0) for place in range(len(load.bodies))]


if __name__ == "__main__":
    asked = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Load)
    gc.disable()  # a pause of the load would look like one of the server
    sys.stdout.buffer.write(msgspec.msgpack.encode(run(asked)))
