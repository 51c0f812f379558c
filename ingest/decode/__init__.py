"""Bytes in, typed columns out, or a refusal that says why. Pure: no input or output, no clock, no registry.

`decode_many` never raises on what a sender wrote: bad input is a value (`MessageRefusal`), never an exception that
stops the rest. `decode_one` raises the whole-message refusals as `core.errors.InputError`. Call `warm_up` once at
the start of a process: it compiles, or loads from the cache, the CBOR kernel.
"""

from ingest.decode.codes import REFUSAL_CODES, RefusalCode, Scope
from ingest.decode.columns import Decoded, DecodedIntervals, DecodedReadings, DeviceLabel, Message, MessageRefusal
from ingest.decode.low_rate import (
    AnswerContent,
    EventContent,
    Flexibility,
    LowRateContent,
    MetaContent,
    MetaResource,
    ResourceState,
    StateContent,
    UpdateContent,
)
from ingest.decode.many import MAX_PAYLOAD_BYTES, decode_many, decode_one, warm_up

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "REFUSAL_CODES",
    "AnswerContent",
    "Decoded",
    "DecodedIntervals",
    "DecodedReadings",
    "DeviceLabel",
    "EventContent",
    "Flexibility",
    "LowRateContent",
    "Message",
    "MessageRefusal",
    "MetaContent",
    "MetaResource",
    "RefusalCode",
    "ResourceState",
    "Scope",
    "StateContent",
    "UpdateContent",
    "decode_many",
    "decode_one",
    "warm_up",
]
