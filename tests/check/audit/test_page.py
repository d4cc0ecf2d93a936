"""docs/audit.md is of the present kinds and of what was seen on real NameServers; the newcomer's page, of commands that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest
from bench.audit.__main__ import PARTS, RELEASES, kept, made_with
from bench.audit.healthy import SETS

from namesrv.check.audit.kinds import KINDS
from namesrv.check.audit.known import known
from namesrv.cli.main import COMMANDS, namesrv

DOCS = Path(__file__).parents[3] / "docs"
NEWCOMER = (DOCS / "is-my-routing-right.md").read_text()


@pytest.mark.parametrize("part", PARTS)
def test_what_is_kept_was_made_by_the_present_sources(part: str) -> None:
    assert made_with()[part] == PARTS[part].of, f"run python -m bench.audit --only {part}"


@pytest.mark.parametrize("release", RELEASES)
def test_each_anomaly_of_the_present_catalogue_was_provoked(release: str) -> None:
    provoked = [row["slug"] for row in kept()[release]]
    assert sorted(provoked) == sorted(anomaly.slug for anomaly in known()[release]), "run python -m bench.audit"


@pytest.mark.parametrize("release", ["apache-5.5.0", "apache-4.9.7"])
def test_anomalies_of_real_namesrvs_were_found_and_named(release: str) -> None:
    rows = [row for row in kept()[release] if row["outcome"] == "reproduced"]
    assert sum(bool(row["named"]) for row in rows) >= 0.75 * len(rows) > 15
    assert sum(row["named"] == 1 for row in rows) >= 5


def test_nothing_was_found_on_real_namesrvs_that_are_in_order() -> None:
    document = kept()["healthy"]
    assert set(document) == set(SETS)
    for rows in document.values():
        assert all(row["findings"] == [] and row["verdicts"].get("holds", 0) > 0 for row in rows)
        at_rest = [row for row in rows if row["phase"] == "at rest"]
        assert all(set(row["verdicts"]) == {"holds"} for row in at_rest)


def test_the_newcomers_page_shows_kinds_that_there_are() -> None:
    shown = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", NEWCOMER))
    assert shown - {"broker-a", "broker-b"} <= set(KINDS)


def test_every_command_of_the_newcomers_page_exists_with_its_options() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", NEWCOMER, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("namesrv ")]
    assert len(lines) >= 12
    context = click.Context(namesrv)
    for line in lines:
        _, name, *rest = shlex.split(line)
        if name in ("record", "trace") and name not in COMMANDS:
            continue  # they come with another branch
        command = namesrv.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            command = command.get_command(context, rest.pop(0))
            assert command is not None, line
        known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
        assert {word for word in rest if re.match("--?[a-z]", word)} <= known, line
