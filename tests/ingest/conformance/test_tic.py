"""Raw frames of Linky meters, as the bench sees them."""

from ingest.conformance.checks import judge
from ingest.conformance.observation import Observation, Seen
from ingest.conformance.verdicts import Finding, Result

NOW = 1_780_315_200.0


def group(label: str, data: str, *, spoilt: bool = False) -> bytes:
    body = f"{label} {data}"
    checksum = chr((sum(body.encode()) & 0x3F) + 0x20)
    return f"\n{body} {'!' if spoilt and checksum != '!' else checksum}\r".encode()


def verdict(*groups: bytes) -> dict[str, Finding]:
    frame = b"\x02" + b"".join(groups) + b"\x03"
    seen = Observation("gw-0001", 1)
    topic = seen.topic("live")
    seen.messages.append(Seen(topic, "application/vnd.somel.tic", frame, 1, False, False, NOW, 0.0))
    return {found.check.name: found.finding for found in judge(seen)}


def test_a_whole_frame_without_a_time_of_its_own_breaks_nothing():
    found = verdict(group("BASE", "014456789"), group("IINST", "003"), group("PAPP", "00750"))
    assert {name: said for name, said in found.items() if said.result is Result.FAILED} == {}
    assert found["encoding.parts"].result is found["time.not_ancient"].result is Result.PASSED


def test_a_group_whose_checksum_does_not_hold_is_named():
    found = verdict(group("BASE", "014456789"), group("PAPP", "00750", spoilt=True))
    assert {name for name, said in found.items() if said.result is Result.FAILED} == {"encoding.parts"}
    assert "group_checksum" in found["encoding.parts"].evidence


def test_a_frame_that_carries_a_point_of_delivery_is_told():
    found = verdict(group("BASE", "014456789"), group("PRM", "30001234567890"))
    assert found["names.no_prm"].result is Result.FAILED
