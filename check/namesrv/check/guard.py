"""Runs a command that must not outlive its parent: `python -I guard.py FOLDER COMMAND...`, stdin a pipe of the parent's.

The end of stdin means that the parent has let go, or has died in whatever way: the command is killed (SIGKILL: a NameServer has
nothing to save) and FOLDER removed. If the command ends first, its exit code is ours. Only the standard library, no import
of this package: it starts in a few milliseconds.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In the child, before it runs the command: should this guard be killed, Linux kills the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> int:
    """Returns the command's exit code, as a shell gives it."""
    folder, *command = sys.argv[1:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: PLW1509 - no thread yet
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: child.kill())
    let_go = threading.Event()

    def watch() -> None:
        while os.read(0, 1024):
            pass
        let_go.set()
        child.kill()

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    if let_go.is_set():
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
