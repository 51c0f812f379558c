"""Checks on clocks and sequence numbers."""

from collections.abc import Iterator
from typing import Final

from ingest.conformance.observation import Observation, Seen
from ingest.conformance.verdicts import Check, Finding, every, failed, not_seen, passed
from ingest.decode import EventContent, StateContent
from ingest.plausibility import AHEAD_S, REACH_BACK_DAYS

_COUNTED: Final = ("batch", "live", "event", "answer")


def _future(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        spans, instants = message.decoded.intervals, message.decoded.readings
        ends = [*(spans.start_s + spans.step_s).tolist(), *instants.at_s.tolist()]
        ahead = max(ends, default=0) - message.at_s
        return f"{message}: {ahead:.0f} s in the future" if ahead > AHEAD_S else None

    return every(seen.fresh("batch", "live"), fault, of="batch and live messages")


def _past(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        spans, instants = message.decoded.intervals, message.decoded.readings
        starts = [*spans.start_s.tolist(), *instants.at_s.tolist()]
        days = (message.at_s - min(starts, default=message.at_s)) / 86_400
        return f"{message}: {days:.0f} days old, as from a clock never set" if days > REACH_BACK_DAYS else None

    return every(seen.fresh("batch", "live"), fault, of="batch and live messages")


def _stamps(seen: Observation) -> Iterator[tuple[Seen, int]]:
    """Yield messages that say what time it is when they are sent."""
    for message in seen.fresh("live", "state", "event", "answer"):
        content = message.content
        if len(message.decoded.readings.at_s):
            yield message, int(message.decoded.readings.at_s[-1])
        elif isinstance(content, StateContent) and content.at is not None:
            yield message, content.at
        elif isinstance(content, EventContent):
            yield message, max(report.at for report in content.said)


def _clock(seen: Observation) -> Finding:
    """Take the stamp nearest to its receipt: a message may wait, a clock that is right is right at least once."""
    off_s = [(abs(at_s - message.at_s), at_s - message.at_s, message) for message, at_s in _stamps(seen)]
    if not off_s:
        return not_seen("no message that says the time")
    nearest = min(off_s, key=lambda found: found[0])
    ahead = max(off_s, key=lambda found: found[1])
    worst = ahead if ahead[1] > seen.tolerance_s else nearest
    said = f"{worst[2].kind} is stamped {abs(worst[1]):.0f} s {'after' if worst[1] > 0 else 'before'} it came"
    return failed(said) if worst[0] > seen.tolerance_s else passed(said)


def _sequence(seen: Observation) -> Finding:
    """Look for numbers left out or used twice; what is sent again has the number and the payload that it had."""
    numbered = [(message, message.sequence) for message in seen.fresh(*_COUNTED)]
    counted = [(message, number) for message, number in numbered if number is not None]
    if not counted:
        return not_seen("no message carries a sequence")
    known: dict[int, bytes] = {}
    first = counted[0][1]
    for message, number in counted:
        if known.setdefault(number, message.payload) != message.payload:
            return failed(f"{message}: sequence {number} was used before, for another message")
        if number < first and not _came_back(seen):
            return failed(f"{message}: sequence {number} comes after {first}")
    last = max(known)
    left_out = [number for number in range(first, last) if number not in known and not _cut_off(seen, number)]
    if len(left_out) > sum(message.sequence is None for message in _numberable(seen)):
        return failed(f"sequence {left_out[0]} was left out between {first} and {last}")
    return passed(f"{first} to {last}")


def _numberable(seen: Observation) -> list[Seen]:
    """Return the messages that can carry a sequence; those that cannot be read may have carried what is left out."""
    return [message for message in seen.messages if not message.is_kept and message.kind not in {"meta", "state"}]


def _cut_off(seen: Observation, number: int) -> bool:
    """Tell whether a number was lost in a cut: what becomes of those is judged by itself."""
    fresh = [(message.wall_s, message.sequence) for message in seen.fresh(*_COUNTED) if message.sequence is not None]
    for cut in seen.cuts:
        before = max((known for wall_s, known in fresh if wall_s < cut.wall_s), default=number)
        after = min((known for wall_s, known in fresh if wall_s >= cut.wall_s and known > before), default=number)
        if before < number < after:
            return True
    return False


def _came_back(seen: Observation) -> bool:
    """Tell whether the gateway connected while the bench watched: it may send again what is older than that."""
    states = [message.content for message in seen.fresh("state")]
    return any(isinstance(said, StateContent) and said.status == "online" for said in states)


TIMING: Final = (
    Check("time.not_future", "Time", "Nothing lies more than 300 s in the future.", _future),
    Check("time.not_ancient", "Time", "Nothing is more than 1,096 days old.", _past),
    Check("time.clock", "Time", "The clock is off by 30 s at most.", _clock),
    Check("sequence.rises", "Delivery", "sequence counts messages, one up for each.", _sequence),
)
