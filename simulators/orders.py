"""How a gateway takes commands for its resources: check, decide, put into force, answer."""

import contextlib
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from core.slots import INTERVAL_STEPS_S, LOCAL_ZONE
from simulators.draws import uniform
from simulators.evenings import FlexibleLoad
from simulators.flexible import MINUTE_S
from simulators.store_load import StoreLoad

Status = Literal["accepted", "opted_out", "refused", "expired", "withdrawn"]
_MOST_STEPS: Final = 1_536
_EVENING_STARTS_S: Final = 12 * 3600  # an evening lasts from noon to noon


class Command(msgspec.Struct, frozen=True):
    """A ``command`` as it arrives: the resource draws at most so much in each step, or follows, and is free outside."""

    command: str
    resource: str
    issued_at: int
    expires_at: int
    start: int
    step_s: int
    dispatch_setpoint_w: Annotated[list[float], msgspec.Meta(min_length=1, max_length=_MOST_STEPS)]
    follow: bool = False


class Withdrawal(msgspec.Struct, frozen=True):
    """A ``command`` message that takes an earlier one back."""

    withdraw: str
    resource: str
    at: int


@dataclass(frozen=True, slots=True)
class Temper:
    """How obliging the fleet's owners and devices are.

    Attributes
    ----------
    opt_out_ratio : float
        Share of owners who decline all commands of an evening, ``0 <= ratio <= 1``; others each evening.
    dead_ratio : float
        Share of resources that neither obey nor answer, ``0 <= ratio <= 1``. Their gateway announces what they need.
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
    stores : StoreLoad, optional
        Batteries and heat pumps; their indices go on after those of `load`.
    """

    def __init__(
        self, load: FlexibleLoad, resources: dict[str, int], temper: Temper, stores: StoreLoad | None = None
    ) -> None:
        self._load = load
        self._stores = stores
        self._resources = resources
        self.names = list(resources)
        self._temper = temper
        self._answers: dict[str, dict[str, object]] = {}
        self._in_force: dict[int, Command] = {}  # the newest command of each resource
        indices = np.arange(len(load.flexible) + (len(stores.stores) if stores else 0))
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
        known_s = max(now_s, in_force_s)
        with contextlib.suppress(msgspec.DecodeError):
            return self._withdraw(msgspec.json.decode(payload, type=Withdrawal), attached, now_s, known_s)
        try:
            command = msgspec.json.decode(payload, type=Command)
        except msgspec.DecodeError:
            return _nameless(payload, now_s)
        index = self._resources.get(command.resource)
        if index is not None and self.dead[index]:
            return None
        if command.command not in self._answers:
            status, reason = self._decide(command, attached, now_s)
            self._answer(command.command, now_s, status, reason)
            if status == "accepted" and index is not None:
                self._in_force[index] = command
                self._put(index, _next_minute(known_s), command)
        return self._answers[command.command]

    def _withdraw(
        self, told: Withdrawal, attached: frozenset[str], now_s: int, known_s: int
    ) -> dict[str, object] | None:
        """Free a resource of a command; one that is not in force any more, or never was, is just noted."""
        index = self._resources.get(told.resource)
        if index is not None and self.dead[index]:
            return None
        if index is not None and told.resource in attached:
            command = self._in_force.get(index)
            if command is not None and command.command == told.withdraw:
                del self._in_force[index]
                free_s = _next_minute(known_s)  # nothing older holds any more either
                self._put(
                    index,
                    free_s,
                    msgspec.structs.replace(command, start=free_s, step_s=MINUTE_S, dispatch_setpoint_w=[math.inf]),
                )
        return self._answer(told.withdraw, now_s, "withdrawn", "")

    def told_w(self, index: int, at_s: int) -> float:
        """Return what a resource was told for `at_s` (epoch), at most or to follow; infinite where it is free. [W]."""
        store = index - len(self._load.flexible)
        return self._load.limit_w(index, at_s) if store < 0 or not self._stores else self._stores.told_w(store, at_s)

    def _put(self, index: int, known_s: int, command: Command) -> None:
        """Put a command into force from a minute on."""
        steps = (command.start, command.step_s, command.dispatch_setpoint_w)
        store = index - len(self._load.flexible)
        if store < 0 or self._stores is None:
            self._load.limit(index, known_s, *steps)
        else:
            self._stores.tell(store, known_s, *steps, follow=command.follow)

    def _answer(self, command: str, now_s: int, status: Status, reason: str) -> dict[str, object]:
        answer: dict[str, object] = {"command": command, "at": now_s, "status": status}
        self._answers[command] = answer | ({"reason": reason} if reason else {})
        return self._answers[command]

    def _decide(self, command: Command, attached: frozenset[str], now_s: int) -> tuple[Status, str]:
        if command.resource not in attached:
            return "refused", "The resource is not attached to this gateway."
        is_store = self._resources.get(command.resource, 0) >= len(self._load.flexible)
        fault = _fault(command, is_store=is_store)
        if fault:
            return "refused", fault
        if now_s >= command.expires_at:
            return "expired", ""
        newest = self._in_force.get(self._resources.get(command.resource, -1))
        if newest is not None and newest.issued_at > command.issued_at:
            return "refused", "A later command for this resource came before."
        if self._declines(self._resources[command.resource], command.start):
            return "opted_out", "The owner declined."
        return "accepted", ""

    def _declines(self, resource: int, start_s: int) -> bool:
        """Tell whether an owner has made up the mind to decline what is asked for an evening and the night after it."""
        evening = datetime.fromtimestamp(start_s - _EVENING_STARTS_S, LOCAL_ZONE).toordinal()
        return bool(uniform(self._load.flexible.seed, "opt_out", [resource], evening)[0] < self._temper.opt_out_ratio)


def _fault(command: Command, *, is_store: bool) -> str:
    """Return why a command cannot be obeyed by anybody; empty when it can."""
    if command.step_s not in INTERVAL_STEPS_S or command.start % command.step_s:
        return "The step or the start is not one that the specification allows."
    if command.follow and not is_store:
        return "The resource can be limited only."
    least_w = -math.inf if command.follow else 0.0
    if not all(math.isfinite(value) and value >= least_w for value in command.dispatch_setpoint_w):
        return "A setpoint is negative or not a number."
    return ""


def _next_minute(at_s: int) -> int:
    return -(-at_s // MINUTE_S) * MINUTE_S


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
