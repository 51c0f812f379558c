"""Checks on what stands in messages: read by the platform's own decoders."""

from collections.abc import Callable
from typing import Final

from core.registers import REGISTER_BY_ID
from ingest.conformance.observation import Observation, Seen
from ingest.conformance.verdicts import Check, Finding, every, failed, not_seen, passed
from ingest.decode import MetaContent, StateContent

_VALUES: Final = ("batch", "live")
_UP: Final = ("batch", "live", "event", "answer", "update", "meta", "state")


def _free_of(*codes: str, kinds: tuple[str, ...] = _VALUES) -> Callable[[Observation], Finding]:
    def fault(message: Seen) -> str | None:
        for refusal in message.refusals:
            if refusal.code in codes:
                return f"{message}: {refusal.code}: {refusal.reason}"
        return None

    def judge(seen: Observation) -> Finding:
        said = [message for message in seen.of_kind(*kinds) if message.content_type is not None]
        return every(said, fault, of=f"{' and '.join(kinds) if len(kinds) < len(_UP) else 'readable'} messages")

    return judge


def _limits(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        spans, instants = message.decoded.intervals, message.decoded.readings
        power = spans.value * (3_600.0 / spans.step_s)
        for registers, values in ((spans.register_id, power), (instants.register_id, instants.value)):
            for number, value in zip(registers.tolist(), values.tolist(), strict=True):
                register = REGISTER_BY_ID[number]
                if not register.lowest <= value <= register.highest:
                    return f"{message}: {register.name} stands at {value:g}, outside its limits"
        return None

    return every(seen.of_kind(*_VALUES), fault, of="batch and live messages")


def _meta(seen: Observation) -> Finding:
    def fault(message: Seen) -> str | None:
        said = message.content
        if not isinstance(said, MetaContent):
            return f"{message} cannot be read as meta"
        return None if said.gateway == seen.gateway else f"the field gateway says {said.gateway!r}"

    return every(seen.of_kind("meta"), fault, of="meta messages", missing="no meta, kept or new")


def _attached(seen: Observation) -> Finding:
    described = [message.content for message in seen.of_kind("meta") if isinstance(message.content, MetaContent)]
    names = {
        name
        for message in seen.of_kind(*_VALUES)
        for name in (*message.decoded.intervals.devices, *message.decoded.readings.devices)
    }
    if not described or not names:
        return not_seen("no meta" if names else "no values of meters")
    missing = sorted(names - set(described[-1].meters))
    return failed(f"meta does not name {', '.join(missing[:3])}") if missing else passed(f"{len(names)} meters")


def _online(seen: Observation) -> Finding:
    states = [message for message in seen.of_kind("state") if isinstance(message.content, StateContent)]
    if not states:
        return failed("it connected and published no state") if seen.connects else not_seen("no state, kept or new")
    online = [message for message in states if message.content.status == "online"]  # type: ignore[union-attr]
    return passed(f"{len(online)} online") if online else failed("its states say offline only")


#: What spoils a part of a TIC frame or of a SenML pack.
_PARTS: Final = ("group_checksum", "group_invalid", "step_unknown", "record_invalid", "name_unresolved", "unit_unknown")

CONTENTS: Final = (
    Check(
        "encoding.readable",
        "Encodings",
        "Payloads are JSON or CBOR within the limits stated.",
        _free_of("payload_malformed", kinds=_UP),
    ),
    Check(
        "encoding.shape", "Encodings", "Payloads have the shape of their kind.", _free_of("payload_invalid", kinds=_UP)
    ),
    Check(
        "encoding.parts", "Encodings", "Every group of a TIC frame and every SenML record is whole.", _free_of(*_PARTS)
    ),
    Check(
        "batch.step", "batch", "Steps are 300, 600, 900, 1800 or 3600 s.", _free_of("step_invalid", kinds=("batch",))
    ),
    Check(
        "batch.grid", "batch", "Blocks start at a multiple of their step.", _free_of("start_off_grid", kinds=("batch",))
    ),
    Check("values.lengths", "batch", "Arrays that belong together have one length.", _free_of("length_mismatch")),
    Check(
        "values.registers",
        "Registers",
        "Registers are those of the table, in the kind of message they belong to.",
        _free_of("register_unknown", "register_wrong_kind"),
    ),
    Check("values.quality", "Quality", "Qualities are those of the table.", _free_of("quality_unknown")),
    Check("values.limits", "Registers", "Values lie within the limits of their register.", _limits),
    Check("meta.says", "event, answer, meta, state", "meta is published and names its own gateway.", _meta),
    Check("meta.meters", "event, answer, meta, state", "meta names every meter that values come from.", _attached),
    Check("state.online", "Connecting", "After each connect it says that it is online.", _online),
)
