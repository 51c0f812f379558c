"""Whatever fails while readings pour in, every one of them is stored exactly once."""

import asyncio
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from somel.chaos.options import FAULTS, ChaosReport, plan, sentence
from somel.chaos.proxy import Framing, Proxy
from somel.chaos.readings import Readings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow(180)
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("workers", "seed", "stop_s"), [(1, 1, 60), (2, 2, 20)])
def test_every_one_of_a_million_readings_survives_the_storm_exactly_once(
    announcement: None, workers: int, seed: int, stop_s: int
):
    command = [sys.executable, "-m", "somel", "chaos", "--readings", "1000000", "--json"]
    options = ["--seed", str(seed), "--workers", str(workers), "--database-stop-s", str(stop_s)]
    environment = dict(os.environ)
    if workers == 1:  # coverage is measured in one of the storms; it would make every process of the other slower, too
        environment = {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run(
        [*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=850
    )
    assert run.returncode == 0, run.stdout + run.stderr[-5_000:]
    report = json.loads(run.stdout.splitlines()[-1])
    assert report["published"] == report["stored"] >= 1_000_000
    assert (report["lost"], report["duplicated"], report["counts_agree"]) == (0, 0, True)
    done = {*report["faults"], *report["skipped"]}
    assert done == set(FAULTS)
    assert set(report["skipped"]) <= {"disk_filled", "connections_cut"}


def test_a_report_with_losses_is_not_good_and_says_so():
    report = ChaosReport(published=10, stored=8, lost=2)
    assert not report.is_good
    assert "lost 2" in sentence(report)
    assert "counts agree" in sentence(report)
    assert not ChaosReport(published=10, stored=10, duplicated=1).is_good
    unsound = ChaosReport(published=10, stored=10, differing={"refused": (0, 3)})
    assert not unsound.is_good
    assert "counts DIFFER (refused 3 instead of 0)" in sentence(unsound)


@given(st.integers())
def test_a_storm_has_every_fault_and_the_same_seed_makes_the_same_storm(seed: int):
    assert plan(seed) == plan(seed)
    assert {name: sum(blow.name == name for blow in plan(seed)) for name in FAULTS} == FAULTS


def test_at_least_as_many_readings_are_published_as_were_asked_for():
    readings = Readings.of(100_000)
    messages = [message for gateway in range(8) for message in readings.messages(gateway, 5)]
    assert sum(count for _, _, count in messages) == readings.count >= 100_000
    assert [number for number, _, _ in readings.messages(0, 5)] == list(range(5, 5 + len(messages) // 8))


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.data())
def test_a_cut_is_always_inside_a_packet(lengths: list[int], data: st.DataObject):
    packets = [bytes([0x30]) + _length(length) + bytes(length) for length in lengths]
    stream, ends, at = b"".join(packets), set(), 0
    for packet in packets:
        at += len(packet)
        ends.add(at)
    passed = data.draw(st.integers(0, len(stream)))
    framing = Framing()
    assert {*framing.follow(stream[:passed])} == {end for end in ends if end <= passed}
    place = framing.inside(stream[passed:], data.draw(st.integers(0, len(stream))))
    assert place is None or (passed + place not in ends and 0 < place < len(stream) - passed)


def _length(number: int) -> bytes:
    encoded = b""
    while True:
        number, byte = divmod(number, 128)
        encoded += bytes([byte | (0x80 if number else 0)])
        if not number:
            return encoded


async def test_the_proxy_passes_on_what_comes_and_cuts_when_told():
    received: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1_000):
            received.append(data)
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    proxy = Proxy(lambda: server.sockets[0].getsockname()[1], random.Random(1))
    reader, writer = await asyncio.open_connection("127.0.0.1", await proxy.start())
    packet = b"\x30\x05hello"
    writer.write(packet)
    assert await reader.readexactly(7) == packet
    proxy.cut()
    writer.write(packet)
    rest = await reader.read()
    assert 0 < len(b"".join(received)) - 7 < 7
    assert len(rest) < 7
    assert proxy.cuts >= 1
    writer.close()
    await proxy.stop()
    server.close()
    await server.wait_closed()
