"""`namesrv prove --against HOST:PORT`: what it says, and its exit codes."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from namesrv.check.embedded import Embedded
from namesrv.check.peer import Peer
from namesrv.check.steps import Style
from namesrv.check.wire import Prefix, encode
from namesrv.cli.prove import prove
from namesrv.explore.peers import registration
from tests.check.peers import hangs_up, serving


def register(port: int) -> Peer:
    """One topic of a broker that is not there: 5.5.0 keeps the name without an address."""
    peer = Peer("127.0.0.1", port, timeout_s=60)
    request = registration(topics={"t1": 4})
    peer.send(encode(Prefix(""), request, Style(), opaque=peer.next_opaque(), oneway=False))
    assert peer.answer(1, time.monotonic() + 60) is not None
    return peer


@pytest.mark.parametrize(
    ("profile", "code", "said"),
    [
        ("strict", 0, "holds"),
        ("apache-5.5.0", 1, "GET_BROKER_CLUSTER_INFO: broker a of C1 has no address"),
    ],
)
def test_it_is_explained_or_the_answers_that_cannot_be_true_are_named(
    profile: str, code: int, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "out.json"
    with Embedded(profile=profile) as server:
        peer = register(server.port)
        options = ["--against", f"127.0.0.1:{server.port}", "--profile", profile, "--json", str(file)]
        result = CliRunner().invoke(prove, options)
        expecting = CliRunner().invoke(prove, [*options, "--expect", "violated"])
        peer.close()
    assert result.exit_code == code
    assert said in result.output
    assert expecting.exit_code == 1 - code
    assert json.loads(file.read_text())["verdict"] == ("holds" if code == 0 else "violated")


def test_data_versions_are_asked_for_with_a_warning() -> None:
    with Embedded(profile="strict") as server:
        result = CliRunner().invoke(prove, ["--against", f"127.0.0.1:{server.port}", "--data-versions"])
    assert "sign of life" in result.output
    assert result.exit_code == 0


def test_who_is_no_namesrv_is_undecided() -> None:
    with serving(hangs_up) as port:
        result = CliRunner().invoke(prove, ["--against", f"127.0.0.1:{port}"])
    assert result.exit_code == 2
    assert "unknown" in result.output


@pytest.mark.parametrize("options", [["--against", "nowhere"], ["--against", "127.0.0.1:1", "--profile", "all"]])
def test_what_can_not_be_asked_is_said(options: list[str]) -> None:
    assert CliRunner().invoke(prove, options).exit_code == 2
