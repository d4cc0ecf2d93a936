"""`namesrv check` and `namesrv verify`, as a user calls them: what they print, and their exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from junitparser import JUnitXml

from namesrv.check import search
from namesrv.check.embedded import Embedded
from namesrv.check.strategies import Part
from namesrv.cli.check import check
from namesrv.cli.verify import verify
from namesrv.model.profiles import Profile
from namesrv.server.tls import context_from_files, self_signed_pem


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Our server, as 4.9.7."""
    with Embedded(profile="apache-4.9.7") as server:
        yield f"127.0.0.1:{server.port}"


def run(*words: str) -> Result:
    return CliRunner().invoke(check, list(words))


def test_a_server_that_behaves_like_its_profile_exits_with_0(address: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run(
        address, "--profile", "apache-4.9.7", "--no-clauses", "--examples", "5", "--seed", "3", "--json", str(report)
    )
    assert result.exit_code == 0, result.output
    assert "holds" in result.output
    document = json.loads(report.read_text())
    assert document["verdict"] == "holds"
    assert document["seed"] == 3
    assert document["examples"] >= 5


def test_a_server_that_does_not_exits_with_1_and_leaves_a_sequence_that_repeats(address: str, tmp_path: Path) -> None:
    kept = tmp_path / "failure.json"
    page, replayed = tmp_path / "page.html", tmp_path / "replayed.html"
    words = (address, "--profile", "strict", "--no-clauses", "--save", str(kept), "--html", str(page))
    result = run(*words, "--examples", "30", "--seed", "1", "--no-expiry")
    assert result.exit_code == 1, result.output
    assert "The shortest sequence found" in result.output
    assert f"--replay {kept}" in result.output.replace("\n", "")
    again = run(address, "--profile", "strict", "--replay", str(kept), "--html", str(replayed))
    assert again.exit_code == 1, again.output
    assert "It was not run again." in again.output, "it was run once"
    for told in (page.read_text(), replayed.read_text()):
        assert 'class="verdict violated"' in told
        assert "<svg" in told and ": not as expected" in told
    for name in ("page-run-1.html", "replayed-run-1.html"):
        assert f'href="{name}"' in page.read_text() + replayed.read_text()
        assert "REGISTER_BROKER" in (tmp_path / name).read_text()
    assert run(address, "--profile", "strict", "--replay", str(kept), "--expect", "violated").exit_code == 0
    assert run(address, "--profile", "apache-4.9.7", "--own", "--replay", str(kept)).exit_code == 0, "maybe a null name"


def test_a_server_that_says_to_be_4_9_gets_no_null_cluster_whatever_the_profile(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep it as a null key, which everybody sees."""
    asked: list[bool] = []
    original = search.parts_that_may_lack

    def noted(profile: Profile, *, own: bool, null_clusters: bool) -> tuple[Part, ...]:
        asked.append(Part.CLUSTER_NAME in (parts := original(profile, own=own, null_clusters=null_clusters)))
        return parts

    monkeypatch.setattr(search, "parts_that_may_lack", noted)
    with Embedded(profile="strict") as server:
        for where, own in ((address, ()), (address, ("--own",)), (f"127.0.0.1:{server.port}", ())):
            run(
                where,
                "--profile",
                "strict",
                "--no-clauses",
                "--examples",
                "1",
                "--no-expiry",
                *own,
                "--save",
                "/dev/null",
            )
    assert asked == [False, True, True]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nowhere",), "expected HOST:PORT, got 'nowhere'"),
        (("127.0.0.1:1", "--no-expiry"), "Connection refused"),
        (("127.0.0.1:1", "--profile", "apache-5.5"), "did you mean 'apache-5.5.0'?"),
        (("127.0.0.1:1", "--replay", "no-such-file.json"), "does not exist"),
        (("127.0.0.1:1", "--option", "supportActingMaster"), "expected NAME=VALUE, got 'supportActingMaster'"),
        (("127.0.0.1:1", "--config", "no-such-file"), "does not exist"),
        (("127.0.0.1:1", "--no-clauses", "--examples", "0"), "nothing is left to run"),
        (("127.0.0.1:1", "--no-clauses", "--clause", "answer/"), "nothing is left to run"),
        (("127.0.0.1:1", "--infer", "--html", "page.html"), "with --json only"),
        (("127.0.0.1:1", "--infer", "--junit", "report.xml"), "with --json only"),
        (("127.0.0.1:1", "--replay", __file__, "--junit", "report.xml"), "with --html only"),
        (("127.0.0.1:1", "--replay", __file__, "--json", "report.json"), "with --html only"),
    ],
    ids=lambda words: str(words[-1]),
)
def test_what_cannot_run_exits_with_2_and_says_why(words: tuple[str, ...], complaint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert complaint in result.output


def test_a_server_behaves_like_its_profile_with_the_options_that_it_was_started_with(tmp_path: Path) -> None:
    file = tmp_path / "namesrv.properties"
    file.write_text("supportActingMaster=true\nunknown = u\nclusterTest=false\norderMessageEnable=false\n")
    started_with = {"supportActingMaster": "true", "unknown": "u", "orderMessageEnable": "true"}
    with Embedded(profile="apache-5.5.0", options=started_with) as server:
        words = (
            f"127.0.0.1:{server.port}",
            "--profile",
            "apache-5.5.0",
            "--examples",
            "8",
            "--seed",
            "2",
            "--no-expiry",
        )
        result = run(*words, "--config", str(file), "--option", "orderMessageEnable=true")
        assert result.exit_code == 0, result.output


def test_a_server_that_speaks_tls_is_checked_over_tls(tmp_path: Path) -> None:
    pem = tmp_path / "both.pem"
    pem.write_bytes(self_signed_pem("127.0.0.1"))
    with Embedded(profile="strict", tls=context_from_files(pem, pem)) as server:
        words = (f"127.0.0.1:{server.port}", "--examples", "3", "--seed", "3", "--no-expiry")
        for trust in (("--tls-ca", str(pem)), ("--tls-insecure",), ()):
            result = run(*words, *trust)
            assert result.exit_code == 0, result.output
        untrusted = run(*words, "--tls")
        assert untrusted.exit_code == 2
        assert "certificate verify failed" in untrusted.output


def test_a_server_that_speaks_no_tls_is_not_taken_for_one_that_does(address: str) -> None:
    result = run(address, "--tls-insecure", "--no-expiry", "--examples", "1")
    assert result.exit_code == 2
    assert "connect to" in result.output


def test_a_run_is_repeated_with_the_same_options(address: str, tmp_path: Path) -> None:
    words = (address, "--profile", "apache-5.5.0", "--examples", "3", "--seed", "3", "--no-expiry", "--no-clauses")
    page = tmp_path / "page.html"
    run(*words, "--option", "unknown=a b", "--html", str(page))
    assert "--option &#39;unknown=a b&#39;" in page.read_text()


def test_brokers_that_nobody_waited_for_are_skipped_and_not_held_to_expire(address: str, tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("report.json", "report.xml", "report.html")}
    words = (address, "--profile", "apache-4.9.7", "--no-clauses", "--examples", "2", "--seed", "3")
    written = ("--json", files["report.json"], "--junit", files["report.xml"], "--html", files["report.html"])
    result = run(*words, *map(str, written))
    assert result.exit_code == 0, result.output
    assert "expiry: skipped  120 s are fixed in this release" in result.output
    assert json.loads(files["report.json"].read_text())["expiry"] is None
    (expiry,) = [suite for suite in JUnitXml.fromfile(str(files["report.xml"])) if suite.name == "expiry"]
    assert (expiry.tests, expiry.skipped) == (1, 1)
    assert "skipped: 120 s are fixed" in files["report.html"].read_text()


def test_verify_runs_the_parts_that_are_asked_for(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["--quick", "--only", "strict, held", "--seed", "1", "--json", str(report)]
    result = CliRunner().invoke(verify, words)
    assert result.exit_code == 0, result.output
    document = json.loads(report.read_text())
    assert [part["name"] for part in document["parts"]] == ["strict, held clock"]
    assert document["parts"][0]["verdict"] == "holds"


def test_verify_without_a_part_is_undecided() -> None:
    result = CliRunner().invoke(verify, ["--quick", "--only", "no such part"])
    assert result.exit_code == 2
    assert "there are: strict over sockets" in result.output
