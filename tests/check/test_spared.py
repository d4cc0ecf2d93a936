"""A failing sequence is made shorter by running it: what remains fails, and no step of it can be spared."""

from namesrv.check.findings import Finding, Undecided, Violation
from namesrv.check.spared import Steps, runnable, without_what_can_be_spared
from namesrv.check.steps import Advance, Close, Open, Requests, Send
from namesrv.model.events import GetRouteInfoByTopic

WRONG = Violation(Finding(what="a route", where="t1", expected=("none",), got="one"))


def asks(*connections: int) -> Requests:
    return Requests(sends=tuple(Send(connection=one, request=GetRouteInfoByTopic(topic="t1")) for one in connections))


STEPS: Steps = (
    Open(connection=1),
    Open(connection=2),
    asks(1),
    Advance(ms=1),
    Close(connection=1),
    asks(2),
    Open(connection=1),
    asks(1, 2),
)


def always(_: Steps) -> bool:
    return True


def test_what_goes_over_a_connection_that_is_not_open_goes_too() -> None:
    assert runnable(STEPS) == STEPS
    assert runnable(STEPS[1:]) == (Open(connection=2), Advance(ms=1), *STEPS[5:])
    assert runnable(STEPS[:6] + STEPS[7:]) == (*STEPS[:6], asks(2))


def test_no_step_of_what_remains_can_be_spared() -> None:
    tried = []

    def again(steps: Steps) -> Violation | None:
        tried.append(steps)
        assert runnable(steps) == steps
        kinds = [type(step) for step in steps]
        return WRONG if Advance in kinds and Requests in kinds[kinds.index(Advance) :] else None

    steps, violation = without_what_can_be_spared(STEPS, WRONG, again, always)
    assert (len(steps), violation) == (3, WRONG)
    assert len(tried) < 2 * len(STEPS)
    assert [again(runnable(steps[:at] + steps[at + 1 :])) for at in range(3)] == [None] * 3


def test_what_can_not_be_decided_is_not_taken() -> None:
    def again(_: Steps) -> Violation | None:
        raise Undecided("a lost connection")

    assert without_what_can_be_spared(STEPS, WRONG, again, always) == (STEPS, WRONG)


def test_it_stops_when_it_is_told_to() -> None:
    tried = []

    def again(steps: Steps) -> Violation | None:
        tried.append(steps)
        return WRONG

    steps, _ = without_what_can_be_spared(STEPS, WRONG, again, lambda steps: len(steps) > 4)
    assert tried == [steps]
    assert without_what_can_be_spared(STEPS, WRONG, again, lambda _: False) == (STEPS, WRONG)
    assert tried == [steps]
