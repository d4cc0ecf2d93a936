"""What real brokers say to NameServers, recorded.

`python -m bench.interop.traffic 5.5.0 4.9.7-asking …` records it, `namesrv record`'s proxy before each NameServer, into
tests/broker/traffic/RUN; what was done to the broker and when is in script.json. `tests/broker/test_real_traffic.py` holds that
against the broker model. `KINDS` has what there is besides a broker with its default settings.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from bench.interop.broker import CLUSTER, broker_port
from bench.interop.capture import Capture
from bench.interop.groups import acting, controller, dledger, promoted
from bench.interop.mqadmin import mqadmin
from bench.interop.program import until
from bench.interop.scene import NAME, TOPIC, WAIT_S, Scene
from namesrv.remoting.codes import ResponseCode

FOLDER: Final = Path(__file__).parents[2] / "tests" / "broker" / "traffic"
MQADMIN: Final = "5.5.0"
SLOW_S: Final = 7.5
"""Longer than 4.9.7 waits for NameServers (6 s), shorter than 5.5.0 does (24 s): `registerBrokerTimeoutMills`."""


def everything(scene: Scene) -> None:
    """From the broker's first registration to its last, with all that may go wrong with NameServers."""
    capture, broker = scene.capture, scene.start()
    well = capture.namesrv.partition(";")[0]
    topic = ("updateTopic", "-n", well, "-b", broker.address, "-t", TOPIC)
    config = ("updateBrokerConfig", "-n", well, "-b", broker.address, "-k", "brokerPermission", "-v")
    with mqadmin(MQADMIN) as admin:
        until("it is registered", lambda: capture.registrations(0) and capture.registrations(2), timeout_s=WAIT_S)
        capture.one_more()
        with capture.act("topic", read=4, write=3, perm=6):
            admin(*topic, "-r", "4", "-w", "3")
        capture.call(capture.crash(1))
        capture.one_more()
        with capture.act("topic", read=8, write=8, perm=4):
            admin(*topic, "-r", "8", "-w", "8", "-p", "4")
        capture.call(capture.serve(1))
        capture.one_more(1)
        capture.moody.delay_s = SLOW_S
        capture.one_more()
        capture.one_more()
        capture.moody.delay_s = 0.0
        capture.moody.code = int(ResponseCode.SYSTEM_ERROR)
        capture.one_more()
        with capture.act("permission", perm=4):
            admin(*config, "4")
        capture.one_more()
        with capture.act("permission", perm=6):
            admin(*config, "6")
        with capture.act("topic deleted"):
            admin("deleteTopic", "-n", well, "-c", CLUSTER, "-t", TOPIC)
        capture.one_more()
        scene.shutdown(broker)


def topics(scene: Scene) -> None:
    """What changes topics and what is said of them."""
    capture, broker = scene.capture, scene.start()
    until("it is registered", lambda: capture.registrations(0) and capture.registrations(1), timeout_s=WAIT_S)
    capture.one_more()
    scene.put_topic(4, 3, 6)
    capture.one_more()
    scene.put_permission(4)
    capture.one_more()
    scene.delete_topic()
    capture.one_more()
    scene.shutdown(broker)


@attrs.frozen
class Kind:
    """Of a broker, or of what is done to it. `properties`: of its configuration; `options`: of the NameServers'."""

    script: Callable[[Scene], None]
    properties: Mapping[str, str] = {}
    is_calm: bool = True
    options: Mapping[str, str] = {}


ACTING: Final = {"supportActingMaster": "true", "notifyMinBrokerIdChanged": "true"}
KINDS: Final = {
    "": Kind(everything, is_calm=False),
    "asking": Kind(everything, {"forceRegister": "false"}, is_calm=False),
    "compressed": Kind(topics, {"compressedRegister": "true"}),
    "split": Kind(topics, {"enableSplitRegistration": "true", "splitRegistrationSize": "6"}),
    "promoted": Kind(promoted),
    "dledger": Kind(dledger),
    "controller": Kind(controller),
    "beating": Kind(acting, {"compatibleWithOldNameSrv": "false"}, options=ACTING),
    "acting": Kind(acting, options=ACTING),
}
"""By what stands behind a run's release."""


def make(run: str) -> None:
    """In the place of what is there: `5.5.0`, or with one of `KINDS`, `5.5.0-asking`."""
    release, _, name = run.partition("-")
    kind, folder = KINDS[name], FOLDER / run
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    capture = Capture(folder, is_calm=kind.is_calm, options=kind.options)
    namesrv = capture.call(capture.start())
    with tempfile.TemporaryDirectory(prefix="namesrv-traffic-") as home, ExitStack() as stack:
        scene = Scene(capture, release, namesrv, broker_port(), dict(kind.properties), stack, Path(home))
        kind.script(scene)
    capture.call(capture.stop())
    told = {
        "began_ms": capture.began_ms,
        "broker_addr": scene.address,
        "cluster": CLUSTER,
        "name": NAME,
        "topic": TOPIC,
    }
    acts = ",\n  ".join(json.dumps(act) for act in sorted(capture.acts, key=lambda act: act["begun_ms"]))
    (folder / "script.json").write_text(f'{json.dumps(told)[:-1]}, "acts": [\n  {acts}\n]}}\n')


if __name__ == "__main__":
    for each in sys.argv[1:]:
        make(each)
