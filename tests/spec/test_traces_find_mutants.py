"""A specification that is wrong in one line is found out by what was recorded: of each mutant, some trace has no explanation."""

import attrs
import pytest

from namesrv.check.findings import Verdict
from namesrv.check.tlc import spec_folder
from namesrv.check.trace_campaign import record_ours
from namesrv.check.trace_tla import judge_traces

TRACES = 25


@attrs.frozen
class Mutant:
    """One line of a module, and what it is instead."""

    profile: str
    module: str
    line: str
    instead: str


MUTANTS = {
    "an unregistration is forgotten": Mutant(
        "apache-5.5.0", "Requests.tla", "unregistrationQueue = Append(@, r)", "unregistrationQueue = @"
    ),
    "every registration is a first one": Mutant(
        "apache-4.9.7", "RegisterBroker.tla", "first == Holder(s, r.broker_name, r.broker_id) = {}", "first == TRUE"
    ),
    "filter servers stay when none are told": Mutant(
        "apache-5.5.0",
        "RegisterBroker.tla",
        "IF filters = << >> THEN Without(@, {KeyOf(r)})",
        "IF filters = << >> THEN @",
    ),
    "nobody ever expires": Mutant(
        "strict", "Departures.tla", "IsExpired(s, key) == ~s.brokerLiveTable[key].fresh", "IsExpired(s, key) == FALSE"
    ),
    "no version is older": Mutant(
        "strict",
        "DataVersion.tla",
        "THEN new.state_version < old.state_version\n  ELSE IF new.counter",
        "THEN FALSE\n  ELSE IF new.counter",
    ),
    "a part of the topics may be called unchanged": Mutant(
        "strict", "Requests.tla", "  /\\ ~s.brokerLiveTable[KeyOf(r)].partial\n", ""
    ),
    "a slave is not told of its master": Mutant(
        "apache-5.5.0",
        "RegisterBroker.tla",
        "r.broker_id = MASTER_ID \\/ keys = {} THEN NoMaster",
        "TRUE THEN NoMaster",
    ),
    "an acting master's queues may be written to": Mutant(
        "apache-5.5.0", "RegisterBroker.tla", '!.perm = @ \\ {"write"}', "!.perm = @"
    ),
}


@pytest.mark.slow
@pytest.mark.tlc
@pytest.mark.usefixtures("tlc")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_of_the_specification_cannot_explain_what_was_recorded(name: str) -> None:
    mutant = MUTANTS[name]
    text = (spec_folder() / mutant.module).read_text(encoding="utf-8")
    assert text.count(mutant.line) == 1
    traces = record_ours(mutant.profile, TRACES, 1)
    judged, result = judge_traces(
        traces, mutant.profile, instead={mutant.module: text.replace(mutant.line, mutant.instead)}
    )
    verdicts = {each.verdict for each in judged}
    assert Verdict.UNKNOWN not in verdicts, result.text[-2_000:]
    assert Verdict.VIOLATED in verdicts
