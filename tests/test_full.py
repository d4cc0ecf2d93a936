"""`.ci/full`: what it says of its jobs is so, and none of them keeps another one from running."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / ".ci" / "full"
TIMEOUT_S = 60
UV = """#!/bin/sh
echo "$@" >> calls
case "$*" in *"$FAILS"*) echo "it failed"; exit 1 ;; esac
"""


def full(*jobs: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(folder / ".ci" / "full"), *jobs],
        env={"PATH": f"{folder}:/usr/bin:/bin", **environment}, capture_output=True, text=True, timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with the script, where nothing has to be prepared, and where `uv` only says what it was called with."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci" / "full")
    (tmp_path / ".ci" / "prepare").write_text(f"cd {tmp_path}\nfail() {{ exit 2; }}\n")
    uv = tmp_path / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    return tmp_path


def test_help_names_every_job_and_contributing_says_how_long_it_takes() -> None:
    told = full("--help")
    assert told.returncode == 0
    jobs = re.findall(r"^  (\w+) +\S", told.stdout, re.MULTILINE)
    text = SCRIPT.read_text()
    assert len(jobs) == len(set(jobs)) > 10
    assert [job for job in jobs if f"\n{job}() {{\n" not in text] == []
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("| job | how long |")[2]
    assert [job for job in jobs if f"`{job}`" not in table] == []


def test_a_name_that_is_no_job_is_refused_before_anything_is_done(elsewhere: Path) -> None:
    told = full("clauses", "nothing", folder=elsewhere)
    assert (told.returncode, (elsewhere / "calls").exists()) == (2, False)
    assert "got: nothing" in told.stderr


def test_what_fails_keeps_neither_the_rest_of_its_job_nor_the_next_one_from_running(elsewhere: Path) -> None:
    told = full("clauses", "benchmarks", folder=elsewhere, FAILS="clauses.md")
    assert told.returncode == 1
    assert told.stderr == "failed: clauses: exit code 1, see build/full/clauses.log\n"
    assert re.findall(r"(docs/\w+\.md|-m [\w.]+)", (elsewhere / "calls").read_text()) == [
        *("docs/clauses.md", "docs/profiles.md"),
        *("-m bench", "-m bench.recorder", "-m bench.traces", "-m bench.linearize"),
    ]
    log = (elsewhere / "build" / "full" / "clauses.log").read_text()
    assert "it failed" in log and "it failed" in told.stdout
    assert "--- clauses: exit code 1" in log


def test_where_all_jobs_pass_it_says_so(elsewhere: Path) -> None:
    told = full("audited", "explorations", folder=elsewhere, FAILS="nothing at all")
    assert told.returncode == 0
    assert ".ci/full: all passed" in told.stdout
    assert (elsewhere / "calls").read_text().count("namesrv explore") == 15
