"""`namesrv explore` where it does not come to its end: refused, interrupted, told to stop; and its progress."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from namesrv.cli.explore import explore
from namesrv.cli.exploring import progress_line
from namesrv.explore.estimate import Estimate
from namesrv.explore.outcome import Progress

DEADLINE_S = 120.0
SMALL = "brokers=1,namesrvs=1,versions=2,faults=1"


def test_a_scope_that_does_not_fit_is_refused_with_an_estimate(tmp_path: Path) -> None:
    file = tmp_path / "said.json"
    result = CliRunner().invoke(
        explore, ["--full-product", "--json", str(file), "--checkpoint", str(tmp_path / "kept")]
    )
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert re.fullmatch(
        r"namesrv explore: too large: some [\d,]+ states are expected, [\d.]+ GiB; 4 GiB may be taken \(--max-gib\)\. .*--force",
        line,
    )
    said = json.loads(file.read_bytes())
    assert said["verdict"] == "unknown"
    assert said["expected"] > 131_000_000
    assert "too large" in said["reason"]
    assert not (tmp_path / "kept").exists()


def test_force_starts_all_the_same() -> None:
    little = ["--scope", SMALL, "--max-gib", "0.01"]
    refused = CliRunner().invoke(explore, ["--scope", "brokers=2,namesrvs=1,versions=2,faults=2", "--max-gib", "0.1"])
    assert refused.exit_code == 2
    assert "too large" in refused.stderr
    forced = CliRunner().invoke(explore, [*little, "--force"])
    assert "too large" not in forced.stderr
    assert "ended early" in forced.output


class OnATerminal:
    """A real process with a terminal of its own, whose output is read until something is said."""

    def __init__(self, *args: str) -> None:
        self.leader, follower = pty.openpty()
        command = [sys.executable, "-m", "namesrv.cli.main", *args]
        surroundings = {**os.environ, "TERM": "xterm", "COLUMNS": "160"}
        self.process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=surroundings)
        os.close(follower)
        self.said = ""

    def read_until(self, wanted: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not re.search(wanted, self.said):
            assert time.monotonic() < deadline, f"expected {wanted!r} within {DEADLINE_S} s, got {self.said[-2000:]!r}"
            if select.select([self.leader], [], [], 1.0)[0] and not self._read():
                break
        assert re.search(wanted, self.said), self.said[-2000:]

    def ended(self) -> int:
        deadline = time.monotonic() + DEADLINE_S
        while self._read():
            assert time.monotonic() < deadline
        os.close(self.leader)
        return self.process.wait(DEADLINE_S)

    def _read(self) -> bool:
        try:
            data = os.read(self.leader, 65536)
        except OSError:  # Linux's way to say that nobody has the other end any more
            return False
        self.said += re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", data.decode(errors="replace"))
        return bool(data)


@pytest.mark.parametrize(
    ("number", "why"),
    [(signal.SIGINT, "interrupted"), (signal.SIGTERM, r"told to end \(SIGTERM\)")],
    ids=["INT", "TERM"],
)
def test_a_signal_ends_a_search_that_can_go_on(number: signal.Signals, why: str, tmp_path: Path) -> None:
    file, kept = tmp_path / "said.json", tmp_path / "kept"
    scope = "brokers=2,namesrvs=1,versions=2,faults=2"
    args = ("explore", "--scope", scope, "--checkpoint", str(kept), "--json", str(file))
    running = OnATerminal(*args)
    running.read_until(r"level \d+: [\d,]+ states, [\d,]+/s; some [\d,]+ in all, \d+ (s|min) left")
    running.process.send_signal(number)
    assert running.ended() == 2
    assert re.search(rf"ended early on level \d+: {why}; [\d,]+ states were met and not looked into", running.said)
    assert "unknown, strict, brokers=2" in running.said
    data = json.loads(file.read_bytes())
    assert (data["verdict"], data["checkpoint"]) == ("unknown", str(kept))
    assert 0 < data["unopened"] < data["distinct"]
    words = data["resume"].split()
    assert words[words.index("--resume") + 1] == str(kept)
    assert words[words.index("--scope") + 1] == scope
    # It goes on from there: a bounded search that resumes has met at least what the interrupted one kept.
    again = CliRunner().invoke(explore, [*args[1:], "--resume", str(kept), "--max-states", "1"])
    assert again.exit_code == 2
    resumed = json.loads(file.read_bytes())
    assert resumed["level"] >= data["level"]
    assert resumed["distinct"] >= data["distinct"] - data["unopened"]


def test_without_a_checkpoint_it_says_that_nothing_was_kept() -> None:
    result = CliRunner().invoke(explore, ["--scope", SMALL, "--max-states", "100"])
    assert result.exit_code == 2
    assert "nothing was kept: with --checkpoint FOLDER it could go on from there" in result.output


def progress(**changed: int | float | None) -> Progress:
    plain = {"level": 3, "done": 1, "width": 9, "distinct": 1000, "generated": 5000, "seconds": 2.0, "expected": None}
    return Progress(**{**plain, **changed})  # type: ignore[arg-type]


def test_progress_tells_speed_and_what_remains() -> None:
    guessed = Estimate(states=61_000, is_least=False, probes=())
    assert progress_line(progress(), None) == "level 3: 1,000 states, 500/s"
    assert progress_line(progress(), guessed) == "level 3: 1,000 states, 500/s; some 61,000 in all, 2 min left"
    shrinking = progress(expected=2000)
    assert progress_line(shrinking, guessed) == "level 3: 1,000 states, 500/s; some 2,000 in all, 2 s left"
    outgrown = Estimate(states=900, is_least=True, probes=())
    assert progress_line(progress(), outgrown) == "level 3: 1,000 states, 500/s"
    assert progress_line(progress(resumed=500), guessed).startswith("level 3: 1,000 states, 250/s; ")


def test_symmetries_are_used_unless_told_otherwise(tmp_path: Path) -> None:
    counted = []
    for args in ((), ("--no-symmetry",)):
        file = tmp_path / "said.json"
        scope = ["--scope", "brokers=2,namesrvs=1,names=2,versions=1,faults=1", "--json", str(file)]
        assert CliRunner().invoke(explore, [*scope, *args]).exit_code == 0
        data = json.loads(file.read_bytes())
        counted.append((data["symmetries"], data["distinct"]))
    assert counted == [(1, 1377), (0, 2730)]


def test_a_page_tells_what_the_terminal_tells(tmp_path: Path) -> None:
    file = tmp_path / "found.html"
    args = ["--profile", "apache-5.5.0", "--scope", "brokers=1,versions=2,faults=1", "--html", str(file)]
    result = CliRunner().invoke(explore, args)
    assert result.exit_code == 1
    page = file.read_text()
    assert "violated" in page and "<svg" in page and "REGISTER_BROKER" in page
    assert 'href="found-run-1.html"' in page
    assert "NameServer 1: cluster: C1 has a" in (tmp_path / "found-run-1.html").read_text()
    assert "namesrv explore" not in result.stderr
