"""How a gateway takes commands for its resources: check, decide, put into force, answer."""

import math
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from core.identifiers import shard_of
from core.slots import INTERVAL_STEPS_S
from simulators.draws import uniform
from simulators.evenings import FlexibleLoad
from simulators.flexible import MINUTE_S

Status = Literal["accepted", "opted_out", "refused", "expired"]
_MOST_STEPS: Final = 1_536
_KEYS: Final = 2**62


class Command(msgspec.Struct, frozen=True):
    """A ``command`` as it arrives: the resource draws at most so much in each step, and is free outside them."""

    command: str
    resource: str
    issued_at: int
    expires_at: int
    start: int
    step_s: int
    dispatch_setpoint_w: Annotated[list[float], msgspec.Meta(min_length=1, max_length=_MOST_STEPS)]


@dataclass(frozen=True, slots=True)
class Temper:
    """How obliging the fleet's owners and devices are.

    Attributes
    ----------
    opt_out_ratio : float
        Share of commands that an owner declines, ``0 <= ratio <= 1``.
    dead_ratio : float
        Share of resources that neither announce, obey nor answer, ``0 <= ratio <= 1``.
    """

    opt_out_ratio: float = 0.02
    dead_ratio: float = 0.0


class Orders:
    """Take commands for the resources of one fleet.

    Parameters
    ----------
    load : FlexibleLoad
        Where commands are put into force.
    resources : mapping of str to int
        Index of each resource by name.
    temper : Temper
        Who declines, and who is dead.
    """

    def __init__(self, load: FlexibleLoad, resources: dict[str, int], temper: Temper) -> None:
        self._load = load
        self._resources = resources
        self.names = list(resources)
        self._temper = temper
        self._answers: dict[str, dict[str, object]] = {}
        indices = np.arange(len(load.flexible))
        self.dead = uniform(load.flexible.seed, "dead", indices) < temper.dead_ratio

    def take(
        self, payload: bytes, attached: frozenset[str], now_s: int, *, in_force_s: int = 0
    ) -> dict[str, object] | None:
        """Take one command.

        Parameters
        ----------
        payload : bytes
            The message.
        attached : frozenset of str
            Resources of the gateway that it was sent to.
        now_s : int
            Time, UTC epoch. [s]
        in_force_s : int, default 0
            Nothing before this changes, UTC epoch: it has been published. [s]

        Returns
        -------
        dict or None
            The ``answer``; None where there is nobody to answer or nothing to refer to. A command that is delivered
            again is answered again, and not put into force again.
        """
        try:
            command = msgspec.json.decode(payload, type=Command)
        except msgspec.DecodeError:
            return _nameless(payload, now_s)
        index = self._resources.get(command.resource)
        if index is not None and self.dead[index]:
            return None
        if command.command not in self._answers:
            status, reason = self._decide(command, attached, now_s)
            answer: dict[str, object] = {"command": command.command, "at": now_s, "status": status}
            self._answers[command.command] = answer | ({"reason": reason} if reason else {})
            if status == "accepted" and index is not None:
                known_s = -(-max(now_s, in_force_s) // MINUTE_S) * MINUTE_S
                self._load.limit(index, known_s, command.start, command.step_s, command.dispatch_setpoint_w)
        return self._answers[command.command]

    def _decide(self, command: Command, attached: frozenset[str], now_s: int) -> tuple[Status, str]:
        if command.resource not in attached:
            return "refused", "The resource is not attached to this gateway."
        if command.step_s not in INTERVAL_STEPS_S or command.start % command.step_s:
            return "refused", "The step or the start is not one that the specification allows."
        if not all(math.isfinite(value) and value >= 0 for value in command.dispatch_setpoint_w):
            return "refused", "A setpoint is negative or not a number."
        if now_s >= command.expires_at:
            return "expired", ""
        key = [shard_of(command.command, _KEYS)]
        if uniform(self._load.flexible.seed, "opt_out", key)[0] < self._temper.opt_out_ratio:
            return "opted_out", "The owner declined."
        return "accepted", ""


def _nameless(payload: bytes, now_s: int) -> dict[str, object] | None:
    """Refuse a command whose shape is wrong, if at least its identifier can be read."""
    try:
        named = msgspec.json.decode(payload, type=dict[str, object])
    except msgspec.DecodeError:
        return None
    identifier = named.get("command")
    if not isinstance(identifier, str):
        return None
    reason = "The command is not of the shape that the specification gives."
    return {"command": identifier, "at": now_s, "status": "refused", "reason": reason}
