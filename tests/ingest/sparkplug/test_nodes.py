"""What is believed of an edge node, message by message."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from ingest.decode.foreign import Foreign
from ingest.sparkplug.nodes import MAX_DEVICES, Nodes
from ingest.sparkplug.topics import parse_node_topic
from tests.firmware_specs.making.sparkplug_payload import DOUBLE, INT64, Metric, payload

AT_MS = 1_780_315_200_000
POWER = Metric(5.0, DOUBLE, "power_w", 1)
ROOT = "spBv1.0/somel"


class Heard:
    """A host's view of one node, with the requests that it made."""

    def __init__(self, pause_s: float = 10.0) -> None:
        self.asked: list[str] = []
        self.nodes = Nodes(self.asked.append, pause_s=pause_s)
        self.now_s = 100.0

    def read(self, kind: str, seq: int | None, *metrics: Metric, device: str = "m-000001") -> Foreign:
        path = f"{ROOT}/{kind}/gw-0001" + (f"/{device}" if kind.startswith("D") else "")
        content = payload(AT_MS, seq, *metrics)
        return self.nodes.read(parse_node_topic(path), content, own_meter=None, now_s=self.now_s)

    def code(self, kind: str, seq: int | None, *metrics: Metric, device: str = "m-000001") -> str:
        with pytest.raises(InputError) as refused:
            self.read(kind, seq, *metrics, device=device)
        return refused.value.code

    def be_born(self, bd_seq: int | None = 0) -> None:
        self.read("NBIRTH", 0, *([Metric(bd_seq, INT64, "bdSeq")] if bd_seq is not None else []))
        self.read("DBIRTH", 1, POWER)


@given(st.lists(st.sampled_from(["data", "loss", "birth"]), max_size=30))
def test_nothing_is_believed_between_a_loss_and_the_next_birth(steps: list[str]) -> None:
    heard, seq, is_whole = Heard(), 2, True
    heard.be_born()
    for step in steps:
        if step == "birth":
            heard.be_born()
            seq, is_whole = 2, True
        elif step == "loss":
            seq, is_whole = seq + 1, False
        elif is_whole:
            assert len(heard.read("DDATA", seq % 256, replace(POWER, name=None)).rows) == 1
            seq += 1
        else:
            assert heard.code("DDATA", seq % 256, POWER) == "sequence_gap"
            seq += 1


def test_a_node_is_asked_again_only_after_a_pause() -> None:
    heard = Heard(pause_s=10.0)
    for now_s in (100.0, 101.0, 109.9, 110.0, 119.0, 121.0):
        heard.now_s = now_s
        assert heard.code("NDATA", 3) == "birth_missing"
    assert heard.asked == ["gw-0001"] * 3


def test_an_undefined_metric_is_refused_alone_and_the_node_is_asked_for_its_definition() -> None:
    heard = Heard()
    heard.be_born()
    foreign = heard.read("DDATA", 2, POWER, Metric(1.0, DOUBLE, alias=9), Metric(1.0, DOUBLE, name="other"))
    assert len(foreign.rows) == 1
    assert [fault.code for fault in foreign.faults] == ["metric_undefined"] * 2
    assert heard.asked == ["gw-0001"]


def test_a_device_that_died_has_to_be_born_again() -> None:
    heard = Heard()
    heard.be_born()
    heard.read("DDEATH", 2)
    assert heard.code("DDATA", 3, POWER) == "birth_missing"
    heard.read("DBIRTH", 4, POWER)
    assert len(heard.read("DDATA", 5, POWER).rows) == 1


def test_aliases_of_one_device_are_not_those_of_another() -> None:
    heard = Heard()
    heard.be_born()
    heard.read("DBIRTH", 2, replace(POWER, name="voltage_v"), device="m-000002")
    first = heard.read("DDATA", 3, Metric(1.0, DOUBLE, alias=1)).rows[0]
    second = heard.read("DDATA", 4, Metric(1.0, DOUBLE, alias=1), device="m-000002").rows[0]
    assert (first.device, second.device) == ("m-000001", "m-000002")
    assert first.register_id != second.register_id


@pytest.mark.parametrize(("born", "died", "believed"), [(4, 4, True), (4, 3, False), (4, None, False), (None, 3, True)])
def test_a_death_is_believed_when_it_is_of_the_last_birth(born: int | None, died: int | None, believed: bool) -> None:
    heard = Heard()
    heard.be_born(born)
    metrics = [] if died is None else [Metric(died, INT64, "bdSeq")]
    if believed:
        state = heard.read("NDEATH", None, *metrics).state
        assert state is not None
        assert state.status == "offline"
        assert heard.code("DDATA", 2, POWER) == "birth_missing"
    else:
        assert heard.code("NDEATH", None, *metrics) == "death_outdated"
        assert len(heard.read("DDATA", 2, POWER).rows) == 1


def test_the_death_of_a_node_that_was_never_heard_is_believed() -> None:
    state = Heard().read("NDEATH", None, Metric(1, INT64, "bdSeq")).state
    assert state is not None
    assert state.status == "offline"


def test_a_node_has_a_bounded_number_of_devices() -> None:
    heard = Heard()
    heard.read("NBIRTH", 0)
    for number in range(MAX_DEVICES):
        heard.read("DBIRTH", (number + 1) % 256, device=f"m-{number:06d}")
    assert heard.code("DBIRTH", (MAX_DEVICES + 1) % 256, device="one-more") == "payload_invalid"


@pytest.mark.parametrize("seq", [None, 256, 2**63])
def test_a_sequence_number_that_is_none_is_refused(seq: int | None) -> None:
    assert Heard().code("NBIRTH", seq) == "payload_invalid"


def test_a_payload_without_time_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        Heard().nodes.read(
            parse_node_topic(f"{ROOT}/NBIRTH/gw-0001"), payload(None, 0, POWER), own_meter="m-000001", now_s=0.0
        )
    assert refused.value.code == "payload_invalid"


@pytest.mark.parametrize(
    "topic",
    [
        f"{ROOT}/NBIRTH",
        f"{ROOT}/NBIRTH/",
        f"{ROOT}/NBIRTH/gw-0001/m-000001",
        f"{ROOT}/DDATA/gw-0001",
        f"{ROOT}/DDATA/gw-0001/",
        f"{ROOT}/DDATA/gw-0001/m-000001/x",
        f"{ROOT}/NCMD/gw-0001",
        "spAv1.0/somel/NBIRTH/gw-0001",
        "spBv1.0",
    ],
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_node_topic(topic)
    assert refused.value.code == "topic_unknown"
