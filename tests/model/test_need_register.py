"""Which answers to QUERY_DATA_VERSION make a broker register, in both releases."""

import pytest

from namesrv.model.broker_events import Call, CallFailed, ReceivedAnswer
from namesrv.model.broker_profiles import BROKER_4_9_7, BROKER_5_5_0, BrokerProfile
from namesrv.model.need_register import NEED_REGISTER_RULES, Outcome, needs_register
from namesrv.model.values import DataVersion

OURS = DataVersion(timestamp=5, counter=2)
OTHER = DataVersion(timestamp=5, counter=3)
C = Call(0)


def answer(**fields: object) -> ReceivedAnswer:
    return ReceivedAnswer(call=C, code=0, **fields)  # type: ignore[arg-type]


CASES: list[tuple[Outcome, str, bool]] = [
    (CallFailed(call=C), "no-answer", True),
    (ReceivedAnswer(call=C, code=1, changed=True), "not-success", False),
    (answer(has_body=True, body_error=True, changed=False), "body-unreadable", True),
    (answer(has_body=True, data_version=OTHER, changed=False), "version-differs", True),
    (answer(has_body=True, data_version=None, changed=False), "version-differs", True),
    (answer(has_body=True, data_version=OURS, changed=None), "changed-absent", True),
    (answer(changed=None), "changed-absent", True),
    (answer(has_body=True, data_version=OURS, changed=True), "says-changed", True),
    (answer(changed=True), "says-changed", True),
    (answer(has_body=True, data_version=OURS, changed=False), "unchanged", False),
    (answer(changed=False), "unchanged", False),
]


@pytest.mark.parametrize("profile", [BROKER_4_9_7, BROKER_5_5_0], ids=lambda p: p.name)
@pytest.mark.parametrize(("outcome", "rule", "verdict"), CASES)
def test_an_answer_makes_the_broker_register_or_not_by_the_first_rule_that_holds(
    outcome: Outcome, rule: str, verdict: bool, profile: BrokerProfile
) -> None:
    assert needs_register(outcome, OURS, profile) == (rule, verdict)


def test_every_rule_decides_some_case() -> None:
    assert {rule for _, rule, _ in CASES} == {name for name, _, _ in NEED_REGISTER_RULES}


def test_only_five_looks_at_the_state_version() -> None:
    found = answer(has_body=True, changed=False, data_version=DataVersion(state_version=7, timestamp=5, counter=2))
    assert needs_register(found, OURS, BROKER_4_9_7) == ("unchanged", False)
    assert needs_register(found, OURS, BROKER_5_5_0) == ("version-differs", True)
