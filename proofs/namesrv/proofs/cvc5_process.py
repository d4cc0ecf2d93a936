"""cvc5 in a process that can be killed: there are questions on which it does not keep its own time.

The limit is processor time, so that what it says does not depend on what else the machine does. (Where a process can't be given
one, as on Windows, the clock alone counts.) This file is the program that the process runs, too; it is run by its path, so that
cvc5 is all that it loads.
"""

import atexit
import functools
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final

BUSY: Final = 6
"""On a busy machine a second of a processor takes so many, at most: then it is killed from here."""

KILLED: Final = "unknown (KILLED)"


class Process:
    """Asks one question after the other of one process, which is started when it is needed."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        atexit.register(self.end)

    def ask(self, text: str, options: Mapping[str, str], limit_s: float) -> str:
        """What cvc5 prints; `KILLED` if it takes longer than so many seconds of a processor.

        Raises `ValueError` if it can't read the question.
        """
        with self._lock:
            running = self._started()
            assert running.stdin is not None and running.stdout is not None
            alarm = threading.Timer(BUSY * limit_s, running.kill)
            alarm.start()
            try:
                running.stdin.write(json.dumps({"text": text, "options": dict(options), "limit_s": limit_s}) + "\n")
                running.stdin.flush()
                line = running.stdout.readline()
            except BrokenPipeError:
                line = ""
            finally:
                alarm.cancel()
            if not line:
                self.end()
                return KILLED
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(f"cvc5: expected a question in SMT-LIB 2, got {answer['error'][:200]}")
        return str(answer["said"])

    def end(self) -> None:
        """Ends it, whatever it does."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None

    def _started(self) -> "subprocess.Popen[str]":
        if self._running is None or self._running.poll() is not None:
            command = [sys.executable, "-P", __file__]
            self._running = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        return self._running


@functools.cache
def process() -> Process:
    """This process's."""
    return Process()


def answered(text: str, options: Mapping[str, str]) -> str:
    """What cvc5 prints to a question, in this process."""
    import cvc5

    solver = cvc5.Solver()
    for option, value in options.items():
        solver.setOption(option, value)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    symbols = parser.getSymbolManager()
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += str(command.invoke(solver, symbols)).strip()
    return said


def _limit(seconds: float) -> None:
    """SIGPROF after so many seconds of a processor, which ends the process wherever it is."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def main() -> None:
    """A question a line, as JSON; an answer a line."""
    for line in sys.stdin:
        question: dict[str, Any] = json.loads(line)
        _limit(question["limit_s"])
        try:
            told = {"said": answered(question["text"], question["options"])}
        except Exception as error:  # cvc5's have no common base that its package names
            told = {"error": f"{type(error).__name__}: {error}"}
        _limit(0)
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
