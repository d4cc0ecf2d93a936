"""A log that goes through our hands, and can be made to stall: whoever logs then waits until we read on.

What a full disk or a stuck log collector does to a server that logs to its console. It holds a thread between two of its steps,
wherever the program says something between them, for as long as we like: orders of threads that otherwise are microseconds apart.
"""

import os
import select
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

FILLER: Final = b"\0"
"""What fills the pipe while it stalls; no log has it, and none of it gets to the file."""

CHUNK_BYTES: Final = 4_096
POLL_S: Final = 0.05


class LogPipe:
    """A named pipe at `path`, whose bytes go to `file` unless it stalls. Raises `OSError` where there are none.

    `writer`: a file descriptor for the program's output. A pipe without a name would share its blocking mode with the program.
    """

    def __init__(self, path: Path, file: Path) -> None:
        os.mkfifo(path)
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.writer = os.open(path, os.O_WRONLY)
        self._filler = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        self._file = file.open("wb", buffering=0)
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._closed = False
        self._thread = threading.Thread(target=self._pump, name="namesrv-log", daemon=True)
        self._thread.start()

    def stall(self) -> None:
        """Returns once the pipe is full: the next line that is logged waits."""
        with self._lock:
            self._flowing.clear()
            for size in (CHUNK_BYTES, 1):  # up to the last byte: a shorter line must not fit either
                with suppress(BlockingIOError):
                    while True:
                        os.write(self._filler, FILLER * size)

    def resume(self) -> None:
        """It flows again."""
        self._flowing.set()

    def close(self) -> None:
        """Nobody writes any more."""
        self._closed = True
        self._flowing.set()
        self._thread.join()
        for descriptor in (self._reader, self.writer, self._filler):
            os.close(descriptor)
        self._file.close()

    def _pump(self) -> None:
        while not self._closed:
            self._flowing.wait()
            if not select.select([self._reader], [], [], POLL_S)[0]:
                continue
            with self._lock:
                if self._flowing.is_set():
                    self._file.write(os.read(self._reader, 1 << 16).replace(FILLER, b""))
