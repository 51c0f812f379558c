"""Checks on commands, on what is sent again after a cut, and on the last will at work."""

from collections.abc import Callable
from typing import Final

from ingest.conformance.observation import Cut, Observation, Seen, Trial
from ingest.conformance.verdicts import Check, Finding, Result, failed, not_seen, passed
from ingest.decode import AnswerContent, StateContent

#: A command is answered within this. [s]
_ANSWER_WITHIN_S: Final = 10.0
_WITH_STORED: Final = (1, 1)
_COMMANDS: Final = "command and its answer"


def _trial(seen: Observation, name: str) -> Trial | None:
    return next((trial for trial in seen.trials if trial.name == name), None)


def _within(seen: Observation, trial: Trial) -> list[Seen]:
    """Return the answers that are to this sending of a command: from then until it is sent again."""
    later = [other.sent_s for other in seen.trials if other.command == trial.command and other.sent_s > trial.sent_s]
    until_s = min(later, default=float("inf"))
    return [message for message in seen.answers(trial.command) if trial.sent_s <= message.wall_s < until_s]


def _answered(
    name: str, judge: Callable[[Observation, Trial, list[Seen]], Finding]
) -> Callable[[Observation], Finding]:
    def look(seen: Observation) -> Finding:
        if not seen.may_send:
            return not_seen("the broker does not let the bench send commands")
        trial = _trial(seen, name)
        if trial is None:
            return not_seen("no such command was sent")
        answers = _within(seen, trial)
        if not answers and seen.ended_s < trial.sent_s + seen.patience_s:
            return not_seen("the time was over before an answer was due")
        return judge(seen, trial, answers)

    return look


def _in_time(_seen: Observation, trial: Trial, answers: list[Seen]) -> Finding:
    if not answers:
        return failed(f"command {trial.command} was not answered")
    took_s = answers[0].wall_s - trial.sent_s
    said = f"answered after {took_s:.1f} s"
    return passed(said) if took_s <= _ANSWER_WITHIN_S else failed(said)


def _once(_seen: Observation, trial: Trial, answers: list[Seen]) -> Finding:
    if not answers:
        return not_seen("no answer")
    different = {message.payload for message in answers}
    if len(different) > 1 or len(answers) > 1:
        return failed(f"command {trial.command} was answered {len(answers)} times")
    return passed("one answer")


def _again(seen: Observation, _trial_again: Trial, answers: list[Seen]) -> Finding:
    first = _trial(seen, "accepted")
    before = _within(seen, first) if first else []
    if not before:
        return not_seen("the first sending was not answered")
    if not answers:
        return failed("the command was sent again and not answered again")
    statuses = [_status(before[0]), _status(answers[0])]
    said = f"first {statuses[0]}, then {statuses[1]}"
    return passed(said) if statuses[0] == statuses[1] else failed(said)


def _expired(_seen: Observation, trial: Trial, answers: list[Seen]) -> Finding:
    if not answers:
        return failed(f"the expired command {trial.command} was not answered")
    said = f"answered {_status(answers[0])}"
    return passed(said) if _status(answers[0]) == "expired" else failed(said)


def _status(message: Seen) -> str:
    return message.content.status if isinstance(message.content, AnswerContent) else "?"


def _cut(how: str, judge: Callable[[Observation, Cut], Finding]) -> Callable[[Observation], Finding]:
    def look(seen: Observation) -> Finding:
        cut = next((cut for cut in seen.cuts if how in {"", cut.how}), None)
        if cut is None:
            return not_seen("no connection was cut" if seen.is_proxied else "a cut takes the proxy: --proxy PORT")
        finding = judge(seen, cut)
        left_s = seen.ended_s - cut.wall_s
        if finding.result is Result.FAILED and left_s < seen.patience_s:
            return not_seen(f"the time was over {left_s:.0f} s after the cut")
        return finding

    return look


def _comes_again(_seen: Observation, cut: Cut) -> Finding:
    if cut.came_again_s is not None:
        return passed(f"{cut.topic} came again after {cut.came_again_s:.1f} s")
    if cut.connected_again_s is None:
        return failed("the gateway did not connect again")
    return failed(f"{cut.topic} ({len(cut.payload)} bytes), cut {cut.how}, did not come again")


def _connects_again(_seen: Observation, cut: Cut) -> Finding:
    if cut.connected_again_s is None:
        return failed("the gateway did not connect again")
    return passed(f"after {cut.connected_again_s:.1f} s")


def _will_works(seen: Observation, cut: Cut) -> Finding:
    after = [message for message in seen.fresh("state") if message.wall_s >= cut.wall_s]
    for message in after:
        if isinstance(message.content, StateContent) and message.content.status == "offline":
            return passed(f"offline {message.wall_s - cut.wall_s:.1f} s after the cut")
    return failed("no state said offline after the cut")


def _back_online(seen: Observation, cut: Cut) -> Finding:
    for message in seen.fresh("state"):
        content = message.content
        if message.wall_s >= cut.wall_s and isinstance(content, StateContent) and content.status == "online":
            return passed(f"online {message.wall_s - cut.wall_s:.1f} s after the cut")
    return failed("no state said online after the cut")


def _listens_to_stored(seen: Observation) -> Finding:
    if seen.specification < _WITH_STORED:
        return not_seen("its meta says that it follows 1.0")
    if not seen.connects:
        return not_seen("a subscription takes the proxy: --proxy PORT")
    wanted = seen.topic("stored")
    found = any(subscription.pattern == wanted for subscription in seen.subscriptions)
    return passed(wanted) if found else failed(f"it did not subscribe to {wanted}")


def _sends_missing(seen: Observation) -> Finding:
    if seen.specification < _WITH_STORED:
        return not_seen("its meta says that it follows 1.0")
    if seen.platform_speaks:
        return not_seen("the platform itself tells the gateway what is stored; try at a broker without it")
    if not seen.missed or not seen.may_send:
        return not_seen("nothing was called missing: no numbered message, or the bench was told to send nothing")
    (missed, *_), again = seen.missed, seen.sent_again()
    if again:
        return passed(f"sequence {missed.sequence} came again after {again[0].wall_s - missed.sent_s:.1f} s")
    return failed(f"sequence {missed.sequence} was called missing and did not come again, unchanged")


OBEYING: Final = (
    Check("command.answered", _COMMANDS, "A command is answered within 10 s.", _answered("accepted", _in_time)),
    Check("command.once", _COMMANDS, "A command is answered once.", _answered("accepted", _once)),
    Check("command.repeated", _COMMANDS, "A repeated command has the same answer.", _answered("repeated", _again)),
    Check("command.expired", _COMMANDS, "An expired command is answered expired.", _answered("expired", _expired)),
    Check("stored.listens", "Delivery", "Since 1.1 it subscribes to its stored topic.", _listens_to_stored),
    Check("stored.sends_again", "Delivery", "Since 1.1 it sends again what stored calls missing.", _sends_missing),
    Check("state.will", "Connecting", "After a cut the last will says offline.", _cut("", _will_works)),
    Check("state.back", "Connecting", "Connected again, it says that it is online.", _cut("", _back_online)),
    Check("resend.connects", "Delivery", "After a cut it connects again.", _cut("", _connects_again)),
    Check(
        "resend.mid_packet", "Delivery", "A message cut in the middle comes again.", _cut("mid-packet", _comes_again)
    ),
    Check("resend.no_puback", "Delivery", "A message without PUBACK comes again.", _cut("before PUBACK", _comes_again)),
)
