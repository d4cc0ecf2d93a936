"""The Hypothesis state machine: brokers that register, crash, reconnect and change, over several connections at once."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, precondition, rule

from namesrv.check import strategies as small
from namesrv.check.findings import Undecided, Violation
from namesrv.check.runner import Runner
from namesrv.check.steps import Advance, Close, Crc, Open, Requests, Scan, Send, Step, Style
from namesrv.model.events import (
    QueryDataVersion,
    RegisterBroker,
    Request,
    UnregisterBroker,
)

MAX_CONNECTIONS: Final = 4


@attrs.define
class Journal:
    """What one search has seen, for its report. `failures`: sequences with what went wrong, in the order of finding.

    `failed_at`: when the first of them was found, of `time.monotonic`.
    """

    examples: int = 0
    steps: int = 0
    requests: int = 0
    undecided: list[str] = attrs.Factory(list)
    failures: list[tuple[tuple[Step, ...], Violation]] = attrs.Factory(list)
    failed_at: float = 0.0
    out_of_time: Callable[[], bool] = lambda: False

    def failed(self, steps: Iterable[Step], violation: Violation) -> None:
        """Keeps a failing sequence."""
        if not self.failures:
            self.failed_at = time.monotonic()
        self.failures.append((tuple(steps), violation))


def machine_for(
    new_runner: Callable[[], Runner], journal: Journal, *, concurrent: bool, timed: bool = False
) -> type[RuleBasedStateMachine]:
    """A state machine whose every example runs on a runner of its own.

    `concurrent`: whether requests may race; `timed`: whether the runner holds the NameServer's clock.
    """

    class RegistrationMachine(RuleBasedStateMachine):
        """One rule per kind of request; every step is compared with the model by the runner."""

        connections: Bundle[int] = Bundle("connections")
        registrations: Bundle[RegisterBroker] = Bundle("registrations")

        def __init__(self) -> None:
            super().__init__()
            self.steps: list[Step] = []
            self.opened = 0
            self.open_now = 0
            self.skip = journal.out_of_time()
            self.runner: Runner | None = None
            if not self.skip:
                self.runner = new_runner()
                journal.examples += 1

        def do(self, step: Step) -> None:
            """Runs a step and keeps it."""
            if self.runner is None:
                return
            self.steps.append(step)
            journal.steps += 1
            try:
                self.runner.run(step)
            except Violation as violation:
                journal.failed(self.steps, violation)
                raise
            except Undecided as reason:
                journal.undecided.append(str(reason))
                raise

        def send(self, connection: int, request: Request, style: Style, *, oneway: bool = False) -> None:
            """One request, and its answer."""
            send = Send(connection=connection, request=request, style=style, oneway=oneway)
            self.do(Requests(sends=(send,)))

        @initialize(target=connections)
        def first_connection(self) -> int:
            return self._open()

        @precondition(lambda self: self.open_now < MAX_CONNECTIONS)
        @rule(target=connections)
        def open_connection(self) -> int:
            return self._open()

        def _open(self) -> int:
            self.opened += 1
            self.open_now += 1
            self.do(Open(connection=self.opened))
            return self.opened

        @precondition(lambda self: self.open_now > 1)
        @rule(connection=consumes(connections), abort=st.sampled_from((False, False, True)))
        def close_connection(self, connection: int, abort: bool) -> None:
            self.open_now -= 1
            self.do(Close(connection=connection, abort=abort))

        @rule(target=registrations, connection=connections, request=small.register_brokers, style=small.styles)
        def register_broker(self, connection: int, request: RegisterBroker, style: Style) -> RegisterBroker:
            self.send(connection, request, style)
            return request

        @rule(target=registrations, connection=connections, earlier=registrations, style=small.styles, data=st.data())
        def register_broker_again(
            self, connection: int, earlier: RegisterBroker, style: Style, data: st.DataObject
        ) -> RegisterBroker:
            request = data.draw(small.reregistrations(earlier))
            self.send(connection, request, style)
            return request

        @precondition(lambda self: concurrent)
        @rule(target=registrations, connection=connections, request=small.register_brokers)
        def register_broker_one_way(self, connection: int, request: RegisterBroker) -> RegisterBroker:
            self.send(connection, request, Style(), oneway=True)
            return request

        @rule(connection=connections, request=small.register_brokers)
        def register_broker_with_wrong_crc(self, connection: int, request: RegisterBroker) -> None:
            self.send(connection, request, Style(crc=Crc.WRONG))

        @rule(connection=connections, request=small.unregister_brokers, style=small.styles)
        def unregister_broker(self, connection: int, request: UnregisterBroker, style: Style) -> None:
            self.send(connection, request, style)

        @rule(connection=connections, earlier=registrations)
        def unregister_registered_broker(self, connection: int, earlier: RegisterBroker) -> None:
            self.send(connection, _unregistration_of(earlier), Style())

        @rule(connection=connections, request=small.query_data_versions, style=small.styles)
        def query_data_version(self, connection: int, request: QueryDataVersion, style: Style) -> None:
            self.send(connection, request, style)

        @rule(connection=connections, earlier=registrations)
        def query_registered_data_version(self, connection: int, earlier: RegisterBroker) -> None:
            self.send(connection, _query_of(earlier), Style())

        @rule(connection=connections, request=small.broker_heartbeats | small.unknown_requests | small.reads)
        def send_other_request(self, connection: int, request: Request) -> None:
            self.send(connection, request, Style())

        @precondition(lambda self: concurrent)
        @rule(
            sends=st.lists(
                st.tuples(connections, small.register_brokers | small.unregister_brokers | small.query_data_versions),
                min_size=2,
                max_size=3,
            )
        )
        def send_together(self, sends: list[tuple[int, Request]]) -> None:
            self.do(Requests(sends=tuple(Send(connection=number, request=request) for number, request in sends)))

        @precondition(lambda self: concurrent)
        @rule(connections=st.lists(connections, min_size=2, max_size=3), earlier=registrations)
        def unregister_while_registering(self, connections: list[int], earlier: RegisterBroker) -> None:
            requests: list[Request] = [_unregistration_of(earlier), earlier, _query_of(earlier)]
            sends = [
                Send(connection=number, request=request) for number, request in zip(connections, requests, strict=False)
            ]
            self.do(Requests(sends=tuple(sends)))

        @precondition(lambda self: timed)
        @rule(target=registrations, connection=connections, request=small.timed_register_brokers)
        def register_broker_with_timeout(self, connection: int, request: RegisterBroker) -> RegisterBroker:
            self.send(connection, request, Style())
            return request

        @precondition(lambda self: timed)
        @rule(ms=small.pauses_ms)
        def advance(self, ms: int) -> None:
            self.do(Advance(ms=ms))

        @precondition(lambda self: timed)
        @rule(ms=small.pauses_ms)
        def advance_and_scan(self, ms: int) -> None:
            self.do(Advance(ms=ms))
            self.do(Scan())

        def teardown(self) -> None:
            if self.runner is not None:
                journal.requests += self.runner.requests
                self.runner.finish()

    return RegistrationMachine


def _unregistration_of(request: RegisterBroker) -> UnregisterBroker:
    return UnregisterBroker(**_place(request))


def _query_of(request: RegisterBroker) -> QueryDataVersion:
    version = None if request.body is None else request.body.data_version
    return QueryDataVersion(data_version=version, **_place(request))


def _place(request: RegisterBroker) -> dict[str, Any]:
    return {
        "cluster_name": request.cluster_name,
        "broker_addr": request.broker_addr,
        "broker_name": request.broker_name,
        "broker_id": request.broker_id,
    }
