"""The one table of reasons why a message, or a part of one, is refused; in the order in which they are looked for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """How much a refusal takes with it."""

    MESSAGE = "message"
    PART = "part"


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """Describe one refusal code.

    Attributes
    ----------
    code : str
        Stable code, as stored in ``refused_message``.
    scope : Scope
        The whole message, which counts as one value, or a part of it, which counts the values it holds.
    meaning : str
        What the sender did, as one sentence.
    """

    code: str
    scope: Scope
    meaning: str


_M, _P = Scope.MESSAGE, Scope.PART

#: A value is refused once, for the first of these that applies to it.
REFUSAL_CODES: Final[tuple[RefusalCode, ...]] = (
    RefusalCode("topic_unknown", _M, "The topic is none of those that this page names."),
    RefusalCode("gateway_unknown", _M, "No gateway of this name is registered."),
    RefusalCode("quota_exceeded", _M, "The gateway has sent more messages in this hour than the operator allows."),
    RefusalCode("gateway_quarantined", _M, "The gateway is in quarantine: the operator takes nothing from it."),
    RefusalCode("shard_wrong", _M, "The gateway is registered under another shard."),
    RefusalCode("payload_too_large", _M, "The payload is larger than 1,048,576 bytes."),
    RefusalCode("content_type_unknown", _M, "The content type is not one that this kind of message has."),
    RefusalCode(
        "payload_malformed", _M, "The payload is not JSON, not CBOR within the limits stated, or holds no TIC frame."
    ),
    RefusalCode("payload_invalid", _M, "The payload has not the shape of its kind."),
    RefusalCode("birth_missing", _M, "The Sparkplug node, or the device, has not been born."),
    RefusalCode(
        "sequence_gap", _M, "A message of the Sparkplug node is missing, and it has not been born again since."
    ),
    RefusalCode("death_outdated", _M, "The Sparkplug node was born again after the birth that this death belongs to."),
    RefusalCode("group_checksum", _P, "The checksum of a group of a TIC frame does not hold."),
    RefusalCode("group_invalid", _P, "A group of a TIC frame has not the form, length or charset of its label."),
    RefusalCode("step_unknown", _P, "A point of a TIC load curve comes without another to tell the step by."),
    RefusalCode("record_invalid", _P, "A SenML record has not the form of RFC 8428, or says nothing that is kept."),
    RefusalCode("name_unresolved", _P, "A SenML name is not that of a meter, or of a meter and a register."),
    RefusalCode("step_invalid", _P, "The step is not 300, 600, 900, 1800 or 3600 s."),
    RefusalCode("start_off_grid", _P, "The start is not a multiple of the step."),
    RefusalCode(
        "length_mismatch", _P, "Arrays that belong together differ in length, or a quality mark points past them."
    ),
    RefusalCode("register_unknown", _P, "There is no such register."),
    RefusalCode("register_wrong_kind", _P, "The register does not belong in this kind of message."),
    RefusalCode("metric_undefined", _P, "No Sparkplug birth defined a metric of this name or alias."),
    RefusalCode("metric_unreadable", _P, "The Sparkplug metric's value is no number, or none of its data type."),
    RefusalCode(
        "unit_unknown", _P, "The unit is not one that the register comes in, or does not tell which register is meant."
    ),
    RefusalCode("device_unnamed", _P, "The message names no meter, and the gateway has not exactly one."),
    RefusalCode("quality_unknown", _P, "There is no such quality."),
    RefusalCode("device_unknown", _P, "No device of this name is registered."),
    RefusalCode("device_foreign", _P, "The device is attached to another gateway."),
    RefusalCode("command_unknown", _P, "No command of this identifier was sent to this gateway."),
    RefusalCode("offer_unknown", _P, "No firmware was offered to this gateway under this identifier."),
    RefusalCode("resource_unknown", _P, "No resource of this name is attached to this gateway."),
    RefusalCode("time_too_old", _P, "The time, of an interval its start, lies more than 1,096 days before the clock."),
    RefusalCode("time_in_future", _P, "The time, of an interval its end, lies more than 300 s ahead of the clock."),
    RefusalCode("value_negative", _P, "The value is negative, which this register cannot be."),
    RefusalCode("value_out_of_range", _P, "The value lies outside the limits of its register."),
)
