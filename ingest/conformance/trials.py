"""Commands that change nothing: a limit as high as the device's rated power, a day ahead."""

import asyncio
import math
import time
from collections import Counter
from typing import Final
from uuid import uuid4

import msgspec

from core.clock import Clock
from core.slots import SLOT_S
from ingest.conformance.observation import Missed, Observation, Trial
from ingest.conformance.waiting import until
from ingest.conformance.watcher import Watcher
from ingest.decode import MetaContent

#: A resource that is attached to nobody: a gateway without any has to refuse a command for it.
_NOBODY: Final = "conformance-nobody"
_VALID_S: Final = 600
_DAY_S: Final = 86_400
#: After an answer a second one would still be on its way. [s]
_LISTEN_S: Final = 1.0
#: Since this version a gateway listens to what is stored, and sends what is missing, 3 s after it did or later.
_WITH_STORED: Final = (1, 1)
_AGAIN_WITHIN_S: Final = 5.0


class Trials:
    """Send one command, the same again, and one that is expired; and call a message missing.

    Parameters
    ----------
    seen : Observation
        Where they are noted, and the answers are looked for.
    watcher : Watcher
        Sends them.
    clock : Clock
        The platform's.
    resource : str or None
        Device to command; None: the first that the gateway's meta names.
    """

    def __init__(self, seen: Observation, watcher: Watcher, clock: Clock, resource: str | None) -> None:
        self._seen, self._watcher, self._clock, self._resource = seen, watcher, clock, resource

    async def run(self, *, meta_within_s: float) -> None:
        """Wait for meta, then send one command after the other."""
        await until(lambda: self._described() is not None, meta_within_s)
        name, rated_w = self._target()
        now_s = int(self._clock.now().timestamp())
        valid_s = math.ceil(_VALID_S * self._clock.speed)
        first = _command(name, rated_w, now_s, now_s + valid_s)
        await self._try("accepted", first, _VALID_S)
        if not self._seen.may_send:
            return
        if self._seen.answers(str(first["command"])):
            await self._try("repeated", first, _VALID_S)
        await self._try("expired", _command(name, rated_w, now_s - _DAY_S, now_s - SLOT_S), None)

    async def miss(self) -> None:
        """In the platform's place call the last numbered message missing, unless the platform speaks for itself."""
        numbered = [message for message in self._seen.fresh("batch", "live", "event") if message.sequence is not None]
        times = Counter(message.sequence for message in numbered)
        numbered = [message for message in numbered if times[message.sequence] == 1]  # else which one is meant?
        silent = self._seen.platform_speaks or not self._seen.may_send
        if silent or self._seen.specification < _WITH_STORED or not numbered:
            return
        number = numbered[-1].sequence or 0
        word = {"first": number, "through": number - 1, "highest": number, "missing": [[number, number]]}
        self._seen.missed.append(Missed(number, numbered[-1].payload, time.monotonic()))
        await self._watcher.send("stored", msgspec.json.encode(word), qos=0)
        await until(lambda: bool(self._seen.sent_again()), _AGAIN_WITHIN_S + self._seen.patience_s)

    async def _try(self, name: str, command: dict[str, object], expiry_s: int | None) -> None:
        identifier = str(command["command"])
        before = len(self._seen.answers(identifier))
        trial = Trial(name, identifier, time.monotonic())
        self._seen.trials.append(trial)
        await self._watcher.send("command", msgspec.json.encode(command), expiry_s=expiry_s)
        if self._seen.may_send:
            await until(lambda: len(self._seen.answers(identifier)) > before, self._seen.patience_s + _LISTEN_S)
            await asyncio.sleep(_LISTEN_S)

    def _described(self) -> MetaContent | None:
        said = [message.content for message in self._seen.of_kind("meta")]
        return next((content for content in reversed(said) if isinstance(content, MetaContent)), None)

    def _target(self) -> tuple[str, int]:
        described = self._described()
        known = {} if described is None else {one.resource: one.rated_power_w for one in described.resources}
        name = self._resource or next(iter(known), _NOBODY)
        return name, known.get(name, 1_000)


def _command(resource: str, rated_w: int, issued_s: int, expires_s: int) -> dict[str, object]:
    start_s = (max(issued_s, expires_s) // SLOT_S + 1) * SLOT_S + _DAY_S
    return {
        "command": str(uuid4()),
        "resource": resource,
        "issued_at": issued_s,
        "expires_at": expires_s,
        "start": start_s,
        "step_s": SLOT_S,
        "dispatch_setpoint_w": [rated_w],
    }
