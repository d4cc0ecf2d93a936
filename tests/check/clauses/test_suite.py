"""The suite as a whole: what its clauses look like, and that our server keeps them."""

import re
from itertools import groupby

import pytest

from namesrv.check.clauses.on_our_server import Servers, fault_of
from namesrv.check.clauses.rules import STRICT
from namesrv.check.clauses.suite import SUITE
from namesrv.check.compared import Compared
from namesrv.check.steps import Open
from namesrv.model.profiles import PROFILES

SENTENCE = re.compile(r"[A-Z0-9`][^\n]*\.", re.DOTALL)
SOURCE = re.compile(r"[A-Z]\w+\.[a-z]\w+")
PAGE = re.compile(r"docs/[a-z-]+\.md")


def test_every_clause_has_a_slug_of_its_own() -> None:
    assert len({clause.slug for clause in SUITE}) == len(SUITE)


def test_clauses_of_one_group_stand_together() -> None:
    groups = [group for group, _ in groupby(SUITE, lambda clause: clause.group)]
    assert len(set(groups)) == len(groups)


def test_rules_are_sentences_with_a_source() -> None:
    for clause in SUITE:
        for rule in clause.rules:
            assert SENTENCE.fullmatch(rule.sentence), clause.slug
            assert (PAGE if rule.tag == STRICT else SOURCE).fullmatch(rule.source), clause.slug


def test_every_rule_is_some_profiles() -> None:
    for clause in SUITE:
        used = [clause.rule(profile) for profile in PROFILES.values()]
        assert all(rule in used for rule in clause.rules), clause.slug


def test_a_rule_names_a_release_that_keeps_it() -> None:
    """A release of its tag, or `strict` for what no release does."""
    for clause in SUITE:
        for rule in clause.rules:
            named = rule.tag if rule.tag == STRICT else rule.tag.replace("rocketmq-all", "apache")
            assert clause.rule(PROFILES[named]) == rule, f"{clause.slug}: {rule.sentence}"


def test_cases_open_their_connections_first_and_then_do_something() -> None:
    for clause in SUITE:
        opened = [step for step in clause.steps if isinstance(step, Open)]
        assert opened, clause.slug
        assert clause.steps[: len(opened)] == tuple(opened), clause.slug
        assert len(clause.steps) > len(opened), clause.slug


@pytest.mark.parametrize("name", PROFILES)
def test_our_server_keeps_every_clause_to_the_letter(name: str) -> None:
    profile = PROFILES[name]
    broken = []
    with Servers(name) as servers:
        for clause in SUITE:
            if clause.rule(profile) is None:
                continue
            with servers.serving(clause) as server:
                fault = fault_of(clause, profile, server, Compared.WORDING)
            if fault is not None:
                broken.append(f"{clause.slug}: {fault}")
    assert broken == []
