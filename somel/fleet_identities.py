"""Certificates of a simulated fleet, with which it comes through the guarded broker like gateways of the field."""

from collections.abc import Callable, Sequence
from pathlib import Path

from core.broker_address import BrokerAddress
from core.clock import WALL_CLOCK
from core.errors import ConfigurationError
from core.settings import Settings
from db.connection import Connection, Role, connect
from edge.authority import Authority
from edge.devices import DeviceFiles, new_request
from edge.enrolment import enrol, make_code
from edge.files import private_folder
from edge.guard import CA
from somel.edge_service import authority_folder
from somel.guarding import GuardFolder
from somel.servers import embedded_services


def guarded_address(settings: Settings, folder: Path) -> BrokerAddress:
    """Return where a fleet with certificates in a folder meets the embedded broker.

    Raises
    ------
    ConfigurationError
        ``broker_not_embedded`` when the settings name a broker, ``broker_not_guarded``, or `Authority.open`'s.
    """
    if settings.mqtt_url:
        raise ConfigurationError(
            "broker_not_embedded",
            "--certificates is for the embedded broker. For yours, name the files in the URL: "
            "SOMEL_MQTT_URL=mqtts://host:8883?ca=FILE&identities=FOLDER.",
        )
    guard = embedded_services(settings).broker.guard
    if not guard.is_there:
        raise ConfigurationError(
            "broker_not_guarded", "The embedded broker asks nobody for a certificate: guard it with `somel pki init`."
        )
    Authority.open(authority_folder(settings), WALL_CLOCK.now())
    return address_of(guard, folder)


def address_of(guard: GuardFolder, folder: Path) -> BrokerAddress:
    """Return the gateways' door of a guarded broker on this machine, for gateways with certificates in a folder."""
    host = "localhost" if "localhost" in guard.hosts else guard.hosts[0]
    return BrokerAddress(host, guard.gateway_port, is_tls=True, ca=guard.path / CA, identities=folder.absolute())


async def enrol_fleet(
    database_url: str,
    authority: Authority,
    gateways: Sequence[str],
    folder: Path,
    *,
    days: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Enrol each registered gateway that has no good certificate and key in a folder; return how many there were.

    Each is committed before its files are written: who is cut short there is enrolled once more the next time.

    Raises
    ------
    NotFoundError
        ``gateway_not_registered``.
    ForbiddenError
        ``enrolment_refused``, for one that is in quarantine.
    """
    private_folder(folder)
    files = {name: DeviceFiles.of(folder, name) for name in gateways}
    missing = [name for name in gateways if not files[name].are_good(authority, WALL_CLOCK.now())]
    async with await connect(database_url, Role.OWNER) as connection:
        for done, name in enumerate(missing, start=1):
            await _enrol(connection, authority, name, files[name], days)
            if on_progress:
                on_progress(done, len(missing))
    return len(missing)


async def _enrol(connection: Connection, authority: Authority, name: str, files: DeviceFiles, days: int) -> None:
    key, request = new_request(name)
    now = WALL_CLOCK.now()
    code = await make_code(connection, name, now=now)
    enrolled = await enrol(connection, authority, gateway_name=name, code=code, request=request, now=now, days=days)
    await connection.commit()
    files.keep(key, enrolled.certificate + enrolled.chain)


async def enrol_simulated(
    settings: Settings,
    database_url: str,
    gateways: Sequence[str],
    folder: Path,
    report: Callable[[str, int, int], None],
) -> int:
    """Enrol a fleet with the issuing authority in use; see `enrol_fleet`."""
    authority = Authority.open(authority_folder(settings), WALL_CLOCK.now())
    return await enrol_fleet(
        database_url,
        authority,
        gateways,
        folder,
        days=settings.certificate_days,
        on_progress=lambda done, total: report("enrolment", done, total),
    )
