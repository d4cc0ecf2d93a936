"""The runner in Go that docs/vectors.md shows: a port needs no Python."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from namesrv.check.embedded import Embedded
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import Oracle
from namesrv.check.require import missing
from namesrv.check.vectors.pool import POOL
from tests.check.faults import Fault
from tests.check.vectors.conftest import Made
from tests.check.vectors.test_faults import NOT_FOUND, UNTIMED

SOURCE = Path(__file__).parents[3] / "docs/vectors/runner.go"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built with what Go brings along."""
    go = shutil.which("go")
    if go is None:
        missing(NotAvailable("go", "no go on PATH: install Go 1.21 or later"))
    folder = tmp_path_factory.mktemp("go")
    program = folder / "runner"
    subprocess.run([go, "build", "-o", program, SOURCE], check=True, cwd=folder)
    return program


def play(runner: Path, vectors: bytes, port: int, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "vectors.jsonl"
    file.write_bytes(vectors)
    with file.open("rb") as read:
        return subprocess.run(
            [runner, f"127.0.0.1:{port}"], stdin=read, capture_output=True, text=True, check=False, timeout=600
        )


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_it_passes_our_server(profile: str, runner: Path, made: Made, tmp_path: Path) -> None:
    vectors = made(profile)
    with Embedded(profile=profile) as server:
        done = play(runner, b"".join(vectors.lines()), server.port, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{vectors.sequences} sequences passed\n"), done.stderr


@pytest.mark.oracle
def test_it_passes_the_real_namesrv(
    runner: Path, made: Made, own_apache_namesrv: Callable[..., Oracle], tmp_path: Path
) -> None:
    oracle = own_apache_namesrv("apache-5.5.0")
    done = play(runner, b"".join(made("apache-5.5.0").lines()), oracle.port, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("profile", "against"), [("strict", "apache-5.5.0"), ("apache-5.5.0", "apache-4.9.7")])
def test_it_fails_a_server_of_another_profile(
    profile: str, against: str, runner: Path, made: Made, tmp_path: Path
) -> None:
    with Embedded(profile=against) as server:
        done = play(runner, b"".join(made(profile).lines()), server.port, tmp_path)
    assert done.returncode == 1
    assert "expected any of" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("fault", UNTIMED, ids=lambda fault: fault.slug)
def test_it_fails_a_faulty_server(fault: Fault, runner: Path, made: Made, tmp_path: Path) -> None:
    vectors = b"".join(made(fault.profile, POOL).lines())
    with fault.injected(), Embedded(profile=fault.profile) as server:
        done = play(runner, vectors, server.port, tmp_path)
    assert done.returncode == (fault.slug not in NOT_FOUND)


def test_it_fails_a_file_that_is_cut_short(runner: Path, made: Made, tmp_path: Path) -> None:
    lines = list(made("strict", 0).lines())
    with Embedded(profile="strict") as server:
        done = play(runner, b"".join(lines[: len(lines) // 2]), server.port, tmp_path)
    assert done.returncode == 1
    assert "EOF" in done.stderr
