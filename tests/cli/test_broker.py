"""`namesrv broker` as a process of its own."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from namesrv.server.running import running
from namesrv.server.tls import self_signed_context
from tests.server.peers import Peer

DEADLINE_S = 120


@contextlib.contextmanager
def broker(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, started; killed at the end if it has not ended by itself."""
    command = [sys.executable, "-m", "namesrv.cli.main", "broker", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=DEADLINE_S)


def until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines up to the first that has `text`."""
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        seen.append(line)
        if text in line:
            return seen
    raise AssertionError(f"no line with {text!r} in {seen}")


def test_it_registers_shows_each_request_and_answer_and_unregisters_on_ctrl_c() -> None:
    with running(profile="strict") as server:
        address = f"{server.host}:{server.port}"
        with broker(
            "--namesrv", f"{address};127.0.0.1:1", "--cluster", "C", "--name", "a", "--topics", "100"
        ) as process:
            lines = until(process, "answered")
            assert any("REGISTER_BROKER, 115 topics" in line and address in line for line in lines)
            assert any("127.0.0.1:1 " in line and "refused" in line for line in lines)
            assert "REGISTER_BROKER, SUCCESS (0)" in lines[-1]
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=DEADLINE_S)
            assert "UNREGISTER_BROKER, SUCCESS (0)" in rest
            assert (process.returncode, errors) == (0, "")


def test_json_lines_say_the_same() -> None:
    with running(profile="apache-4.9.7") as server:
        address = f"{server.host}:{server.port}"
        with broker("--namesrv", address, "--json", "--profile", "apache-4.9.7") as process:
            reports = [json.loads(line) for line in until(process, '"answered"')]
            assert [report["what"] for report in reports] == ["connected", "sent", "answered"]
            assert reports[1]["topics"] == 8
            assert {report["name_server"] for report in reports} == {address}
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=DEADLINE_S)
            assert json.loads(rest.splitlines()[-1])["request"] == "UNREGISTER_BROKER"
            assert process.returncode == 0


def test_it_registers_over_tls() -> None:
    with running(profile="strict", tls=self_signed_context("127.0.0.1")) as server:
        address = f"{server.host}:{server.port}"
        with broker("--namesrv", address, "--tls") as process:
            assert "SUCCESS (0)" in until(process, "answered")[-1]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=DEADLINE_S)
            assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--namesrv", "nowhere"], "--namesrv: expected HOST:PORT"),
        (["--namesrv", "a:1;a:1"], "--namesrv: expected each address once, got a:1 twice"),
        (["--namesrv", "a:1", "--profile", "apache-5.50"], "did you mean 'apache-5.5.0'?"),
        (["--namesrv", "a:1", "--addr", "x"], "--addr: expected HOST:PORT"),
        (["--namesrv", "a:1", "--name", " "], "--name: expected a name, got ' '"),
    ],
)
def test_what_cannot_run_says_so_in_one_line_and_exits_with_2(arguments: list[str], said: str) -> None:
    with broker(*arguments) as process:
        _, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 2
        assert said in errors
        assert len(errors.splitlines()) == 1


def test_a_broker_that_nobody_registered_exits_with_2() -> None:
    with broker("--namesrv", "127.0.0.1:1") as process:
        until(process, "refused")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 2
        assert "no NameServer of 127.0.0.1:1 has registered it" in errors


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_it_unregisters_and_ends_when_nobody_reads_what_it_shows(form: list[str]) -> None:
    with running(profile="strict") as server:
        address = f"{server.host}:{server.port}"
        with broker("--namesrv", address, "--acting-master", *form) as process:
            until(process, "answered")
            assert process.stdout is not None
            process.stdout.close()
            assert process.wait(timeout=DEADLINE_S) == 2
            assert process.stderr is not None
            assert process.stderr.read() == ""
            process.stdout = None
        assert Peer(server).topics() == set()
