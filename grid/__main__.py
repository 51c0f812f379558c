"""The process ``python -m grid``: forecasts and demand response, until SIGINT or SIGTERM."""

import sys

from core.process import named, run_process
from core.settings import Settings
from grid.worker import run


def main() -> int:
    """Run until told to stop and return the exit code: 0 after a signal, else by kind of error."""
    return run_process("grid", _run_on_named_database)


async def _run_on_named_database(settings: Settings) -> None:
    await run(settings, database_url=named(settings.database_url, "SOMEL_DATABASE_URL"))


if __name__ == "__main__":
    sys.exit(main())
