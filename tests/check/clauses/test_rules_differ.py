"""Where a clause has several rules, its case shows each of them on a server that keeps another one."""

from typing import Any, Final
from unittest import mock

import pytest

from namesrv.check.clauses.clause import Clause
from namesrv.check.clauses.on_our_server import Servers, told_apart
from namesrv.check.clauses.suite import SUITE
from namesrv.model.profiles import PROFILES
from namesrv.server.app import Connection

ORDER: Final = ("unregister-broker/and-register-at-once", "connection/order")
"""`strict` promises what the releases leave open: whoever keeps its word keeps theirs, and our server always does."""


def shown_by(clause: Clause, server: str) -> list[str]:
    """Profiles, one of each of the clause's rules but the server's own, that it should not be taken for."""
    own = clause.rule(PROFILES[server])
    first: dict[str, str] = {}
    for name, profile in PROFILES.items():
        rule = clause.rule(profile)
        if rule is not None and own is not None and rule != own:
            first.setdefault(rule.sentence, name)
    return list(first.values())


@pytest.mark.parametrize("server", PROFILES)
def test_a_server_is_not_taken_for_one_of_another_rule(server: str) -> None:
    taken = []
    with Servers(server) as servers:
        for clause in SUITE:
            if clause.slug in ORDER:
                continue
            taken += [
                f"{clause.slug} {name}" for name in shown_by(clause, server) if not told_apart(clause, name, servers)
            ]
    assert taken == []


@pytest.mark.parametrize("slug", ORDER)
def test_a_server_that_works_out_of_order_breaks_what_strict_promises_of_it(slug: str) -> None:
    clause = next(clause for clause in SUITE if clause.slug == slug)
    original = Connection._work

    def backwards(self: Connection, frames: list[Any]) -> None:
        original(self, frames[::-1])

    with mock.patch.object(Connection, "_work", backwards):
        with Servers("strict") as servers:
            assert told_apart(clause, "strict", servers)
        with Servers("apache-5.5.0") as servers:
            assert not told_apart(clause, "apache-5.5.0", servers)
