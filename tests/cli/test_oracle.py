"""`namesrv oracle` as a process: its line, and its ends."""

import re
import signal
import socket
import subprocess
import sys

import pytest

from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import find_java
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import is_free
from namesrv.check.require import missing
from tests.waiting import until

COMMAND = (sys.executable, "-m", "namesrv.cli.main", "oracle")
READY = re.compile(r"ready on 127\.0\.0\.1:(\d+)\n")
DEADLINE_S = 120

pytestmark = pytest.mark.oracle


@pytest.fixture(autouse=True, scope="module")
def _java_and_jars() -> None:
    try:
        find_java()
        for version in ("5.5.0", "4.9.7"):
            resolve_jars(rocketmq("namesrv", version))
    except NotAvailable as error:
        missing(error)


def hears_ctrl_c() -> None:
    """What a shell starts in the background, and all its children, pass over SIGINT: tests that run there would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(*arguments: str) -> tuple["subprocess.Popen[str]", int]:
    """The process and its port, once it is ready."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears_ctrl_c,  # noqa: PLW1509  # these tests have no threads
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    ready = READY.fullmatch(line)
    if ready is None:
        process.kill()
        pytest.fail(f"expected 'ready on ...', got {line!r}, {process.communicate()[1]}")
    return process, int(ready[1])


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, "stdin"])
def test_it_ends_with_ctrl_c_with_sigterm_and_with_the_pipe_on_its_stdin(end: signal.Signals | str) -> None:
    process, port = start("apache-5.5.0")
    with process:
        assert not is_free("127.0.0.1", port)
        if isinstance(end, signal.Signals):
            process.send_signal(end)
        else:
            assert process.stdin is not None
            process.stdin.close()
        assert process.wait(DEADLINE_S) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    until("nobody listens any more", lambda: is_free("127.0.0.1", port))


def test_4_9_says_that_it_listens_on_every_address() -> None:
    process, _ = start("apache-4.9.7")
    with process:
        _, warnings = process.communicate("", timeout=DEADLINE_S)
        assert "listens on every address" in warnings


def test_a_port_in_use_is_one_line_and_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "apache-5.5.0", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
    assert done.returncode == 2
    assert done.stderr == f"namesrv oracle: port {port} on 127.0.0.1: expected a free one, got one in use\n"
