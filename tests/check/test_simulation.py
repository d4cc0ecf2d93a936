"""Random walks of large systems."""

import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from namesrv.check.findings import Verdict
from namesrv.check.simulation import WORDS, simulate
from namesrv.cli.simulate import simulate as command
from namesrv.explore.product import broken
from namesrv.explore.registration import registration_system
from namesrv.model import client
from namesrv.model.profiles import APACHE_5_5_0, STRICT
from namesrv.model.system.scope import FAULTS, Scope

LARGE = Scope(brokers=8, namesrvs=2, topics=2, versions=4, faults=6, deletes=1, names=4)
EVERY = attrs.evolve(LARGE, clients=2, acting=True, split=True, shared=True)


@pytest.mark.parametrize("scope", [LARGE, EVERY], ids=["brokers of their own", "whatever a scope may have"])
def test_strict_keeps_its_invariants(scope: Scope) -> None:
    found = simulate(STRICT, scope, walks=3, steps=150, seed_value=1)
    assert (found.verdict, found.broken) == (Verdict.HOLDS, ())
    assert found.moves >= 3 * 150 * 0.9


@pytest.mark.parametrize(
    "profile", [APACHE_5_5_0, attrs.evolve(STRICT, displaced_broker_leaves=False)], ids=["5.5.0", "mutant"]
)
def test_what_is_broken_is_found_and_shrunk(profile: object) -> None:
    assert isinstance(profile, type(STRICT))
    found = simulate(profile, LARGE, walks=60, steps=200, seed_value=2)
    assert found.verdict is Verdict.VIOLATED
    assert len(found.story) < 40
    final = found.story[-1].after
    assert {name.partition("@")[0] for name in broken(registration_system(LARGE, profile), final)} == set(found.broken)


def test_invariants_of_clients_are_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "is_route_changed", lambda old, new: False)
    found = simulate(STRICT, attrs.evolve(LARGE, clients=2), walks=60, steps=200, seed_value=5)
    assert found.broken == ("ClientUsesLastRoute",)


def test_the_same_seed_takes_the_same_walks() -> None:
    stories = [simulate(APACHE_5_5_0, LARGE, walks=40, steps=200, seed_value=3) for _ in range(2)]
    assert [move.rule for move in stories[0].story] == [move.rule for move in stories[1].story]


def test_a_kind_of_fault_that_is_left_out_does_not_happen() -> None:
    quiet = attrs.evolve(LARGE, kinds=frozenset({"break"}))
    found = simulate(APACHE_5_5_0, quiet, walks=60, steps=200, seed_value=4)
    assert not any(
        word in move.rule for move in found.story for kind, words in WORDS.items() if kind != "break" for word in words
    )
    assert set(WORDS) == set(FAULTS)


def test_the_command_tells_the_story_and_how_to_see_it_again(tmp_path: Path) -> None:
    file = tmp_path / "walks.json"
    args = ["--profile", "apache-5.5.0", "--scope", str(LARGE), "--walks", "60", "--steps", "200", "--seed", "2"]
    result = CliRunner().invoke(command, [*args, "--json", str(file)])
    assert result.exit_code == 1
    assert "then broken: " in result.output
    assert "Again: namesrv simulate --profile apache-5.5.0" in result.output
    assert json.loads(file.read_bytes())["story"]
    assert CliRunner().invoke(command, ["--scope", "brokers=0"]).exit_code == 2
