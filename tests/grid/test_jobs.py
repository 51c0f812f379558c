"""Work is done on local threads or on a Dask cluster, with the same results, whatever becomes of the cluster."""

import dataclasses
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
from structlog.testing import capture_logs

from core.errors import ConfigurationError, RetryableError
from core.settings import read_settings
from core.slots import SLOT
from grid import cluster as door
from grid.forecast_model import Piece, forecast_piece
from grid.hindcast.plan import Plan, origins_of
from grid.hindcast.replay import Hindcast, issue_again
from grid.history import LoadHistory
from grid.jobs import HERE, Jobs, jobs_at
from grid.rolling import roll
from grid.weather.places import PlaceGroup, forecast_in_groups
from tests.grid.curves import MONDAY, daily_and_weekly
from tests.grid.dask_cluster import DaskCluster, dask_cluster, worker_of
from tests.grid.own_certificate import own_certificate
from tests.grid.pieces import Slow, as_it_comes, fails_elsewhere, slowly, who

pytestmark = pytest.mark.slow(35)

DAYS, HORIZON = 35, 96


def tls_of(authority: str | None, certificate: str | None, key: str | None) -> dask.config.set:
    """Set what an operator sets by DASK_DISTRIBUTED__COMM__TLS__…"""
    ours = {"ca-file": authority, "client.cert": certificate, "client.key": key}
    return dask.config.set({f"distributed.comm.tls.{name}": value for name, value in ours.items()})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Run a cluster that speaks TLS; the tests that end theirs use one that does not."""
    folder = tmp_path_factory.mktemp("dask")
    certificate, key = (str(path) for path in own_certificate(folder))
    options = ("--protocol", "tls", "--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key)
    with dask_cluster(folder, workers=2, options=options) as running, tls_of(certificate, certificate, key):
        assert running.address.startswith("tls://")
        yield running


@pytest.fixture
def jobs(cluster: DaskCluster) -> Iterator[Jobs]:
    jobs = jobs_at(cluster.address)
    yield jobs
    jobs.close()


def codes(logs: list[Any]) -> list[str]:
    return [line["code"] for line in logs if line["event"] == "work_goes_on_here"]


def differences(one: object, other: object, at: str = "") -> Iterator[str]:
    """Yield where two results differ by a bit."""
    if dataclasses.is_dataclass(one):
        for part in dataclasses.fields(one):
            yield from differences(getattr(one, part.name), getattr(other, part.name), f"{at}.{part.name}")
    elif isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)) and len(one) == len(other):
        for number, (ours, theirs) in enumerate(zip(one, other, strict=True)):
            yield from differences(ours, theirs, f"{at}[{number}]")
    elif plain(one) != plain(other):
        yield at


def plain(found: object) -> object:
    """Return what compares by every bit."""
    if not isinstance(found, np.ndarray):
        return found
    return found.dtype, found.shape, found.tolist() if found.dtype == object else found.tobytes()


def history_of(series: int) -> tuple[LoadHistory, list[PlaceGroup]]:
    load_w = np.stack([daily_and_weekly(DAYS, seed=seed) for seed in range(8)])
    load_w = np.concatenate([load_w * (1 + number) for number in range(-(-series // 8))])[:series]
    load_w[3, : -5 * 48] = np.nan  # new: a fall-back
    degrees = np.random.default_rng(5).normal(0.0, 5.0, (DAYS * 48 + HORIZON, 2))
    even, odd = (np.arange(first, series, 2) for first in (0, 1))
    end = MONDAY + load_w.shape[1] * SLOT
    groups = [PlaceGroup(even, degrees, None), PlaceGroup(odd, None, None)]
    return LoadHistory(np.arange(series, dtype=np.int32), MONDAY, end, load_w), groups


def test_a_fit_on_a_cluster_is_the_same_to_the_last_bit_and_is_gone_on_with(jobs: Jobs):
    history, groups = history_of(70)
    here = forecast_in_groups(history, groups, horizon=HORIZON)
    with capture_logs() as logs:
        there = forecast_in_groups(history, groups, horizon=HORIZON, jobs=jobs)
    assert codes(logs) == []
    assert list(differences(there, here)) == []
    since_w = history.load_w[groups[1].rows, :4]
    parts_here, parts_there = here.rolling[1:], there.rolling[1:]  # of the second group
    later_here = roll(parts_here, since_w, horizon=HORIZON)
    assert later_here is not None
    assert list(differences(roll(parts_there, since_w, horizon=HORIZON), later_here)) == []


async def test_past_issues_on_a_cluster_are_the_same_to_the_last_bit(jobs: Jobs):
    first, end, at = date(2026, 2, 9), date(2026, 2, 12), time_of_day(12)
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    plan = Plan("feeder", (), first, end, at, origins_of(first, end, at, now), now, 28, 48, "now", weather=False)
    load_w = np.stack([daily_and_weekly(60, seed=seed) for seed in range(3)])
    load_w = load_w[:, : (plan.until - plan.start) // SLOT]
    told = []
    nobody: Any = None  # is asked: there is no weather

    async def found(jobs: Jobs) -> Hindcast:
        slots = [plan.slot_of(origin) for origin in plan.origins]
        known = iter([load_w[:, slot - plan.history : slot] for slot in slots])
        return await issue_again(nobody, plan, [1, 2, 3], known, load_w, lambda: told.append(1), jobs)

    with capture_logs() as logs:
        assert list(differences(await found(jobs), await found(HERE))) == []
    assert codes(logs) == []
    assert len(told) == 6


def test_workers_work_side_by_side_and_results_come_in_order(jobs: Jobs, tmp_path: Path):
    made = list(jobs.each(slowly, [Slow(number, tmp_path, 0.1) for number in range(8)]))
    assert [number for number, _ in made] == list(range(8))
    workers = {pid for _, pid in made}
    assert os.getpid() not in workers
    assert len(workers) > 1


def test_pieces_are_read_no_further_than_work_is_begun(jobs: Jobs):
    read = []

    def pieces() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    line = iter(jobs.each(who, pieces()))
    next(line)
    assert len(read) <= 6
    line.close()  # type: ignore[attr-defined]


def test_arrays_arrive_and_come_back_as_kernels_are_compiled_for(jobs: Jobs):
    values = np.arange(1_000_000, dtype=np.float64)
    values.flags.writeable = False
    ((writeable, aligned, back),) = jobs.each(as_it_comes, [values])
    assert (writeable, aligned) == (True, True)
    assert (back.flags.writeable, back.flags.aligned) == (True, True)
    np.testing.assert_array_equal(back, values)


def test_a_piece_larger_than_dask_likes_goes_without_a_warning(jobs: Jobs):
    values = np.zeros(3_000_000)
    ((_, _, back),) = jobs.each(as_it_comes, [values])
    assert back.size == values.size


def test_a_piece_that_fails_on_the_cluster_is_done_here(jobs: Jobs):
    with capture_logs() as logs:
        assert list(jobs.each(fails_elsewhere, [os.getpid()] * 3)) == [os.getpid()] * 3
    assert codes(logs) == ["dask_failed"]
    assert "there is no room here" in logs[0]["reason"]


def test_workers_of_other_code_are_not_believed(jobs: Jobs, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(door, "code_stamp", lambda: "another")
    with capture_logs() as logs:
        assert list(jobs.each(who, [1, 2])) == [(1, os.getpid()), (2, os.getpid())]
    assert codes(logs) == ["dask_code_differs"]


def test_what_is_closed_meanwhile_ends(cluster: DaskCluster, tmp_path: Path):
    jobs = jobs_at(cluster.address)
    line = jobs.each(slowly, [Slow(number, tmp_path, 5.0) for number in range(4)])
    closing = threading.Timer(0.5, jobs.close)
    closing.start()
    began_s = time.monotonic()
    with pytest.raises(RetryableError, match="jobs_closed"), capture_logs() as logs:
        next(line)
    closing.join()
    assert codes(logs) == []
    assert time.monotonic() - began_s < 4.0


def test_a_worker_killed_in_the_middle_of_a_fit_costs_time_and_nothing_else(cluster: DaskCluster, jobs: Jobs):
    load_w = np.stack([daily_and_weekly(DAYS, seed=seed) for seed in range(48)])
    pieces = [Piece(load_w[begin : begin + 8], MONDAY, HORIZON, None, None) for begin in range(0, 48, 8)]
    line = jobs.each(forecast_piece, pieces)
    with capture_logs() as logs:
        made = [next(line)]
        cluster.workers.pop().kill()
        made += line
    assert codes(logs) == []
    assert list(differences(made, [forecast_piece(piece) for piece in pieces])) == []


def test_when_workers_and_then_the_scheduler_go_away_the_work_goes_on_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door, "_LOOK_S", 0.2)
    monkeypatch.setattr(door, "WORKERS_S", 0.1)
    pieces = [Slow(number, tmp_path, 0.05) for number in range(4)]
    with dask_cluster(tmp_path, workers=0) as running:
        with pytest.raises(RetryableError, match="dask_workers_missing"):
            door.reach(running.address)
        monkeypatch.setattr(door, "WORKERS_S", 20.0)
        jobs = jobs_at(running.address)
        for code in ("dask_workers_missing", "dask_lost"):
            with worker_of(running, tmp_path) as worker, capture_logs() as logs:
                line = jobs.each(slowly, pieces)
                assert next(line) == (0, worker.pid)  # the cluster is asked anew each time
                (worker if code == "dask_workers_missing" else running.scheduler).kill()
                rest = list(line)
            assert [number for number, _ in rest] == [1, 2, 3]
            assert rest[-1][1] == os.getpid()
            assert codes(logs) == [code]


def test_a_scheduler_that_is_not_there_is_named_and_done_without(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(door, "CONNECT_S", 0.3)
    with pytest.raises(RetryableError, match="dask_unreachable"):
        door.reach("tcp://127.0.0.1:1")
    with capture_logs() as logs:
        assert list(jobs_at("tcp://127.0.0.1:1").each(who, [7])) == [(7, os.getpid())]
    assert codes(logs) == ["dask_unreachable"]
    assert logs[0]["scheduler"] == "tcp://127.0.0.1:1"


@pytest.mark.parametrize("named", [None, "/nowhere/certificate.pem"])
def test_without_certificates_tls_is_refused_at_the_start(named: str | None):
    with tls_of(named, named, named), pytest.raises(ConfigurationError, match="dask_certificates_missing"):
        jobs_at("tls://127.0.0.1:8786")


def test_a_scheduler_that_speaks_otherwise_is_done_without(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(door, "CONNECT_S", 0.5)
    with capture_logs() as logs:
        assert list(jobs_at(cluster.address.replace("tls", "tcp")).each(who, [7])) == [(7, os.getpid())]
    assert codes(logs) == ["dask_unreachable"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://:8786", "tcp://host", "tcp://host:99999", "tcp://h:1/x"],
)
def test_an_address_that_is_none_is_refused(address: str):
    with pytest.raises(ConfigurationError, match=r"SOMEL_DASK_SCHEDULER.*tcp://host:port"):
        read_settings(dask_scheduler=address)


@pytest.mark.parametrize("address", ["", "tcp://127.0.0.1:8786", "tls://dask.example.org:8786", "tcp://[::1]:8786"])
def test_an_address_that_is_one_is_taken(address: str):
    assert read_settings(dask_scheduler=address).dask_scheduler == address


def test_where_dask_is_missing_it_is_said_and_without_a_scheduler_it_is_never_imported():
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from core.errors import ConfigurationError\n"
        "from grid.jobs import jobs_at\n"
        "assert list(jobs_at('').each(abs, [-1, 2])) == [1, 2]\n"
        "assert 'dask' not in sys.modules\n"
        "try: jobs_at('tcp://127.0.0.1:8786')\n"
        "except ConfigurationError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "`make dask`" in done.stdout
    assert "[dask_missing]" in done.stdout
