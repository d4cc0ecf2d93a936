"""Scripts of brokers whose role changes: by a quorum, by a controller, by an administrator; and of one that acts for its master.

When the recorded broker has changed is in its own log, and goes from there into `script.json`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.interop.broker import SMALL_JVM, Broker, apache_broker
from bench.interop.program import until
from bench.interop.scene import GET_ALL_TOPIC_CONFIG, NAME, WAIT_S, Scene, has_logged, logged, put_topic, told
from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import find_java
from namesrv.check.java_process import JavaProcess
from namesrv.check.oracle import HOST, free_port
from namesrv.remoting.codes import RequestCode

QUORUM: Final = {"enableDLegerCommitLog": "true", "dLegerGroup": NAME, "preferredLeaderId": "n0"}
BEGUN: Final = r"Begin to change to (slave|master),? brokerName[=:]"
QUORUM_CHANGED: Final = r"Finish to change to (slave|master) brokerName="
CONTROLLER_CHANGED: Final = r"Change broker \[id:\S+ to (SLAVE|SYNC_MASTER)"
COPIED: Final = "Update slave topic config from master"
COPYING_MS: Final = 2_000
"""Between a slave's question for its master's topics and the line that says it has them."""
SLAVE: Final = {"brokerId": "1", "brokerRole": "SLAVE"}
CONTROLLER_ELECT_MASTER: Final = 1_002
"""`RequestCode`, 5.5.0."""


def becomes(broker: Broker, changed: str, role: str) -> None:
    """Waits until the last change that is `changed` in its log was to that role."""

    def has_become() -> bool:
        roles = [line.found[1] for line in logged(broker, changed)]
        return roles[-1:] == [role]

    until(f"the broker becomes {role}", has_become, timeout_s=WAIT_S)


def dledger(scene: Scene) -> None:
    """A quorum of two: the recorded one leads it, loses the other, and with it the lead; and leads again."""
    ports = free_port(HOST), free_port(HOST)
    peers = ";".join(f"n{number}-{HOST}:{port}" for number, port in enumerate(ports))
    quorum = {**QUORUM, "dLegerPeers": peers, "transactionCheckInterval": "600000"}
    first = scene.start(log_level="INFO", dLegerSelfId="n0", **quorum)

    @contextmanager
    def other() -> Iterator[None]:
        properties = {**quorum, "dLegerSelfId": "n1"}
        with apache_broker(scene.release, namesrv=scene.capture.namesrv, name=NAME, properties=properties):
            yield

    with other():
        becomes(first, QUORUM_CHANGED, "master")
        scene.capture.one_more()
        scene.put_topic(4, 3, 6)
        scene.capture.one_more()
    becomes(first, QUORUM_CHANGED, "slave")
    scene.capture.one_more()
    scene.capture.one_more()
    with other():
        becomes(first, QUORUM_CHANGED, "master")
        scene.capture.one_more()
        log = list(logged(first, rf"{BEGUN}\S+(?: brokerId=(\d+))?"))
        done = [line.at_ms for line in logged(first, QUORUM_CHANGED)]
        scene.shutdown(first)
    for line, done_ms in zip(log, done, strict=True):
        broker_id = 0 if line.found[1] == "master" else max(1, int(line.found[2]))
        scene.happened("role", line.at_ms, done_ms, broker_id=broker_id)


@contextmanager
def running_controller(release: str) -> Iterator[str]:
    """A controller of its own; its address. Raises `NotAvailable`."""
    process = JavaProcess("controller", java=find_java(), jars=resolve_jars(rocketmq("controller", release)))
    address = f"{HOST}:{free_port(HOST)}"
    config = {
        "rocketmqHome": str(process.home),
        "controllerDLegerGroup": "group",
        "controllerDLegerPeers": f"n0-{address}",
        "controllerDLegerSelfId": "n0",
        "controllerStorePath": str(process.home / "store"),
        "mappedFileSize": "16777216",
    }
    try:
        file = process.write_properties("controller.properties", config)
        process.start("org.apache.rocketmq.controller.ControllerStartup", "-c", str(file), jvm_options=SMALL_JVM)
        yield address
    finally:
        process.stop()


def controller(scene: Scene) -> None:
    """Two replicas: the recorded one is elected, loses the next election to the other, and wins again."""
    with running_controller(scene.release) as address:
        replicas = {"enableControllerMode": "true", "controllerAddr": address, "allAckInSyncStateSet": "false"}
        first = scene.start(log_level="INFO", **replicas)
        becomes(first, CONTROLLER_CHANGED, "SYNC_MASTER")
        scene.capture.one_more()
        scene.put_topic(4, 3, 6)
        other = apache_broker(
            scene.release, namesrv=scene.capture.namesrv, name=NAME, properties=replicas, log_level="INFO"
        )
        with other as second:
            has_logged(first, r"SyncStateSet changed from \[1\] to \[1, 2\]")
            elect(address, 2)
            becomes(first, CONTROLLER_CHANGED, "SLAVE")
            copied(scene, first, second)
            scene.capture.one_more()
            has_logged(second, r"SyncStateSet changed from \[2\] to \[1, 2\]")
            scene.capture.one_more()
            elect(address, 1)
            becomes(first, CONTROLLER_CHANGED, "SYNC_MASTER")
            scene.put_topic(8, 8, 4)
            scene.capture.one_more()
            log = list(logged(first, rf"{BEGUN}\S+?,.*?ew ?(?:Master)?Epoch[:=](\d+)"))
            done = [line.at_ms for line in logged(first, CONTROLLER_CHANGED)]
            online = [line.at_ms for line in logged(first, "All register process has been done")]
            scene.shutdown(first)
    for line, done_ms in zip(log, done, strict=True):
        broker_id = 0 if line.found[1] == "master" else 1
        scene.happened("elected", line.at_ms, done_ms, broker_id=broker_id, epoch=int(line.found[2]))
    for at_ms in online:
        scene.happened("online", at_ms, at_ms)


def elect(controller: str, broker_id: int) -> None:
    """As mqadmin electMaster does."""
    fields = {
        "clusterName": "DefaultCluster",
        "brokerName": NAME,
        "brokerId": str(broker_id),
        "designateElect": "true",
    }
    told(controller, CONTROLLER_ELECT_MASTER, fields)


def copied(scene: Scene, slave: Broker, master: Broker) -> None:
    """A slave gets its master's topics, which do not change any more."""
    has_logged(slave, COPIED)
    at_ms = next(iter(logged(slave, COPIED))).at_ms
    topics = (told(master.address, GET_ALL_TOPIC_CONFIG, {}).body or b"").decode()
    scene.happened("copied", at_ms - COPYING_MS, at_ms, topics=topics)


def promoted(scene: Scene) -> None:
    """A slave that copies its master's topics, is stopped, and is started again as the master, in its place."""
    with apache_broker(scene.release, namesrv=scene.capture.namesrv, name=NAME) as master:
        put_topic(master.address, 4, 3, 6)
        slave = scene.start(log_level="INFO", **SLAVE)
        copied(scene, slave, master)
        scene.capture.one_more()
        scene.shutdown(slave)
    scene.begin_again()
    again = scene.start()
    scene.capture.one_more()
    scene.put_topic(8, 8, 4)
    scene.capture.one_more()
    scene.shutdown(again)


def acting(scene: Scene) -> None:
    """A slave of a group of acting masters: it waits for its master, comes online, acts when the master is killed."""
    group = {"enableSlaveActingMaster": "true", "totalReplicas": "2", "inSyncReplicas": "1", "minInSyncReplicas": "1"}
    with apache_broker(scene.release, namesrv=scene.capture.namesrv, name=NAME, properties=group) as master:
        put_topic(master.address, 4, 3, 6)
        slave = scene.start(log_level="INFO", **SLAVE, **group)
        scene.capture.one_more(0, RequestCode.REGISTER_BROKER)
        copied(scene, slave, master)
        scene.capture.one_more(0, RequestCode.REGISTER_BROKER)
    has_logged(slave, f"Min broker changed, old: 0-.*new 1-{scene.address}")
    scene.capture.one_more(0, RequestCode.REGISTER_BROKER)
    for line in list(logged(slave, "start service, min broker id is")):
        scene.happened("service started", line.at_ms, line.at_ms)
    scene.shutdown(slave)
