"""`namesrv serve` as a process: its first line, its errors, its end."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from namesrv.remoting.command import RemotingCommand, encode_command
from tests.server.peers import registration

COMMAND = (sys.executable, "-m", "namesrv.cli.main", "serve")
DEADLINE_S = 120
READY = re.compile(r"^listening on (\S+):(\d+), profile (\S+?)(, TLS too)?\n$")


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, int, str]]:
    """The process once it is ready, and what its line says."""
    process = subprocess.Popen(
        [*COMMAND, "--listen", "127.0.0.1:0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = READY.match(line)
        assert ready is not None, line
        yield process, ready[1].strip("[]"), int(ready[2]), line
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def refused(*arguments: str) -> str:
    """What is said on stderr by a call that must exit with 2."""
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    return result.stderr


def ask(host: str, port: int, frame: bytes) -> bytes:
    """The answer's beginning."""
    with socket.create_connection((host, port), timeout=DEADLINE_S) as peer:
        peer.sendall(frame)
        return peer.recv(1 << 16)


@pytest.mark.parametrize("profile", ["strict", "apache-5.5.0", "apache-4.9.7"])
def test_it_answers_once_it_has_said_that_it_listens(profile: str) -> None:
    with serving("--profile", profile) as (_, host, port, line):
        assert line == f"listening on 127.0.0.1:{port}, profile {profile}\n"
        assert b'"code":0' in ask(host, port, encode_command(RemotingCommand(code=106, opaque=1)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_0_when_it_is_asked_to(number: signal.Signals) -> None:
    with serving() as (process, host, port, _), socket.create_connection((host, port)) as peer:
        process.send_signal(number)
        assert process.wait(DEADLINE_S) == 0
        assert peer.recv(1) == b""


def test_registrations_and_removals_are_logged_as_json_lines() -> None:
    fields, body = registration()
    with serving("--log-format", "json") as (process, host, port, _):
        ask(host, port, encode_command(RemotingCommand(code=103, opaque=1, ext_fields=fields, body=body)))
        assert process.stderr is not None
        events = [json.loads(process.stderr.readline()) for _ in range(2)]
    assert [e["event"] for e in events] == ["broker registered", "broker removed"]
    assert events[0] | {"broker": "b", "addr": "10.0.0.1:10911", "level": "info"} == events[0]
    assert events[1]["why"] == "connection closed"


def test_a_port_in_use_is_one_clear_line() -> None:
    with serving() as (_, _, port, _):
        said = refused("--listen", f"127.0.0.1:{port}")
    assert said == f"namesrv serve: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_an_unknown_profile_suggests_the_nearest() -> None:
    said = refused("--profile", "apache-5.5")
    assert "got 'apache-5.5'; did you mean 'apache-5.5.0'?" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":9876", "::1:9876", "9876"])
def test_an_address_that_is_none_says_what_is_expected(address: str) -> None:
    assert f"got '{address}'" in refused("--listen", address)


def test_listening_for_others_prints_a_warning() -> None:
    # An address of documentation (RFC 5737): nobody has it, so nothing is opened to anybody.
    said = refused("--listen", "192.0.2.1:9876")
    assert said.startswith("warning: 192.0.2.1 may be reached from other machines")


def test_a_certificate_that_is_none_is_one_clear_line(tmp_path: Path) -> None:
    said = refused("--tls-cert", str(tmp_path / "no"), "--tls-key", str(tmp_path / "no"))
    assert "expected a PEM certificate and its key" in said
    assert "expected both or none, got one" in refused("--tls-cert", str(tmp_path / "no"))


def test_tls_is_there_when_asked_for() -> None:
    with serving("--tls") as (_, host, port, line):
        assert line.endswith(", TLS too\n")
        assert b'"code":0' in ask(host, port, encode_command(RemotingCommand(code=106, opaque=1)))


def test_keys_are_kept_in_the_data_folder(tmp_path: Path) -> None:
    place = {"namespace": "n", "key": "k"}
    folder = tmp_path / "data"
    with serving("--data", str(folder)) as (_, host, port, _line):
        put = RemotingCommand(code=100, opaque=1, ext_fields=place | {"value": "kept"})
        assert b'"code":0' in ask(host, port, encode_command(put))
    with serving("--data", str(folder)) as (_, host, port, _line):
        got = ask(host, port, encode_command(RemotingCommand(code=101, opaque=2, ext_fields=place)))
        assert b'"value":"kept"' in got
    (folder / "kvConfig.json").write_text("[]")
    assert "--data: " in refused("--listen", "127.0.0.1:0", "--data", str(folder))


def test_a_file_of_options_is_read_as_by_apache_and_says_where_to_listen(tmp_path: Path) -> None:
    file = tmp_path / "namesrv.properties"
    file.write_text("listenPort=0\nbindAddress=127.0.0.1\nproductEnvName = here\n")
    process = subprocess.Popen(
        [*COMMAND, "--config", str(file), "--profile", "apache-5.5.0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = READY.match(process.stdout.readline())
        assert ready is not None and ready[2] != "9876"
        answer = ask(ready[1], int(ready[2]), encode_command(RemotingCommand(code=319, opaque=1)))
        assert b"\nproductEnvName=here\n" in answer
        assert f"\nconfigStorePath={file}\n".encode() in answer
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_S)


def test_a_file_that_holds_no_properties_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "namesrv.properties"
    file.write_text(r"a=\u00zz")
    assert "expected a file of Java properties" in refused("--config", str(file))
    file.write_text("listenPort=x")
    assert "expected HOST:PORT" in refused("--config", str(file))
