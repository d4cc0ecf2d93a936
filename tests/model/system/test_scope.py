"""Scopes as text."""

import pytest

from namesrv.model.system.scope import FAULTS, Scope, parse_scope


def test_a_scope_reads_back_as_it_is_written() -> None:
    scope = Scope(brokers=3, faults=0, forced=False, kinds=frozenset({"break", "crash"}))
    assert parse_scope(str(scope)) == scope
    every = Scope(clients=2, extended=True, acting=True, heartbeats=True, split=True, shared=True)
    assert parse_scope(str(every)) == every
    assert parse_scope(str(Scope())) == Scope()
    assert parse_scope("") == Scope()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("brokers=0", "brokers: expected a number of at least 1, got '0'"),
        ("brokers", "brokers: expected a number of at least 1, got ''"),
        ("faults=-1", "faults: expected a number of at least 0, got '-1'"),
        ("forced=maybe", "forced: expected true or false, got 'maybe'"),
        ("shared=2", "shared: expected true or false, got '2'"),
        ("clients=-1", "clients: expected a number of at least 0, got '-1'"),
        ("kinds=break+brake", f"kinds: expected some of {'+'.join(FAULTS)}, got 'break+brake'"),
        ("brokes=1", "expected one of brokers, namesrvs"),
    ],
)
def test_a_scope_that_cannot_be_read_says_why(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match="scope: ") as error:
        parse_scope(text)
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("shared", "processes"), [(False, [(0,), (1,), (2,)]), (True, [(0, 1), (2,)])], ids=["alone", "in pairs"]
)
def test_brokers_live_alone_or_in_pairs(shared: bool, processes: list[tuple[int, ...]]) -> None:
    scope = Scope(brokers=3, shared=shared)
    assert [scope.members(process) for process in range(scope.processes)] == processes
    assert all(scope.process_of(broker) == number for number, who in enumerate(processes) for broker in who)
