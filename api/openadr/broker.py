"""How a VEN reaches the broker: with a certificate that is made when it asks, for it alone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.context import Context
from api.openadr.models.notifier import Anonymous, Certificate, MqttNotifier
from core.clock import WALL_CLOCK
from core.errors import ConfigurationError
from db.connection import borrow
from edge.authority import Authority, ven_authority
from edge.vens import equip_ven
from grid.openadr.privacy import Viewer

_PLAIN: Final = "mqtt://"
#: Certificates that are told again to whoever asks again, in this share of their life. [ratio]
_AGAIN: Final = 1 / 3
_MOST_KEPT: Final = 10_000

Broker = Callable[[Viewer], Awaitable[MqttNotifier | None]]


@dataclass(frozen=True, slots=True)
class _Told:
    """What a VEN was told, and until when it is told the same."""

    until: datetime
    notifier: MqttNotifier


class GuardedBroker:
    """Tell VENs of a broker that lets in who has a certificate.

    A certificate and its key are kept in memory for a while, so that a VEN that asks often is not given many.

    Parameters
    ----------
    context : Context
        Of the API; its settings name the broker and the folder of the authorities.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told: dict[str, _Told] = {}

    async def __call__(self, viewer: Viewer) -> MqttNotifier | None:
        """Return how a viewer reaches the broker: a VEN by its own certificate; business logic has an account."""
        if viewer.ven_id is None:
            return None
        now = WALL_CLOCK.now()
        told = self._told.get(viewer.ven_id)
        if told is None or now >= told.until:
            told = await self._equip(viewer, viewer.ven_id, now)
            self._told.pop(viewer.ven_id, None)
            self._told[viewer.ven_id] = told
            if len(self._told) > _MOST_KEPT:
                self._told.pop(next(iter(self._told)))
        return told.notifier

    async def _equip(self, viewer: Viewer, ven_id: str, now: datetime) -> _Told:
        settings = self._context.settings
        if settings.edge_dir is None:
            raise ConfigurationError(
                "authority_missing", "VENs reach the broker by certificates: SOMEL_EDGE_DIR has to name the authority."
            )
        vens, actor = ven_authority(settings.edge_dir, now), f"ven/{viewer.client_id}"
        async with borrow(self._context.writers) as connection:
            equipped = await equip_ven(
                connection, vens, ven_id=ven_id, actor=actor, now=now, days=settings.certificate_days
            )
        ca = settings.openadr_broker_ca
        chain = ca.read_bytes() if ca else Authority.open(settings.edge_dir, now).chain
        identity = Certificate(ca_cert=chain.decode(), client_cert=equipped.certificate, client_key=equipped.key)
        until = now + (equipped.expires_at - now) * _AGAIN
        return _Told(until, MqttNotifier(uris=[settings.openadr_broker_uri], authentication=identity))


def broker_of(context: Context) -> Broker | None:
    """Return what tells clients of the broker that the settings name; None where they name none."""
    uri = context.settings.openadr_broker_uri
    if uri.startswith(_PLAIN):  # for development: nobody is asked who he is there
        return _open_broker(uri)
    return GuardedBroker(context) if uri else None


def _open_broker(uri: str) -> Broker:
    async def tell(_viewer: Viewer) -> MqttNotifier | None:
        return MqttNotifier(uris=[uri], authentication=Anonymous())

    return tell
