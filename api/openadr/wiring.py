"""What the VTN needs of the notifiers, put in where the application is made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from api.openadr.models.notifier import MqttNotifier
from grid.openadr.privacy import Viewer


class CallbackCheck(Protocol):
    """Ask a callback whether it wants to be called."""

    async def __call__(self, url: str, bearer_token: str | None, /) -> None:
        """Return when it does.

        Raises
        ------
        InputError
            It does not, or it may not be called; the subscription must not exist.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wiring:
    """Say how notifiers are reached.

    Attributes
    ----------
    check_callback : CallbackCheck
        Asked before a subscription is stored.
    broker : callable, optional
        Returns how a client reaches the MQTT broker, or None where it cannot; left out where there is none for clients.
    """

    check_callback: CallbackCheck
    broker: Callable[[Viewer], Awaitable[MqttNotifier | None]] | None = None


def wiring_of(request: Request) -> Wiring:
    """Return the wiring of the application that answers a request."""
    wiring: Wiring = request.app.state.wiring
    return wiring
