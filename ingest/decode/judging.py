"""From contents to runs: what can be judged without the registry and the clock is judged here."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from core.quality import QUALITY_BY_LABEL
from core.registers import REGISTER_BY_NAME, REGISTERS, RegisterKind
from core.slots import INTERVAL_STEPS_S
from ingest.decode.faults import Faults, quoted
from ingest.decode.gathering import UNKNOWN_QUALITY, Gatherer, Run
from ingest.decode.shapes import BatchContent, Block, LiveContent, RunT

_IN_BATCH: Final = {
    register.name: register.register_id for register in REGISTERS if register.kind is RegisterKind.INTERVAL
}
_IN_LIVE: Final = {
    register.name: register.register_id for register in REGISTERS if register.kind is not RegisterKind.INTERVAL
}
_STEPS_S: Final = frozenset(INTERVAL_STEPS_S)
_LENGTH_MISMATCH: Final = "Arrays that belong together differ in length, or a quality mark points past them."


def _count(runs: Iterable[Run]) -> int:
    """Return how many values there are, nulls and NaN aside."""
    return sum(
        len(run) - run.count(None) if isinstance(run, list) else int(np.count_nonzero(~np.isnan(run))) for run in runs
    )


def _fits(runs: Iterable[Run], quality: Mapping[str, list[int]], length: int) -> bool:
    """Tell whether all arrays have the length and all marks point into them."""
    for run in runs:  # not all(): the hot path has mostly one
        if len(run) != length:
            return False
    return not quality or all(max(at, default=0) < length for at in quality.values())


def _block_fault(block: Block[RunT]) -> tuple[str, str] | None:
    """Return code and reason when a whole block has to be refused."""
    if block.step_s not in _STEPS_S:
        return "step_invalid", f"A step of {block.step_s} s is not one of {', '.join(map(str, INTERVAL_STEPS_S))} s."
    if block.start % block.step_s:
        return "start_off_grid", f"The start {block.start} is not a multiple of the step of {block.step_s} s."
    if not _fits(block.registers.values(), block.quality, len(next(iter(block.registers.values())))):
        return "length_mismatch", _LENGTH_MISMATCH
    return None


def _refuse_register(faults: Faults, message: int, name: str, values: Run) -> None:
    """Refuse an array whose register is not there, or belongs in another kind of message."""
    known = REGISTER_BY_NAME.get(name)
    if known is None:
        faults.add(message, "register_unknown", _count([values]), f"There is no register {quoted(name)}.")
    else:
        reason = f"The register {name} is of {known.kind} kind, which this kind of message does not carry."
        faults.add(message, "register_wrong_kind", _count([values]), reason)


def gather_batch(gatherer: Gatherer, faults: Faults, message: int, content: BatchContent[RunT]) -> None:
    """Add the values of a ``batch`` to the gatherer, or to the faults."""
    for block in content.blocks:
        fault = _block_fault(block)
        if fault:
            faults.add(message, fault[0], _count(block.registers.values()), fault[1])
            continue
        device = len(gatherer.devices)
        gatherer.devices.append(block.meter)
        for name, values in block.registers.items():
            register_id = _IN_BATCH.get(name)
            if register_id is None:
                _refuse_register(faults, message, name, values)
                continue
            first = gatherer.add(message, device, register_id, block.start, block.step_s, values)
            for label, indexes in block.quality.items():
                gatherer.mark(first, indexes, QUALITY_BY_LABEL.get(label, UNKNOWN_QUALITY))


def gather_live(gatherer: Gatherer, faults: Faults, message: int, content: LiveContent[RunT]) -> None:
    """Add the values of a ``live`` message to the gatherer, or to the faults."""
    if not _fits(content.registers.values(), content.quality, len(content.meters)):
        faults.add(message, "length_mismatch", _count(content.registers.values()), _LENGTH_MISMATCH)
        return
    device = len(gatherer.devices)
    gatherer.devices.extend(content.meters)
    for name, values in content.registers.items():
        register_id = _IN_LIVE.get(name)
        if register_id is None:
            _refuse_register(faults, message, name, values)
            continue
        first = gatherer.add(message, device, register_id, content.at, 0, values)
        for label, indexes in content.quality.items():
            gatherer.mark(first, indexes, QUALITY_BY_LABEL.get(label, UNKNOWN_QUALITY))
