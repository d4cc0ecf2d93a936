"""A log that stalls holds whoever logs, and loses nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from namesrv.check.log_pipe import LogPipe
from tests.waiting import until

LINES = [f"line {number}" for number in range(2_000)]
WRITES = "for number in range(2000): print('line', number, flush=True)"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[LogPipe]:
    made = LogPipe(tmp_path / "pipe", tmp_path / "log")
    yield made
    made.close()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def impatient(tmp_path: Path) -> int:
    """Another end of the pipe for writing: one that fails where a program would wait."""
    return os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)


def test_what_is_logged_gets_to_the_file(pipe: LogPipe, log: Path) -> None:
    os.write(pipe.writer, b"one\ntwo\n")
    until("both lines are in the file", lambda: log.read_bytes() == b"one\ntwo\n")


def test_while_it_stalls_not_one_byte_can_be_logged(pipe: LogPipe, log: Path, tmp_path: Path) -> None:
    writer = impatient(tmp_path)
    os.write(writer, b"a")
    until("the byte is in the file", lambda: log.read_bytes() == b"a")
    pipe.stall()
    with pytest.raises(BlockingIOError):
        os.write(writer, b"b")
    pipe.resume()
    os.close(writer)


def test_a_program_that_logs_meanwhile_goes_on_afterwards_and_nothing_is_lost(pipe: LogPipe, log: Path) -> None:
    pipe.stall()
    with subprocess.Popen([sys.executable, "-c", WRITES], stdout=pipe.writer) as program:
        assert log.read_bytes() == b""
        pipe.resume()
        assert program.wait(120) == 0
    until("every line is in the file, and nothing else", lambda: log.read_text().splitlines() == LINES)


def test_it_can_stall_again_and_what_fills_it_stays_out_of_the_file(pipe: LogPipe, log: Path) -> None:
    for _ in range(3):
        pipe.stall()
        pipe.resume()
    os.write(pipe.writer, b"end\n")
    until("the line is in the file alone", lambda: log.read_bytes() == b"end\n")
