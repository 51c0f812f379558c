"""Which meter a message means that names none: the gateway's own."""

from dataclasses import dataclass
from typing import Final

from db.registry import Registry

#: Kinds of end device that measure.
MEASURING: Final = frozenset({"meter", "sensor"})


@dataclass(frozen=True, slots=True)
class GatewayMeters:
    """The meters that one gateway can mean without naming them.

    Attributes
    ----------
    registry : Registry
        Who is known.
    gateway : str
        Name of the gateway.
    gateway_id : int
        Its key.
    """

    registry: Registry
    gateway: str
    gateway_id: int

    def whole(self) -> str | None:
        """Return the meter that is called as the gateway is, else its only one, else None."""
        return self.gateway if self._has(self.gateway) else self.registry.sole_meters.get(self.gateway_id)

    def channel(self, number: int) -> str | None:
        """Return the meter ``<gateway>-<number>``, None where it is not registered."""
        name = f"{self.gateway}-{number}"
        return name if self._has(name) else None

    def _has(self, name: str) -> bool:
        device = self.registry.devices.get(name)
        return device is not None and device.gateway_id == self.gateway_id and device.kind in MEASURING
