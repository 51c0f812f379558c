"""The process ``python -m api``: the API and the page, until SIGINT or SIGTERM."""

import sys

from api.server import run
from core.process import named, run_process
from core.settings import Settings

__all__ = ["main", "run"]


def main() -> int:
    """Serve until told to stop and return the exit code: 0 after a signal, else by kind of error."""
    return run_process("api", _run_on_named_database)


async def _run_on_named_database(settings: Settings) -> None:
    await run(settings, database_url=named(settings.database_url, "SOMEL_DATABASE_URL"))


if __name__ == "__main__":
    sys.exit(main())
