"""rocketmq-rust's NameServer, the published crate `rocketmq-namesrv` 1.0.0, in a process of its own.

    cargo install rocketmq-namesrv --version 1.0.0 --locked

It is looked for in the environment variable NAMESRV_RUST (a path), on PATH, and in this project's folder of the user's cache.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from namesrv.check import guard
from namesrv.check.findings import Undecided
from namesrv.check.jars import user_cache
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import HOST, free_port
from namesrv.check.probing import probe
from namesrv.check.runner import Target

NAME: Final = "rocketmq-namesrv-rust"
VERSION: Final = "1.0.0"
VARIABLE: Final = "NAMESRV_RUST"
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 10.0
HOW_TO_GET: Final = f"cargo install rocketmq-namesrv --version {VERSION} --locked (some 15 minutes)"


class RustPortFailed(Exception):
    """It did not start; the message has what it printed."""


def find_binary() -> Path:
    """Raises `NotAvailable`."""
    places = (
        os.environ.get(VARIABLE),
        shutil.which(NAME),
        user_cache() / "rust" / "bin" / NAME,
    )
    for place in places:
        if place is not None and Path(place).is_file():
            return Path(place)
    raise NotAvailable("rust", f"{NAME}: neither in {VARIABLE}, nor on PATH, nor in the user's cache: {HOW_TO_GET}")


@contextmanager
def rust_namesrv() -> Iterator[Target]:
    """Up when it answers, gone with the block, or with this process. Raises `NotAvailable`, `RustPortFailed`."""
    binary = find_binary()
    home = Path(tempfile.mkdtemp(prefix="namesrv-rust-"))
    port = free_port(HOST)
    arguments = ("--listenPort", str(port), "--bindAddress", HOST, "--rocketmqHome", str(home))
    with (home / "console.log").open("wb") as console:
        process = subprocess.Popen(
            [sys.executable, "-I", guard.__file__, home, binary, *arguments, "--kvConfigPath", home / "kvConfig.json"],
            stdin=subprocess.PIPE,
            stdout=console,
            stderr=subprocess.STDOUT,
            cwd=home,
            env={**os.environ, "HOME": str(home)},  # its options are kept there, and read at the next start
            start_new_session=True,
        )
    try:
        target = Target(host=HOST, port=port)
        _wait_until_it_answers(target, process, home / "console.log")
        yield target
    finally:
        assert process.stdin is not None
        process.stdin.close()  # the guard kills it
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        shutil.rmtree(home, ignore_errors=True)


def _wait_until_it_answers(target: Target, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        with suppress(Undecided):
            probe(target)
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RustPortFailed(
                f"{NAME} at {target.where}: no answer; it printed:\n{log.read_text(errors='replace')[-2000:]}"
            )
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
