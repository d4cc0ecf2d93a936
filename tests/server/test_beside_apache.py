"""The same frames to a real NameServer and to ours: the same answers, byte for byte where the order of a hash table allows.

The checker does this for generated sequences and compares meanings; here it is odd input, one after the other, and bytes.
"""

from __future__ import annotations

import json
import re
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from namesrv.check.oracle import RELEASES
from namesrv.remoting.command import RemotingCommand, encode_command
from namesrv.remoting.fastjson import loads
from namesrv.server.running import running
from tests.server.peers import body_of, place, registration
from tests.waiting import until

if TYPE_CHECKING:
    from namesrv.check.oracle import Oracle

CAPTURES = Path(__file__).parent.parent / "captures"
SAME = b'{"counter":1,"stateVersion":0,"timestamp":1}'
NO_UTF_8 = SAME.replace(b"1", b"\xff")
ODD = 'ä/"x\\'
ADDR = "10.0.0.3:1"
ANSWER_S = 1.0
"""How long an answer is waited for that 4.9 does not give."""

LISTS = (206, 224, 304, 311, 312, 313)

Request = tuple[int, dict[str, str] | None, bytes | None, int]


def requests() -> list[Request]:
    """Code, ext fields, body, version."""
    asked: list[Request] = []

    def ask(code: int, ext: dict[str, str] | None = None, body: bytes | None = None, version: int = 513) -> None:
        asked.append((code, ext, body, version))

    def register(body: bytes | None = None, ext: dict[str, str] | None = None, **what: Any) -> None:
        fields, usual = registration(**what)
        ask(103, fields | (ext or {}), usual if body is None else body)

    register(name="b" + ODD, topics=("t" + ODD, "t1"))
    for version in (513, 401, 400, 0):
        ask(105, {"topic": "t" + ODD}, version=version)
    zone = {"__ZONE_NAME": "zone1", "enableActingMaster": "true"}
    register(ext=zone, name="z", addr=ADDR, topics=("z1", "z2"), filters=("f1", "f2" + ODD))
    register(ext=zone, name="z", broker_id=3, addr="10.0.0.4:1", topics=("z1", "z2"))
    for version in (513, 0):
        ask(105, {"topic": "z1"}, version=version)
    ask(105, {"topic": "z1", "acceptStandardJsonOnly": "TRUE"}, version=0)
    ask(105, {"topic": "nope" + ODD})
    register(name="k", addr="10.0.0.8:1", topics=("z1", "z2"), filters=("f1",))  # k: after z in a Java hash map
    register(ext=zone, name="z", addr=ADDR, topics=("z1", "z2"), filters=("f3",))
    for mode, near in (
        *(("true", near) for near in ("zone1", "ZONE1", "zone2", " ", "\xa0", "")),
        ("TRUE", "zone1"),
        ("1", "zone2"),
    ):
        for version in (513, 0):
            ask(105, {"topic": "z1", "__ZONE_MODE": mode, "__ZONE_NAME": near}, version=version)
    ask(105, {"topic": "z1", "__ZONE_MODE": "true"})
    ask(105, {"topic": "z1", "__ZONE_NAME": "zone2"})
    ask(105, {"topic": "t" + ODD, "__ZONE_MODE": "true", "__ZONE_NAME": "zone2"})
    ask(106)
    ask(206)
    ask(103, {"brokerId": "0"}, body_of())
    ask(103, {"clusterName": "N", "brokerId": "0"}, body_of())
    ask(103, {"clusterName": "N2", "brokerName": "nn", "brokerId": "0"}, body_of(("n1", "n2")))
    ask(106)
    ask(105, {"topic": "n1"})
    ask(105, {})
    ask(105)
    here = place("C", "z", 0, ADDR)
    for body in (SAME, b"null", None, b"{}x", b"xx"):
        ask(322, here, body)
    ask(322, {"clusterName": "C"}, SAME)
    no_version = body_of().replace(SAME, b"null")
    register(no_version, name="nd", addr="10.0.0.6:1")
    ask(322, place("C", "nd", 0, "10.0.0.6:1"), SAME)
    register(name="nd", addr="10.0.0.7:1", topics=("q1", "q2"))
    register(body_of().replace(b'"counter":1', b'"counter":null'), name="nc", addr="10.0.0.5:1")
    ask(322, place("C", "nc", 0, "10.0.0.5:1"), SAME.replace(b"1,", b"null,", 1))
    ask(106)
    ask(904, here)
    ask(904, {})
    ask(9999)
    register(b"null", name="x1", addr="10.0.1.1:1")
    register(b"{}", name="x2", addr="10.0.1.2:1")
    register(b'{"topicConfigSerializeWrapper":null}', name="x3", addr="10.0.1.3:1")
    register(b'{"topicConfigSerializeWrapper":null}', name="z", addr=ADDR)
    register(body_of().replace(b'"filterServerList":[]', b'"filterServerList":null'), name="x4", addr="10.0.1.4:1")
    no_topics = re.sub(rb'"topicConfigTable":\{.*\}\}\}$', b'"topicConfigTable":null}}', body_of())
    register(no_topics, name="x5", addr="10.0.1.5:1")
    register(name="x6", addr="10.0.1.6:1", ext={"bodyCrc32": "5"})
    register(name="x7", addr="10.0.1.7:1", topics=("single",))
    register(name="z", addr="10.0.1.8:1", state=-1)
    for number, body in enumerate((NO_UTF_8, b"null", zlib.compress(body_of()))):
        ask(322, place(addr="10.0.9.9:1"), body)
        for version in (513, 0):
            fields, _ = registration(name=f"y{number}", addr=f"10.0.{version}.{number}:1")
            ask(103, fields, body, version)
    ask(106)
    ask(206)
    return asked


def administration() -> list[Request]:
    """Everything that administrators ask for, with what may be wrong about it."""
    asked: list[Request] = []

    def ask(code: int, ext: dict[str, str] | None = None, body: bytes | None = None, version: int = 513) -> None:
        asked.append((code, ext, body, version))

    def register(**what: Any) -> None:
        asked.append((103, *registration(**what), 513))

    def look(*topics: str) -> None:
        for topic in topics:
            ask(105, {"topic": topic})
        for code in LISTS:
            ask(code, {"cluster": "C"})

    look()
    for code in (100, 101, 102, 219, 205, 327, 216, 901):
        for ext in (None, {}, {"namespace": "n"}, {"key": "k"}, {"brokerName": "b"}, {"clusterName": "C"}):
            ask(code, ext)
    for key, value in (("k", "v"), ("k", "w" + ODD), (ODD, ODD + "\x01\u2028日😀"), ("", ""), ("k", "")):
        ask(100, {"namespace": "n" + ODD, "key": key, "value": value})
        ask(101, {"namespace": "n" + ODD, "key": key})
        ask(219, {"namespace": "n" + ODD})
    ask(100, {"namespace": "n" + ODD, "key": "k"})
    ask(101, {"namespace": "n" + ODD, "key": "k"})
    for key in ("k", ODD, "", "absent"):
        ask(102, {"namespace": "n" + ODD, "key": key})
        ask(219, {"namespace": "n" + ODD})
    ask(100, {"namespace": "ORDER_TOPIC_CONFIG", "key": "t1", "value": "b:4"})
    register(topics=("t1", "t2"), perm=7)
    register(name="c" + ODD, addr=ADDR, cluster="D" + ODD, topics=("u1", "u2"))
    register(broker_id=3, addr="10.0.0.4:1")
    for ext in ({"clusterName": "Q", "brokerName": "b"}, {"brokerName": "c" + ODD}, {"brokerName": "no"}):
        ask(901, ext)
        ask(901, ext, version=0)
    for code in (205, 205, 327, 205):
        ask(code, {"brokerName": "b"})
        look("t1")
        register(topics=("t1", "t2"), perm=7)
        look("t1")
    register(topics=("t1", "t2"), perm=7, counter=2)
    look("t1")
    for ext in (
        {"topic": "t1", "clusterName": "C"},
        {"topic": "t2"},
        {"topic": "u1", "clusterName": "C"},
        {"topic": "x"},
    ):
        ask(216, ext)
        look("t1", "t2", "u1")
        register(topics=("t1", "t2"), perm=7, counter=2)
        look("t1", "t2", "u1")
    queue = {"brokerName": "b", "perm": 6, "readQueueNums": 3, "topicSysFlag": 3, "writeQueueNums": 2}
    for queues in ([queue], [queue | {"perm": 4}, queue | {"brokerName": "no"}, queue], [], [None], [{"perm": 6}]):
        for topic in ("w1", "w2"):
            ask(217, {"topic": topic}, json.dumps({"brokerDatas": [], "queueDatas": queues}).encode())
            look("w1", "w2")
    for body in (None, b"null", b"{}", b"x", b"{", b'{"queueDatas":null}', NO_UTF_8, b'{"queueDatas":[{"perm":"6"}]}'):
        ask(217, {"topic": "w1"}, body)
    ask(217, None, json.dumps({"queueDatas": [queue]}).encode())
    look("w1", "w2")
    return asked


def configuration() -> list[Request]:
    """What may be asked of the NameServer's own configuration, right and wrong."""
    asked: list[Request] = []

    def update(body: bytes | None) -> None:
        asked.append((318, None, body, 513))
        asked.append((319, None, None, 513))

    update(b"listenPort=7\nbindAddress=x")  # from here on those are the same in both
    for body in (
        None,
        b"#",
        rb"productEnvName=\u00zz",
        b"=x",
        b"unknown= a  ",
        b"strange=a",
        b"a=1\nb:2\nc 3\n!d\ne\\\n f",
    ):
        update(body)
    for key in (b"configStorePath", b"kvConfigPath", b"rocketmqHome", b"configBlackList", b"given", b"secret"):
        update(key + b"=/nowhere/x")
        update(b"productEnvName=z\n" + key)
    for text in (b"", b" x y  ", b"\\tx\\u0001 ", "ä 日".encode(), b"\xff", rb"\u65e5\ud83d\ude00\ud83d", rb"a\nb=c\r"):
        update(b"productEnvName=" + text)
    for text in (b"true", b"TRUE", b"false", b"true ", b"yes", b""):
        for key in (b"clusterTest", b"useEpollNativeSelector", b"returnOrderTopicConfigToBroker"):
            update(key + b"=" + text)
    for text in (b"+7", b"-7", b"007", b" 8 ", b"9.0", b"2147483647", b"2147483648", b"9223372036854775808", b"x", b""):
        for key in (b"serverWorkerThreads", b"scanNotActiveBrokerInterval", b"waitSecondsForService"):
            update(key + b"=" + text)
    return asked


def group() -> list[Request]:
    """A master and two slaves of a name, its order config, and all that an option has a say in; then the master leaves."""
    asked: list[Request] = []
    acting = {"enableActingMaster": "true"}

    def register(**what: Any) -> None:
        fields, body = registration(**what)
        asked.append((103, fields | acting, body, 513))

    def look() -> None:
        for topic in ("t1", "t2", "t3", "rmq_sys_SYNC_BROKER_MEMBER_b", "no"):
            asked.extend((105, {"topic": topic}, None, version) for version in (513, 0))
        asked.extend((code, {"cluster": "C"}, None, 513) for code in LISTS)
        asked.append((901, {"clusterName": "C", "brokerName": "b"}, None, 513))
        asked.append((106, None, None, 513))

    topics = ("t1", "t2", "rmq_sys_SYNC_BROKER_MEMBER_b")
    asked.append((100, {"namespace": "ORDER_TOPIC_CONFIG", "key": "t1", "value": "b:4;" + ODD}, None, 513))
    register(topics=topics)
    register(topics=topics, broker_id=2, addr="10.0.0.2:1")
    register(topics=topics, broker_id=3, addr="10.0.0.3:1")
    look()
    queue = {"brokerName": "b", "perm": 6, "readQueueNums": 3, "topicSysFlag": 3, "writeQueueNums": 2}
    asked.append((217, {"topic": "t3"}, json.dumps({"queueDatas": [queue]}).encode(), 513))
    register(topics=topics)
    register(topics=topics, counter=2)
    look()
    asked.append((103, place() | acting, None, 513))  # no body, no topics
    look()
    register(topics=topics, counter=3)
    asked.append((205, {"brokerName": "b"}, None, 513))
    asked.append((104, place(), None, 513))
    asked.append((GONE, {"addr": "10.0.0.1:10911"}, None, 0))
    look()
    register(topics=topics, broker_id=2, addr="10.0.0.2:1", counter=2)
    look()
    asked.append((327, {"brokerName": "b"}, None, 513))
    look()
    for number, addr in ((2, "10.0.0.2:1"), (3, "10.0.0.3:1")):
        asked.append((104, place("C", "b", number, addr), None, 513))
    asked.append((102, {"namespace": "ORDER_TOPIC_CONFIG", "key": "t1"}, None, 513))
    asked.append((GONE, {"addr": "10.0.0.3:1"}, None, 0))
    return asked


GONE = -1
"""No request: the address has asked to be unregistered, and is waited for."""

SWITCHED: dict[str, dict[str, str]] = {
    "none": {},
    "orders": {"orderMessageEnable": "true"},
    "orders not returned": {"returnOrderTopicConfigToBroker": "false"},
    "acting masters": {"supportActingMaster": "true"},
    "topics deleted": {"deleteTopicWithBrokerRegistration": "true"},
    "lists off": {"enableTopicList": "false", "enableAllTopicList": "false"},
    "waiting": {"needWaitForService": "true", "waitSecondsForService": "1000000"},
    "ready": {"needWaitForService": "true", "waitSecondsForService": "0"},
}
"""Each turned on, and off again."""

OFF = {
    "orderMessageEnable": "false",
    "returnOrderTopicConfigToBroker": "true",
    "supportActingMaster": "false",
    "deleteTopicWithBrokerRegistration": "false",
    "enableTopicList": "true",
    "enableAllTopicList": "true",
    "needWaitForService": "false",
    "waitSecondsForService": "45",
}


def answer_over(peer: socket.socket, frame: bytes) -> bytes | None:
    """The frame's answer, `None` if there is none."""
    peer.sendall(frame)
    data = b""
    try:
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            data += peer.recv(1 << 16)
    except TimeoutError:
        assert not data
        return None
    return data


def connection(host: str, port: int) -> socket.socket:
    """A connection on which nobody waits for long."""
    peer = socket.create_connection((host, port))
    peer.settimeout(ANSWER_S)
    return peer


def answers(host: str, port: int, frames: list[bytes]) -> list[bytes | None]:
    """Each frame's answer, `None` if there is none."""
    with connection(host, port) as peer:
        return [answer_over(peer, frame) for frame in frames]


def driven(host: str, port: int, asked: list[Request]) -> list[bytes | None]:
    """Each request's answer; where an address is to go, it is waited for."""
    got = []
    with connection(host, port) as peer:
        [clusters] = frames_of([(106, None, None, 513)])
        for request in asked:
            if request[0] == GONE:
                addr = (request[1] or {})["addr"].encode()
                until(f"{addr!r} is gone", lambda: addr not in (answer_over(peer, clusters) or addr))  # noqa: B023
            else:
                got.append(answer_over(peer, frames_of([request])[0]))
    return got


def known(release: str, asked: list[Request]) -> list[Request]:
    """Without what 4.9.7 does not know: its silence would be waited for, one request at a time."""
    return [request for request in asked if release != "apache-4.9.7" or request[0] not in (217, 901)]


def differences(oracle: Oracle, release: str, asked: list[Request], options: dict[str, str]) -> list[object]:
    """What our server, started with these options, answers otherwise than the real one."""
    with running(profile=release, options=options) as server:
        ours = driven(server.host, server.port, asked)
    theirs = driven(oracle.host, oracle.port, asked)
    requests = [request for request in asked if request[0] != GONE]
    return [
        (request, comparable(request[0], a), comparable(request[0], b))
        for request, a, b in zip(requests, theirs, ours, strict=True)
        if comparable(request[0], a) != comparable(request[0], b)
    ]


def comparable(code: int, answer: bytes | None) -> object:
    """Header and body; of a Java exception's remark the class, of what comes out of a hash table the contents."""
    if answer is None:
        return None
    body_at = 8 + int.from_bytes(answer[5:8], "big")
    header, body = orjson.loads(answer[8:body_at]), answer[body_at:]
    if re.match(r"(java|com|org)\.", header.get("remark", "")):
        header["remark"] = re.split("[:,]", header["remark"])[0]
        return header, body
    if code == 106 and body:
        info = loads(re.sub(rb"([{,])null:", rb'\1"null":', body))  # 4.9 takes a null key, and writes it as one
        info["clusterAddrTable"] = {k: sorted(map(str, names)) for k, names in info["clusterAddrTable"].items()}
        return header, info
    if code in LISTS and body:
        found = loads(body)
        # Whose address it is, is for the order of a hash table to say.
        return header, sorted(map(str, found["topicList"])), "brokerAddr" in found
    if code == 319 and body:
        lines = [line for line in body.decode().split("\n") if not line.startswith("configStorePath=")]
        return header, sorted(lines) if header["version"] == 407 else lines
    if code == 219 and body:
        return header, loads(body), len(body)  # escapes have a length of their own
    assert orjson.dumps(header, option=orjson.OPT_SORT_KEYS) == orjson.dumps(header)
    return header, body


def frames_of(asked: list[Request]) -> list[bytes]:
    """Each request's frame, numbered."""
    return [
        encode_command(RemotingCommand(code=code, opaque=number, ext_fields=ext, body=body, version=version))
        for number, (code, ext, body, version) in enumerate(asked)
    ]


def alike(
    oracle: Oracle, release: str, asked: list[Request], frames: list[bytes], **options: Any
) -> list[bytes | None]:
    """Our server's answers, which are those of the real one. `options`: of ours."""
    with running(profile=release, **options) as server:
        theirs = answers(oracle.host, oracle.port, frames)
        ours = answers(server.host, server.port, frames)
    different = [
        (request, comparable(request[0], a), comparable(request[0], b))
        for request, a, b in zip(asked, theirs, ours, strict=True)
        if comparable(request[0], a) != comparable(request[0], b)
    ]
    assert different == []
    return ours


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_odd_input_is_answered_as_the_real_release_answers_it(
    release: str, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    asked = requests()
    frames = frames_of(asked)
    for capture in ("b550-register", "b550-register-static-topic", "b497-register"):
        for frame in json.loads((CAPTURES / f"{capture}.json").read_text())["frames"]:
            if frame["dir"] == "to-namesrv":
                frames.append(bytes.fromhex(frame["hex"]))
                asked.append((103, None, None, 0))
    for version in (513, 0):
        asked.append((105, {"topic": "AdmStatic"}, None, version))
        frames.append(
            encode_command(RemotingCommand(code=105, opaque=1, ext_fields={"topic": "AdmStatic"}, version=version))
        )
    ours = alike(own_apache_namesrv(release), release, asked, frames)  # whole tables are compared
    assert any(answer is not None and b"topicQueueMappingByBroker" in answer for answer in ours) == (
        release != "apache-4.9.7"
    )


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_administrators_are_answered_as_the_real_release_answers_them(
    release: str, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    asked = known(release, administration())
    assert len(alike(own_apache_namesrv(release), release, asked, frames_of(asked))) > 300


def updates(properties: dict[str, str]) -> list[Request]:
    """One UPDATE_NAMESRV_CONFIG."""
    return [(318, None, "".join(f"{key}={value}\n" for key, value in properties.items()).encode(), 513)]


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_every_option_that_is_turned_on_while_it_runs_counts_as_in_the_real_release(
    release: str, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    asked: list[Request] = []
    for options in SWITCHED.values():
        asked += [*updates(options), *group(), *updates(OFF)]
    assert differences(own_apache_namesrv(release), release, known(release, asked), {}) == []


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", ["everything at once", "waiting", "cluster test"])
def test_every_option_of_the_start_counts_as_in_the_real_release(
    release: str, name: str, own_apache_namesrv: Callable[..., Oracle]
) -> None:
    options = {
        "everything at once": {key: value for each in SWITCHED.values() for key, value in each.items()},
        "waiting": SWITCHED["waiting"],
        "cluster test": {"clusterTest": "true"} | SWITCHED["waiting"] | SWITCHED["acting masters"],
    }[name]
    oracle = own_apache_namesrv(release, properties=options)
    asked = known(release, [*group(), (9999, {"topic": "x"}, None, 513)] if release != "apache-4.9.7" else group())
    assert differences(oracle, release, asked, options) == []


def listing(answer: bytes | None) -> bytes:
    """The body of an answer to GET_NAMESRV_CONFIG."""
    assert answer is not None
    return answer[8 + int.from_bytes(answer[5:8], "big") :]


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_its_own_configuration_is_shown_changed_and_kept_as_by_the_real_release(
    release: str, own_apache_namesrv: Callable[..., Oracle], tmp_path: Path
) -> None:
    properties = {"configBlackList": "secret;;given ", "given": "a ", "unknown": "b", "productEnvName": "p "}
    oracle = own_apache_namesrv(release, properties=properties)
    [theirs] = answers(oracle.host, oracle.port, frames_of([(319, None, None, 513)]))
    before = dict(line.split("=", 1) for line in listing(theirs).decode().splitlines())
    machine = {key: before[key] for key in ("rocketmqHome", "kvConfigPath")}
    asked, file = configuration(), tmp_path / "namesrv.properties"
    file.write_bytes(b"# of the start\n")
    ours = alike(oracle, release, asked, frames_of(asked), options=properties | machine, config_file=file)
    assert file.read_bytes() == listing(ours[-1])
    assert (tmp_path / "namesrv.properties.bak").exists()
    kept = Path(before["configStorePath"]).read_bytes()
    lines = [line for line in kept.splitlines() if not line.startswith(b"configStorePath=")]
    mine = [line for line in file.read_bytes().splitlines() if not line.startswith(b"configStorePath=")]
    assert sorted(lines) == sorted(mine)
