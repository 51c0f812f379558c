"""Processes and ports are recognised for what they are."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from somel.embedded.logfile import follow, last_lines, rotate, since, size_of
from somel.embedded.loopback import free_port, listens
from somel.embedded.process import ServerProcess


def test_only_the_process_that_holds_a_port_listens_on_it() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert not listens(os.getpid(), port)
        listener.listen()
        assert listens(os.getpid(), port)
        # A child, for our parent may be a process whose descriptors nobody may read.
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            assert not listens(other.pid, port)
            other.communicate(b"\n")


def test_a_free_port_is_not_one_in_use() -> None:
    first = free_port(30_000)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", first))
        listener.listen()
        assert free_port(first) > first


def test_a_record_cut_short_is_no_record(tmp_path: Path) -> None:
    record = tmp_path / "server.json"
    mine = ServerProcess.of(os.getpid())
    assert mine is not None
    mine.record(record)
    assert ServerProcess.recorded(record) == mine
    record.write_text(record.read_text()[:-3])
    assert ServerProcess.recorded(record) is None


def test_no_line_of_a_log_is_lost_between_its_end_and_what_follows(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\nthrée\n")
    end = size_of(log)
    with log.open("a") as stream:
        stream.write("fo")
        stream.flush()
        coming = follow(log, end)
        stream.write("ur\nfive\n")

    assert last_lines(log, 2, end=end) == ["two", "thrée"]
    assert [next(coming), next(coming)] == ["four", "five"]
    assert since(log, end) == "four\nfive\n"


def test_a_log_is_set_aside_only_when_it_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("12345")
    rotate(log, at_bytes=5)
    assert log.exists()
    rotate(log, at_bytes=4)
    assert not log.exists()
    assert (tmp_path / "log.1").read_text() == "12345"
