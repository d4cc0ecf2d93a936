"""`namesrv audit`: what it says of NameServers and of who is none, its exit codes, and what it leaves for machines."""

import json
import signal
import socketserver
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from rich.console import Console

from namesrv.check.audit.audited import Audit
from namesrv.check.audit.auditor import Auditor
from namesrv.check.audit.snapshots import Asker
from namesrv.check.embedded import Embedded
from namesrv.check.findings import Verdict
from namesrv.check.oracle import free_port
from namesrv.check.schemas import schema
from namesrv.check.stand_in import StandInBroker
from namesrv.check.target import Target
from namesrv.cli.audit import audit
from namesrv.cli.auditing import watching
from namesrv.server.tls import self_signed_context
from tests.check.peers import hangs_up, serving, silent, speaks_http
from tests.cli.test_proving_against import register
from tests.waiting import until

QUICK = ("--interval", "0")


class At:
    """Where a stand-in broker is to register."""

    host = "127.0.0.1"

    def __init__(self, server: Embedded) -> None:
        self.port = server.port


@contextmanager
def a_set(number: int = 2, profile: str = "apache-5.5.0", topics: int = 3, **options: Any) -> Iterator[list[Embedded]]:
    """So many of our servers, two brokers at each."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Embedded(profile=profile, **options)) for _ in range(number)]
        names = [f"t{number}" for number in range(topics)]
        for server in servers:
            for name, port in (("a", 10911), ("b", 10921)):
                broker = StandInBroker(At(server), addr=f"127.0.0.1:{port}", name=name, topics=names)
                stack.callback(broker.crash)
        yield servers


def addresses(*servers: Embedded | int) -> str:
    ports = [server if isinstance(server, int) else server.port for server in servers]
    return ";".join(f"127.0.0.1:{port}" for port in ports)


def run(*words: str) -> Result:
    return CliRunner().invoke(audit, [*words, *QUICK])


def test_a_sound_set_holds() -> None:
    with a_set() as servers:
        result = run(addresses(*servers))
    assert result.exit_code == 0, result.output
    assert "holds: nothing is wrong in what can be seen" in result.output


def test_what_is_wrong_is_told_with_what_explains_it_and_what_to_do(tmp_path: Path) -> None:
    document, page = tmp_path / "audit.json", tmp_path / "audit.html"
    with Embedded(profile="apache-5.5.0") as server:
        peer = register(server.port)  # one topic of a new broker: refused, and the name is left
        words = (addresses(server), "--json", str(document), "--html", str(page))
        result, expecting = run(*words), run(*words, "--expect", "violated")
        peer.close()
    assert result.exit_code == 1
    assert expecting.exit_code == 0
    assert "1. name-without-address (ClusterAgreement)" in result.output
    assert "a of C1 has no address" in result.output
    assert "register/topic-before-broker/one-topic" in result.output
    assert f"A restart of 127.0.0.1:{server.port} heals it" in result.output
    told = json.loads(document.read_text())
    assert [finding["kind"] for finding in told["findings"]] == ["name-without-address"]
    assert "a of C1 has no address" in page.read_text()


def test_one_of_three_that_is_down_leaves_it_undecided() -> None:
    with a_set() as servers:
        result = run(addresses(*servers, 1))
    assert result.exit_code == 2
    assert "127.0.0.1:1 could not be asked" in result.output


def half_answers(handler: socketserver.StreamRequestHandler) -> None:
    """Begins an answer, and says no more."""
    handler.rfile.read(8)
    handler.wfile.write(b"\x00\x00\x01\x00\x00\x00\x00\x40{")
    silent(handler)


@pytest.mark.parametrize("handle", [hangs_up, silent, speaks_http, half_answers])
def test_who_is_no_namesrv_is_undecided_in_time(handle: Callable[..., None]) -> None:
    with serving(handle) as port, a_set(1) as servers:
        result = run(addresses(*servers, port), "--timeout", "0.2")
    assert result.exit_code == 2
    assert f"127.0.0.1:{port} could not be asked" in result.output


def test_a_namesrv_that_takes_too_long_altogether_is_undecided() -> None:
    with a_set(1, topics=300) as servers:
        result = run(addresses(*servers), "--within", "0.000001")
    assert result.exit_code == 2
    assert "could not be asked" in result.output


def test_over_tls() -> None:
    with a_set(tls=self_signed_context("127.0.0.1")) as servers:
        secret, untrusted = run(addresses(*servers), "--tls-insecure"), run(addresses(*servers), "--tls")
    assert secret.exit_code == 0, secret.output
    assert untrusted.exit_code == 2
    assert "could not be asked" in untrusted.output


def test_thousands_of_topics_are_asked_for_in_windows(tmp_path: Path) -> None:
    document = tmp_path / "audit.json"
    with a_set(1, topics=2_000) as servers:
        result = run(addresses(*servers), "--confirm", "2", "--json", str(document))
    assert result.exit_code == 0, result.output
    (name_server,) = json.loads(document.read_text())["name_servers"]
    assert (name_server["topics"], name_server["requests"]) == (2_000, 2_002)


def test_data_versions_are_asked_for_with_a_warning(tmp_path: Path) -> None:
    document = tmp_path / "audit.json"
    with a_set(1) as servers:
        result = run(addresses(*servers), "--data-versions", "--json", str(document))
    assert "sign of life" in result.output
    assert result.exit_code == 0
    assert json.loads(document.read_text())["name_servers"][0]["requests"] == 2 + 3 + 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x",), "expected HOST:PORT"),
        (("127.0.0.1:1;127.0.0.1:1",), "twice"),
        (("127.0.0.1:1", "--profile", "apache-5.5.1"), "did you mean 'apache-5.5.0'"),
        (("127.0.0.1:1", "--times", "3"), "needs --watch"),
    ],
)
def test_what_makes_no_sense_is_refused(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.output


# Going on -------------------------------------------------------------------------------------------------------------


def test_watching_tells_a_line_for_each_snapshot(tmp_path: Path) -> None:
    document = tmp_path / "audit.json"
    with a_set() as servers:
        result = run(addresses(*servers), "--watch", "--times", "4", "--confirm", "3", "--json", str(document))
    lines = [json.loads(line) for line in document.read_text().splitlines()]
    assert result.exit_code == 0
    assert [line["verdict"] for line in lines] == ["unknown", "holds", "holds", "holds"]
    assert [line["snapshots"] for line in lines] == [1, 2, 3, 3]


def test_watching_shows_what_changes_and_prometheus_gets_it() -> None:
    told: list[Audit] = []
    stop, out, port = threading.Event(), StringIO(), free_port("127.0.0.1")
    with a_set() as servers, ThreadPoolExecutor(1) as pool:
        targets = tuple(Target(host="127.0.0.1", port=server.port) for server in servers)
        auditor = Auditor(Asker(targets=targets).snapshot, confirm=2)
        console = Console(file=out, width=200)
        watch = pool.submit(watching, auditor, console, told.append, stop, interval_s=0.01, times=None, port=port)
        try:
            until("it holds", lambda: told and told[-1].verdict is Verdict.HOLDS)
            broker = StandInBroker(At(servers[0]), addr="127.0.0.1:10931", name="c", topics=["t1", "t2"])
            until("a broker is missing", lambda: told[-1].findings)
            number = len(told)
            until("that is to be had", lambda: len(told) > number)
            metrics = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        finally:
            stop.set()
        assert watch.result().verdict is Verdict.VIOLATED
        broker.crash()
    assert f'namesrv_audit_up{{namesrv="127.0.0.1:{servers[0].port}"}} 1.0' in metrics
    assert f'namesrv_audit_brokers{{namesrv="127.0.0.1:{servers[0].port}"}} 3.0' in metrics
    assert 'namesrv_audit_findings{kind="broker-missing"} 1.0' in metrics
    assert 'namesrv_audit_verdict{verdict="violated"} 1.0' in metrics
    assert f"127.0.0.1:10931 came to 127.0.0.1:{servers[0].port}" in out.getvalue()
    assert "found: c/0 of DefaultCluster, 127.0.0.1:10931, stands at" in out.getvalue()


def test_a_port_that_is_taken_is_told() -> None:
    with a_set(1) as servers:
        result = run(addresses(*servers), "--prometheus-port", str(servers[0].port))
    assert result.exit_code == 2
    assert "--prometheus-port" in result.output


def test_the_screen_shows_the_audit_and_what_has_changed_last() -> None:
    out = StringIO()
    with a_set() as servers:
        targets = (
            *(Target(host="127.0.0.1", port=server.port) for server in servers),
            Target(host="127.0.0.1", port=1),
        )
        auditor = Auditor(Asker(targets=targets).snapshot, confirm=2)
        console = Console(file=out, force_terminal=True, width=160, height=50)
        watching(auditor, console, lambda found: None, threading.Event(), interval_s=0, times=2, port=None)
    assert "Ctrl-C ends it" in out.getvalue()
    assert "could not be asked" in out.getvalue()


def test_ctrl_c_ends_it_with_the_verdict_of_the_last_snapshots() -> None:
    with a_set(1) as servers:
        words = ["-m", "namesrv.cli.main", "audit", addresses(*servers), "--watch", "--interval", "0.01", "--json", "-"]
        with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            while json.loads(process.stdout.readline())["verdict"] != "holds":
                pass
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait(30) == 0


# The document ---------------------------------------------------------------------------------------------------------


def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema("audit"))
    return Draft202012Validator(schema("audit"))


def test_every_document_keeps_to_the_schema_and_the_schema_names_every_key(tmp_path: Path) -> None:
    document = tmp_path / "audit.json"
    with a_set() as servers:
        broker = StandInBroker(At(servers[0]), addr="127.0.0.1:10931", name="c", topics=["t1", "t2"])
        peer = register(servers[0].port)
        run(addresses(*servers, 1), "--json", str(document))
        broker.crash()
        peer.close()
    told = json.loads(document.read_text())
    validator().validate(told)
    known = schema("audit")["properties"]
    assert told.keys() == known.keys()
    assert told["findings"][0].keys() == known["findings"]["items"]["properties"].keys()
    assert told["name_servers"][0].keys() == known["name_servers"]["items"]["properties"].keys()
    assert {row["answers"] for row in told["name_servers"]} == {True, False}
    for path, value in ((("format",), 2), (("verdict",), "fine"), (("findings", 0, "do"), []), (("snapshots",), 0)):
        wrong = json.loads(document.read_text())
        at = wrong
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        assert not validator().is_valid(wrong), path
