"""The process ``python -m ingest``: from the broker to the database, until SIGINT or SIGTERM."""

import sys

from core.process import named, run_process
from core.settings import Settings
from ingest.supervisor import READY_LINE
from ingest.worker import run


def main() -> int:
    """Run one worker and return the exit code: 0 after a signal, else by kind of error."""
    return run_process("ingest", _run_on_named_servers)


async def _run_on_named_servers(settings: Settings) -> None:
    await run(
        settings,
        database_url=named(settings.database_url, "SOMEL_DATABASE_URL"),
        mqtt_url=named(settings.mqtt_url, "SOMEL_MQTT_URL"),
        ready=_say_ready,
    )


def _say_ready() -> None:
    """Tell whoever started the process, by a line that it may wait for."""
    sys.stdout.write(READY_LINE.decode())
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
