"""What every generated sequence is made of: connections that come and go, brokers that register over them, change and leave.

Two machines build on it: `broker_machine` (what brokers do, races and time), `admin_machine` (what administrators do as well).
They are apart so that the rules of one take no steps from the other's.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, precondition, rule

from namesrv.check import strategies as small
from namesrv.check.findings import Undecided, Violation
from namesrv.check.runner import Runner
from namesrv.check.steps import Close, Open, Requests, Send, Step, Style
from namesrv.check.strategies import Part, VersionStep, changed, with_topics
from namesrv.model.events import RegisterBroker, Request, UnregisterBroker
from namesrv.model.values import TopicConfig

MAX_CONNECTIONS: Final = 4
PLAIN: Final = Style()


@attrs.frozen
class Claim:
    """A registration, and the connection over which it was made."""

    connection: int
    request: RegisterBroker


@attrs.define
class Journal:
    """What one search has seen, for its report. `failures`: sequences with what went wrong, in the order of finding.

    `failed_at`: when the first of them was found, of `time.monotonic`.
    """

    examples: int = 0
    steps: int = 0
    requests: int = 0
    undecided: list[str] = attrs.Factory(list)
    left_behind: list[str] = attrs.Factory(list)
    failures: list[tuple[tuple[Step, ...], Violation]] = attrs.Factory(list)
    failed_at: float = 0.0
    out_of_time: Callable[[], bool] = lambda: False

    def failed(self, steps: Iterable[Step], violation: Violation) -> None:
        """Keeps a failing sequence."""
        if not self.failures:
            self.failed_at = time.monotonic()
        self.failures.append((tuple(steps), violation))


def unregistration_of(request: RegisterBroker) -> UnregisterBroker:
    """How the broker that registered like this leaves."""
    return UnregisterBroker(
        cluster_name=request.cluster_name,
        broker_addr=request.broker_addr,
        broker_name=request.broker_name,
        broker_id=request.broker_id,
    )


@attrs.frozen(kw_only=True)
class Setup:
    """What the examples of one machine run on. `new_runner`: one for each example.

    `concurrent`: whether requests may race; `timed`: whether the runner holds the NameServer's clock; `may_lack`: what may be
    missing in registrations; `own`: whether nobody else uses the NameServer.
    """

    new_runner: Callable[[], Runner]
    journal: Journal
    concurrent: bool = False
    timed: bool = False
    may_lack: Sequence[Part] = ()
    own: bool = False


CONNECTIONS: Final[Bundle[int]] = Bundle("connections")
CLAIMS: Final[Bundle[Claim]] = Bundle("claims")


class Machine(RuleBasedStateMachine):
    """One rule per kind of request; every step is compared with the model by the runner."""

    setup: ClassVar[Setup]

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.opened = 0
        self.open_now = 0
        self.skip = self.setup.journal.out_of_time()
        self.runner: Runner | None = None
        if not self.skip:
            self.runner = self.setup.new_runner()
            self.setup.journal.examples += 1

    def do(self, step: Step) -> None:
        """Runs a step and keeps it."""
        if self.runner is None:
            return
        self.steps.append(step)
        self.setup.journal.steps += 1
        try:
            self.runner.run(step)
        except Violation as violation:
            self.setup.journal.failed(self.steps, violation)
            raise
        except Undecided as reason:
            self.setup.journal.undecided.append(str(reason))
            raise

    def send(self, connection: int, request: Request, style: Style = PLAIN, *, oneway: bool = False) -> None:
        """One request, and its answer."""
        send = Send(connection=connection, request=request, style=style, oneway=oneway)
        self.do(Requests(sends=(send,)))

    def claim(self, connection: int, request: RegisterBroker, style: Style = PLAIN) -> Claim:
        """A registration, and its answer."""
        self.send(connection, request, style)
        return Claim(connection, request)

    @initialize(target=CONNECTIONS)
    def first_connection(self) -> int:
        return self.open()

    @initialize(target=CLAIMS, request=small.register_brokers, configs=small.topic_config_tables(small.SEVERAL_TOPICS))
    def first_broker(self, request: RegisterBroker, configs: dict[str, TopicConfig]) -> Claim:
        """There is a broker from the beginning, for most rules are about one."""
        return self.claim(self.open(), with_topics(request, configs))

    @precondition(lambda self: self.open_now < MAX_CONNECTIONS)
    @rule(target=CONNECTIONS)
    def open_connection(self) -> int:
        return self.open()

    def open(self) -> int:
        """A new connection."""
        self.opened += 1
        self.open_now += 1
        self.do(Open(connection=self.opened))
        return self.opened

    @precondition(lambda self: self.open_now > 1)
    @rule(connection=consumes(CONNECTIONS), abort=st.sampled_from((False, False, True)))
    def close_connection(self, connection: int, abort: bool) -> None:
        self.open_now -= 1
        self.do(Close(connection=connection, abort=abort))

    @rule(target=CLAIMS, connection=CONNECTIONS, request=small.register_brokers, style=small.styles)
    def register_broker(self, connection: int, request: RegisterBroker, style: Style) -> Claim:
        return self.claim(connection, request, style)

    @rule(target=CLAIMS, connection=CONNECTIONS, earlier=CLAIMS, style=small.styles, data=st.data())
    def register_broker_again(self, connection: int, earlier: Claim, style: Style, data: st.DataObject) -> Claim:
        return self.claim(connection, data.draw(small.reregistrations(earlier.request)), style)

    @rule(target=CLAIMS, earlier=CLAIMS, configs=small.topic_config_tables(), step=small.version_steps)
    def change_topics(self, earlier: Claim, configs: dict[str, TopicConfig], step: VersionStep) -> Claim:
        """What a broker does whose topics change: the same place, the next version, over the same connection."""
        return self.claim(earlier.connection, changed(earlier.request, configs, step))

    @rule(target=CLAIMS, connection=CONNECTIONS, earlier=CLAIMS, addr=small.addrs)
    def join_group(self, connection: int, earlier: Claim, addr: str) -> Claim:
        """Another broker of the same name, with the next id."""
        request = attrs.evolve(earlier.request, broker_addr=addr, broker_id=(earlier.request.broker_id or 0) + 1)
        return self.claim(connection, request)

    @rule(earlier=CLAIMS)
    def unregister_own_broker(self, earlier: Claim) -> None:
        self.send(earlier.connection, unregistration_of(earlier.request))

    @rule(connection=CONNECTIONS, earlier=CLAIMS)
    def unregister_registered_broker(self, connection: int, earlier: Claim) -> None:
        self.send(connection, unregistration_of(earlier.request))

    def teardown(self) -> None:
        if self.runner is not None:
            self.setup.journal.requests += self.runner.requests
            self.runner.finish()
            self.setup.journal.left_behind += self.runner.traces
