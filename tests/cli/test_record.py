"""`namesrv record` as a process: its first line, its end, its errors."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from namesrv.check.recording import Closed, FrameSeen, Side
from namesrv.check.recording_file import load_recording
from namesrv.cli.main import exit_code, namesrv
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import encode_command, request
from namesrv.server.running import RunningNameServer, running
from tests.check.captured import Packet, write_capture
from tests.check.proxied import exactly, listener, port_of

COMMAND = (sys.executable, "-m", "namesrv.cli.main", "record")
TCPDUMP = Path(__file__).parent.parent / "recordings" / "tcpdump"
DEADLINE_S = 120
LISTENING = re.compile(r"^listening on 127\.0\.0\.1:(\d+) for (\S+), recording to (\S+); Ctrl-C ends it\n$")
ASKED = encode_command(request(RequestCode.GET_BROKER_CLUSTER_INFO, opaque=5))


@pytest.fixture
def name_server() -> Iterator[RunningNameServer]:
    """Ours."""
    with running(profile="strict") as server:
        yield server


@contextmanager
def recording(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process, and its first line."""
    process = subprocess.Popen(
        [*COMMAND, "--listen", "127.0.0.1:0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def refused(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What is said on stderr by a call that must exit with 2."""

    def call(*arguments: str) -> str:
        words = ["record", *arguments]
        assert exit_code(lambda: namesrv.main(words, prog_name="namesrv", standalone_mode=False)) == 2
        return capfd.readouterr().err

    return call


def ask(port: int) -> None:
    """One request, and its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as peer:
        peer.sendall(ASKED)
        exactly(peer, int.from_bytes(exactly(peer, 4), "big"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_records_until_it_is_stopped_and_says_what_it_has(
    name_server: RunningNameServer, tmp_path: Path, number: signal.Signals
) -> None:
    output = tmp_path / "run.jsonl"
    with recording("--upstream", name_server.address, "-o", str(output)) as (process, line):
        listening = LISTENING.match(line)
        assert listening is not None, line
        assert listening.groups()[1:] == (name_server.address, str(output))
        ask(int(listening[1]))
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE_S)
        assert (process.returncode, err) == (0, "")
    assert re.fullmatch(rf"recorded 1 connection, 1 request, 1 answer: 0\.0 MB in {re.escape(str(output))}\n", out)
    recorded = load_recording(output)
    assert next(event.data for event in recorded.events if isinstance(event, FrameSeen)) == ASKED
    assert recorded.has_ended
    assert recorded.head.upstream == name_server.address
    assert recorded.head.listen == f"127.0.0.1:{listening[1]}"


def test_for_machines_each_line_is_an_object(name_server: RunningNameServer, tmp_path: Path) -> None:
    arguments = ("--upstream", name_server.address, "-o", str(tmp_path / "r"), "--json", "--rotate-frames", "1")
    with recording(*arguments, "--max-files", "2") as (process, line):
        listening = json.loads(line)
        assert listening["event"] == "listening"
        ask(int(listening["listen"].rpartition(":")[2]))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0
    (summary,) = map(json.loads, out.splitlines())
    assert {key: summary[key] for key in ("event", "connections", "requests", "answers", "lost_frames")} == {
        "event": "summary",
        "connections": 1,
        "requests": 1,
        "answers": 1,
        "lost_frames": 0,
    }
    assert summary["files"] == [str(tmp_path / "r.0002"), str(tmp_path / "r.0003")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.0002", "r.0003"]


def test_what_can_not_be_read_and_a_name_server_that_is_not_there_are_told(tmp_path: Path) -> None:
    with listener() as gone:
        port = port_of(gone)
    with recording("--upstream", f"127.0.0.1:{port}", "-o", str(tmp_path / "r")) as (process, line):
        listening = LISTENING.match(line)
        assert listening is not None
        with pytest.raises(ConnectionResetError):
            ask(int(listening[1]))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0
    assert f"warning: the NameServer 127.0.0.1:{port} can't be reached" in err
    assert "1 connection found no NameServer" in out
    assert [event.by for event in load_recording(tmp_path / "r").events if isinstance(event, Closed)] == [Side.SERVER]


def test_what_can_not_run_is_one_line_and_exit_2(refused: Callable[..., str], tmp_path: Path) -> None:
    upstream = ("--upstream", "127.0.0.1:9")
    new = ("-o", str(tmp_path / "new"))
    (tmp_path / "there").touch()
    assert "expected --upstream HOST:PORT or --pcap-in FILE, got neither" in refused(*new)
    assert "got both" in refused(*upstream, "--pcap-in", "x", *new)
    assert "--upstream: expected HOST:PORT" in refused("--upstream", "nowhere", *new)
    assert "Missing option '-o'" in refused(*upstream)
    assert "--listen: expected HOST:PORT" in refused(*upstream, *new, "--listen", "9877")
    there = refused(*upstream, "--listen", "127.0.0.1:0", "-o", str(tmp_path / "there"))
    assert there == f"namesrv record: -o: expected a new file, got {tmp_path / 'there'}: File exists\n"
    assert "there is no folder" in refused(*upstream, "--listen", "127.0.0.1:0", "-o", str(tmp_path / "no" / "new"))
    assert "--max-files: expected --rotate-mb or --rotate-frames beside it" in refused(
        *upstream, *new, "--max-files", "2"
    )
    with listener() as taken:
        told = refused(*upstream, *new, "--listen", f"127.0.0.1:{port_of(taken)}")
        assert f"cannot listen on 127.0.0.1:{port_of(taken)}" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


def test_it_says_so_when_other_machines_may_reach_it(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    told = refused("--upstream", "127.0.0.1:9", "--listen", "0.0.0.0:0", "-o", str(tmp_path / "there"))
    assert told.startswith("warning: 0.0.0.0 may be reached from other machines")


def test_a_capture_becomes_a_recording(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "r.jsonl"
    words = ["record", "--pcap-in", str(TCPDUMP / "any.pcap"), "--port", "19876", "-o", str(output)]
    assert exit_code(lambda: namesrv.main(words, prog_name="namesrv", standalone_mode=False)) == 0
    assert capfd.readouterr().out == f"recorded 1 connection, 2 requests, 2 answers: 0.0 MB in {output}\n"
    recorded = load_recording(output)
    assert recorded.head.source == "capture"
    assert (recorded.head.listen, recorded.head.upstream) == ("127.0.0.1:19876", "127.0.0.1:19876")
    assert re.fullmatch(r"2026-11-26T06:24:0\d\.\d{6}Z", recorded.head.started)
    assert recorded.has_ended


def test_of_a_capture_with_several_servers_one_has_to_be_named(
    refused: Callable[..., str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    packets = [Packet(n, ("10.0.0.1", 4000 + n), (f"10.0.0.{7 + n % 2}", 9876), "S", 1) for n in range(5)]
    capture = ("--pcap-in", str(write_capture(tmp_path / "c", packets)), "-o", str(tmp_path / "r"))
    told = refused(*capture)
    assert "c has several servers: 10.0.0.7:9876 (3 packets), 10.0.0.8:9876 (2 packets); a recording is of one" in told
    told = refused(*capture, "--server", "10.0.0.9")
    assert "expected one that the capture has (10.0.0.7:9876, 10.0.0.8:9876), got 10.0.0.9:9876" in told
    assert "expected TCP packets of port 1234, got none among 5; --port says which it is" in refused(
        *capture, "--port", "1234"
    )
    assert "not with --pcap-in" in refused(*capture, "--rotate-mb", "1")
    words = ["record", *capture, "--server", "10.0.0.8:9876", "--json"]
    assert exit_code(lambda: namesrv.main(words, prog_name="namesrv", standalone_mode=False)) == 0
    assert json.loads(capfd.readouterr().out)["connections"] == 2


def test_a_file_that_is_no_capture_is_one_line_and_exit_2(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no capture")
    output = ("-o", str(tmp_path / "r"))
    told = refused("--pcap-in", str(tmp_path / "c"), *output)
    assert told.startswith(
        "namesrv record: --pcap-in: file at c: expected a capture of tcpdump or tshark, pcap or pcapng, got "
    )
    assert "No such file or directory" in refused("--pcap-in", str(tmp_path / "none"), *output)
    assert not (tmp_path / "r").exists()


def test_without_the_extra_it_says_how_to_get_it(
    refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("namesrv.check.captures.is_available", lambda: False)
    told = refused("--pcap-in", str(TCPDUMP / "any.pcap"), "-o", str(tmp_path / "r"))
    assert "pip install 'namesrv[capture]'" in told
