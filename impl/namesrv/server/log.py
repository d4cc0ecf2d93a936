"""The server's structured log: silent in process unless somebody listens, rendered by `namesrv serve`.

Events go to the standard library's logger `namesrv.server`, as structlog event dictionaries.
"""

import logging
import sys
from typing import Final, Literal

import structlog

LOGGER_NAME: Final = "namesrv.server"

_stdlib_logger = logging.getLogger(LOGGER_NAME)
_stdlib_logger.addHandler(logging.NullHandler())

log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    _stdlib_logger,
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)
"""Every module of the server logs through this."""


def log_to_stderr(form: Literal["console", "json"], *, verbose: bool = False) -> None:
    """Renders the server's log on stderr, for people or as JSON lines; `verbose`: every unchanged registration too."""
    renderer: structlog.typing.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            renderer,
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    _stdlib_logger.addHandler(handler)
    _stdlib_logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    _stdlib_logger.propagate = False
