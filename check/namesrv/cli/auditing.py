"""`namesrv audit --watch`: one snapshot after the other, on the screen or by the line, and for Prometheus."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from namesrv.check.audit.audited import Audit
from namesrv.check.audit.auditor import Auditor, changes, share
from namesrv.check.audit.terminal import print_audit, screen

if TYPE_CHECKING:
    from namesrv.check.audit.metrics import Metrics

CHANGES_SHOWN: Final = 12

Shown = Callable[[Audit, list[str]], None]
"""Told each audit, and what has changed since the one before."""


def watching(
    auditor: Auditor,
    console: Console,
    tell: Callable[[Audit], None],
    stop: threading.Event,
    *,
    interval_s: float,
    times: int | None,
    port: int | None,
) -> Audit:
    """Until `stop` is set or it has looked so many times; the last audit. Raises `click.UsageError` if it can't listen."""
    with contextlib.ExitStack() as stack:
        metrics = None if port is None else stack.enter_context(_metrics(port))
        if metrics is not None:
            console.print(f"http://127.0.0.1:{metrics.port}/metrics", highlight=False)
        show = stack.enter_context(_screen(console)) if console.is_terminal else _lines(console)
        found, number = auditor.look(), 1
        said: list[str] = []
        while True:
            show(found, said)
            tell(found)
            if metrics is not None:
                metrics.show(found)
            if number == times or stop.wait(interval_s * share(number)):
                break
            before, found, number = found, auditor.look(), number + 1
            said = list(changes(before, found))
    if not console.is_terminal:
        print_audit(console, found)
    return found


def _metrics(port: int) -> "Metrics":
    try:
        from namesrv.check.audit.metrics import Metrics
    except ImportError as error:
        raise click.UsageError(f"--prometheus-port: needs pip install 'namesrv[prometheus]' ({error})") from error
    try:
        return Metrics(port, time.time)
    except OSError as error:
        raise click.UsageError(f"--prometheus-port {port}: {error}") from error


def _now() -> str:
    return datetime.now().strftime("%H:%M:%S")


@contextlib.contextmanager
def _screen(console: Console) -> Iterator[Shown]:
    recent: deque[str] = deque(maxlen=CHANGES_SHOWN)
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:

        def show(found: Audit, said: list[str]) -> None:
            at = _now()
            recent.extend(f"{at} {line}" for line in said)
            live.update(screen(found, recent, at), refresh=True)

        yield show


def _lines(console: Console) -> Shown:
    """Where nobody looks at a screen: what has changed, by the line."""

    def show(found: Audit, said: list[str]) -> None:
        del found
        for line in said:
            console.print(f"{_now()} {escape(line)}", highlight=False, soft_wrap=True)

    return show
