"""The server's structured log: silent in process unless somebody listens, rendered by structlog in `namesrv serve`.

Events go to the standard library's logger `namesrv.server`, their fields in the record's `fields`. structlog is imported with
the first event that is rendered: it takes longer to load than all of the server.
"""

import logging
import sys
from typing import Any, Final, Literal

LOGGER_NAME: Final = "namesrv.server"


class EventLog:
    """What has happened, as a short sentence with fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._logger.addHandler(logging.NullHandler())

    def debug(self, event: str, **fields: object) -> None:
        """Only with `--verbose`."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """What an operator wants to know."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """A peer did something that it should not have."""
        self._log(logging.WARNING, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """A fault of ours, with the exception that is being handled."""
        self._log(logging.ERROR, event, fields, with_traceback=True)

    def _log(self, level: int, event: str, fields: dict[str, object], *, with_traceback: bool = False) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields}, exc_info=with_traceback)


log: Final = EventLog(LOGGER_NAME)
"""Every module of the server logs through this."""


class StructuredFormatter(logging.Formatter):
    """Renders records as structlog does, for people or as JSON lines."""

    def __init__(self, form: Literal["console", "json"], *, colors: bool) -> None:
        super().__init__()
        self._form = form
        self._colors = colors
        self._processors: list[Any] | None = None

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        event: Any = {"event": record.getMessage(), "level": record.levelname.lower(), **getattr(record, "fields", {})}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        for process in self.prepared():
            event = process(None, record.levelname.lower(), event)
        return str(event)

    def prepared(self) -> list[Any]:
        """What renders. Importing it takes a while: who has nothing else to do may ask for it before the first event."""
        if self._processors is None:
            self._processors = self._load()
        return self._processors

    def _load(self) -> list[Any]:
        import structlog

        stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
        if self._form == "json":
            return [stamp, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        plain = structlog.dev.plain_traceback
        return [stamp, structlog.dev.ConsoleRenderer(colors=self._colors, exception_formatter=plain)]


def log_to_stderr(form: Literal["console", "json"], *, verbose: bool = False) -> StructuredFormatter:
    """Renders the server's log on stderr; `verbose`: every unchanged registration too."""
    logger = logging.getLogger(LOGGER_NAME)
    handler = logging.StreamHandler(sys.stderr)
    formatter = StructuredFormatter(form, colors=sys.stderr.isatty())
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    return formatter
