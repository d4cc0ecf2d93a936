"""rocketmq-rust's NameServer as a port under test: what docs/porting.md tells a port's CI to do, done."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bench.mutants.happy_path import walk
from bench.rust_port import rust_namesrv

from namesrv.check.not_available import NotAvailable
from namesrv.check.peer import Peer
from namesrv.check.require import missing
from namesrv.check.runner import Target
from namesrv.remoting.command import decode_command
from namesrv.remoting.frame import FrameDecoder

CAPTURES = Path(__file__).parents[1] / "captures"
SEEN = Path(__file__).parents[2] / "docs" / "conformance" / "rust-1.0.0.json"

pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def rust() -> Iterator[Target]:
    """A running one."""
    try:
        with rust_namesrv() as target:
            yield target
    except NotAvailable as error:
        missing(error)


def test_a_happy_path_finds_nothing_wrong_with_it(rust: Target) -> None:
    assert walk(rust.host, rust.port) is None


RACES = {"channel-destroy/displaced-broker", "register-broker/thousand-topics"}
"""Departures that come and go from run to run: of 1,100 requests for a route it leaves one without an answer, or none."""


def test_what_a_ports_ci_gets_are_the_departures_that_the_scoreboard_shows(rust: Target, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    command = (sys.executable, "-m", "namesrv.cli.main", "check", rust.where, "--profile", "apache-5.5.0")
    done = subprocess.run(
        [*command, "--examples", "0", "--no-expiry", "--junit", file], cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode == 1, done.stdout
    cases = ElementTree.parse(file).iter("testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert failed - RACES == {departure["slug"] for departure in json.loads(SEEN.read_text())["departures"]} - RACES


FINDINGS = [
    ("client-go-route", None),
    ("client-js-route", None),
    ("client-cpp-route", None),
    ("b497-register", 29),
    ("b494-query-data-version", 29),
    ("b494-register-compressed", 29),
    ("b550-register-static-topic", 29),
]
"""What real peers sent, and the code of the port's answer; `None`: it hangs up. docs/findings/ says what was expected."""


@pytest.mark.parametrize(("capture", "code"), FINDINGS)
def test_what_the_findings_say_of_it_is_still_so(rust: Target, capture: str, code: int | None) -> None:
    frames = json.loads((CAPTURES / f"{capture}.json").read_text())["frames"]
    data = bytes.fromhex(next(frame["hex"] for frame in frames if frame["dir"] == "to-namesrv"))
    opaque = decode_command(FrameDecoder().feed(data)[0]).opaque
    peer = Peer(rust.host, rust.port, timeout_s=rust.timeout_s)
    try:
        peer.send(data)
        answer = peer.answer(opaque, time.monotonic() + rust.timeout_s)
        assert (None if answer is None else answer.code) == code
        assert peer.is_closed_by_peer == (code is None)
    finally:
        peer.close()
