"""Freed memory is kept: what takes as much again costs no new pages."""

import platform
import subprocess
import sys

import pytest

from namesrv.check.freed_memory import keep_freed_memory

PROGRAM = """
import resource, sys
from namesrv.check.freed_memory import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory(64 << 20)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    taken = [b"x" * 250_000 for _ in range(8)]
    b"".join(taken)
for _ in range(3):
    work()
before = faults()
for _ in range(20):
    work()
print(faults() - before)
"""
PAGES = 20 * 2 * 8 * 250_000 // 4096


def new_pages(how: str) -> int:
    """While it takes and frees 4 MB twenty times, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another malloc")
def test_what_was_freed_is_used_again() -> None:
    """Without it some of the pages are paid for each time; with it none, but for a few of Python's own."""
    assert new_pages("kept") < PAGES // 50 < new_pages("not")


def test_elsewhere_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    assert not keep_freed_memory(1 << 20)
