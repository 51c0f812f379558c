"""The shapes of batch and live messages, the same for JSON and CBOR, and their JSON decoders."""

from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from ingest.decode.gathering import Run
from ingest.decode.low_rate import EpochS, Name, Sequence

#: 32 days of half-hours.
MAX_BLOCK_VALUES: Final = 1_536
#: Blocks in one batch.
MAX_BLOCKS: Final = 10_000
#: Meters in one live message.
MAX_LIVE_METERS: Final = 10_000

#: Steps beyond this are not integers of 64 bits, and no message at all; lesser ones are judged. [s]
MAX_STEP_S: Final = 2**63 - 1

RunT = TypeVar("RunT", bound=Run)
Marks = dict[str, Annotated[list[Annotated[int, Meta(ge=0, lt=MAX_LIVE_METERS)]], Meta(max_length=MAX_LIVE_METERS)]]


class Block(Struct, Generic[RunT], frozen=True, forbid_unknown_fields=True, gc=False):
    """Interval values of one meter: an array per register, from `start` on, one value every `step_s` [s]."""

    meter: Name
    start: EpochS
    step_s: Annotated[int, Meta(ge=-MAX_STEP_S, le=MAX_STEP_S)]
    registers: Annotated[dict[str, RunT], Meta(min_length=1)]
    quality: Marks = {}


class BatchContent(Struct, Generic[RunT], frozen=True, forbid_unknown_fields=True, gc=False):
    """A ``batch``: interval values of some meters."""

    blocks: Annotated[list[Block[RunT]], Meta(min_length=1, max_length=MAX_BLOCKS)]
    sequence: Sequence | None = None


class LiveContent(Struct, Generic[RunT], frozen=True, forbid_unknown_fields=True, gc=False):
    """A ``live``: values of some meters at one instant; every array follows `meters`."""

    at: EpochS
    meters: Annotated[list[Name], Meta(min_length=1, max_length=MAX_LIVE_METERS)]
    registers: Annotated[dict[str, RunT], Meta(min_length=1)]
    quality: Marks = {}
    sequence: Sequence | None = None


BlockList = Annotated[list[float | None], Meta(min_length=1, max_length=MAX_BLOCK_VALUES)]
LiveList = Annotated[list[float | None], Meta(min_length=1, max_length=MAX_LIVE_METERS)]

BATCH_JSON: Final = msgspec.json.Decoder(BatchContent[BlockList])
LIVE_JSON: Final = msgspec.json.Decoder(LiveContent[LiveList])
