"""Makes the recordings of this folder again: `python -m tests.recordings.make 5.5.0 4.9.7`.

A real Apache NameServer, `namesrv record` before it, and a real broker of the same release that starts, registers, is given a
topic by mqadmin 5.5.0, registers that, and once more what it has, and is shut down.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import find_java
from namesrv.check.oracle import Oracle
from namesrv.check.recording import FrameSeen, Side
from namesrv.check.recording_file import RecordingReader
from namesrv.remoting.codes import RequestCode
from namesrv.remoting.command import decode_command
from namesrv.remoting.frame import FrameDecoder
from tests.peers.apache import apache_broker, mqadmin
from tests.waiting import until

HERE: Final = Path(__file__).parent
TOOLS: Final = "5.5.0"
TOPIC: Final = "RecordedTopic"
SHUTDOWN_S: Final = 60.0
AGAIN_S: Final = 90.0


def registrations(path: Path) -> int:
    """How many there are so far."""
    with RecordingReader(path) as reader:
        frames = [event.data for event in reader if isinstance(event, FrameSeen) and event.sender is Side.CLIENT]
    codes = [decode_command(FrameDecoder().feed(data)[0]).code for data in frames]
    return codes.count(RequestCode.REGISTER_BROKER)


def child_of(pid: int) -> int:
    """The one process that it has started."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def make(release: str) -> None:
    """`broker-RELEASE.jsonl`, in the place of the one that is there."""
    java, path = find_java(), HERE / f"broker-{release}.jsonl"
    resolve_jars(rocketmq("tools", TOOLS))
    path.unlink(missing_ok=True)
    with Oracle(f"apache-{release}", java=java) as oracle:
        command = [sys.executable, "-m", "namesrv.cli.main", "record", "--listen", "127.0.0.1:0"]
        command += ["--upstream", oracle.address, "-o", str(path)]
        proxy = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert proxy.stdout is not None
            listening = re.search(r"listening on (\S+)", proxy.stdout.readline())
            assert listening is not None
            namesrv = listening[1]
            with apache_broker(release, java=java, namesrv=namesrv, name="broker-a") as broker:
                until("it registers", lambda: registrations(path), timeout_s=AGAIN_S)
                to_broker = ("-b", broker.address, "-t", TOPIC, "-r", "4", "-w", "4")
                made = mqadmin(java, TOOLS, "updateTopic", "-n", namesrv, *to_broker)
                assert "success" in made, made
                before = registrations(path)
                until("it registers once more", lambda: registrations(path) > before, timeout_s=AGAIN_S)
                mqadmin(java, TOOLS, "topicRoute", "-n", namesrv, "-t", TOPIC)
                os.kill(child_of(broker.process.pid), signal.SIGTERM)
                until("it is down", lambda: not broker.process.is_running, timeout_s=SHUTDOWN_S)
        finally:
            proxy.send_signal(signal.SIGTERM)
            print(proxy.communicate()[0], end="")


if __name__ == "__main__":
    for each in sys.argv[1:]:
        make(each)
