"""How processes log: one line per event on standard error, for people or for machines."""

import logging
import sys
from typing import TextIO, cast

import structlog

from core.settings import Settings


class _StandardError:
    """Standard error as it is at each write: loggers outlive a stream that tests put in its place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logs(settings: Settings | None = None) -> None:
    """Set up the logs of this process; a second call replaces the first.

    Parameters
    ----------
    settings : Settings, optional
        `log_format` and `log_level` count, of libraries warnings at least; without settings, their defaults.

    Notes
    -----
    Tracebacks are plain text in both: they show no values, and values may be personal.
    """
    stream = cast("TextIO", _StandardError())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()] if settings else logging.INFO
    first: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings and settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*first, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,  # else whatever was logged first would keep what holds now
    )
    libraries = logging.StreamHandler(stream)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[libraries], force=True)
