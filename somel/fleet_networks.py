"""Low-voltage networks of a simulated fleet, stored as an operator would store those of a real one."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from db.connection import Role, connect
from grid.network.importing import import_network, networks_in
from simulators.fleet import Fleet
from simulators.low_voltage import low_voltage_networks
from simulators.low_voltage_files import write_networks
from somel.progress import Report


async def import_networks(database_url: str, fleet: Fleet, seed: int, report: Report) -> None:
    """Store likely networks behind a registered fleet's transformers, by way of files."""
    total = len(fleet.network.power_transformers)
    with tempfile.TemporaryDirectory(prefix="somel-networks-") as name:
        folder = Path(name)
        write_networks(low_voltage_networks(fleet.network, seed), folder)
        async with await connect(database_url, Role.COMPUTE) as connection, connection.transaction():
            for done, (code, file, points) in enumerate(networks_in(folder)):
                report("networks", done, total)
                await import_network(connection, file, code, now=datetime.now(UTC), points=points)
    report("networks", total, total)
