"""The Hypothesis state machine: brokers that register, crash, reconnect and change, over several connections at once."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, precondition, rule

from namesrv.check import strategies as small
from namesrv.check.findings import Undecided, Violation
from namesrv.check.runner import Runner
from namesrv.check.steps import Advance, Close, Crc, Open, Requests, Scan, Send, Step, Style, question_of
from namesrv.check.strategies import Part, VersionStep, changed, stepped, with_topics, without
from namesrv.model.events import (
    AddWritePermOfBroker,
    BrokerHeartbeat,
    DeleteKVConfig,
    DeleteTopicInNamesrv,
    GetBrokerMemberGroup,
    GetKVConfig,
    GetSystemTopicList,
    GetTopicsByCluster,
    GetUnitTopicList,
    QueryDataVersion,
    RegisterBroker,
    RegisterTopicInNamesrv,
    Request,
    UnitList,
    UnregisterBroker,
    WipeWritePermOfBroker,
)
from namesrv.model.values import TopicConfig

Draw = Callable[[st.SearchStrategy[Any]], Any]

MAX_CONNECTIONS: Final = 4
DEFAULT_TIMEOUT_MS: Final = 120_000
"""What every release gives a broker that brings no timeout of its own."""


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


def _unregistration_of(request: RegisterBroker) -> UnregisterBroker:
    return UnregisterBroker(**_place(request))


def _heartbeat_of(request: RegisterBroker) -> BrokerHeartbeat:
    return BrokerHeartbeat(
        cluster_name=request.cluster_name, broker_addr=request.broker_addr, broker_name=request.broker_name
    )


def _place(request: RegisterBroker) -> dict[str, Any]:
    return {
        "cluster_name": request.cluster_name,
        "broker_addr": request.broker_addr,
        "broker_name": request.broker_name,
        "broker_id": request.broker_id,
    }


def machine_for(
    new_runner: Callable[[], Runner],
    journal: Journal,
    *,
    concurrent: bool,
    timed: bool = False,
    may_lack: Sequence[Part] = (),
    own: bool = False,
) -> type[RuleBasedStateMachine]:
    """A state machine whose every example runs on a runner of its own.

    `concurrent`: whether requests may race; `timed`: whether the runner holds the NameServer's clock; `may_lack`: what may be
    missing in registrations; `own`: whether nobody else uses the NameServer.
    """

    class RegistrationMachine(RuleBasedStateMachine):
        """One rule per kind of request; every step is compared with the model by the runner."""

        connections: Bundle[int] = Bundle("connections")
        claims: Bundle[Claim] = Bundle("claims")

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

        def claim(self, connection: int, request: RegisterBroker, style: Style) -> Claim:
            """A registration, and its answer."""
            self.send(connection, request, style)
            return Claim(connection, request)

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

        @rule(target=claims, connection=connections, request=small.register_brokers, style=small.styles)
        def register_broker(self, connection: int, request: RegisterBroker, style: Style) -> Claim:
            return self.claim(connection, request, style)

        @rule(target=claims, connection=connections, earlier=claims, style=small.styles, data=st.data())
        def register_broker_again(self, connection: int, earlier: Claim, style: Style, data: st.DataObject) -> Claim:
            return self.claim(connection, data.draw(small.reregistrations(earlier.request)), style)

        @rule(target=claims, earlier=claims, configs=small.topic_config_tables(), step=small.version_steps)
        def change_topics(self, earlier: Claim, configs: dict[str, TopicConfig], step: VersionStep) -> Claim:
            """What a broker does whose topics change: the same place, the next version, over the same connection."""
            return self.claim(earlier.connection, changed(earlier.request, configs, step), Style())

        @rule(
            target=claims,
            earlier=claims,
            configs=small.topic_config_tables(),
            step=small.version_steps,
            full=st.sampled_from((True, True, False)),
        )
        def register_in_full(
            self, earlier: Claim, configs: dict[str, TopicConfig], step: VersionStep, full: bool
        ) -> Claim:
            """What a broker does that says of a body that it is all, so that what it does not name is gone; or that it is a
            part, so that nobody may call its version unchanged.
            """
            self.send(earlier.connection, earlier.request, Style())
            request = attrs.evolve(changed(earlier.request, configs, step), full_body=full)
            self.send(earlier.connection, request, Style())
            self.send(earlier.connection, question_of(request), Style())
            return Claim(earlier.connection, request)

        @precondition(lambda self: self.open_now < MAX_CONNECTIONS)
        @rule(
            target=claims,
            earlier=claims,
            configs=small.topic_config_tables(small.SEVERAL_TOPICS),
            step=small.steps_back,
        )
        def register_late(self, earlier: Claim, configs: dict[str, TopicConfig], step: VersionStep) -> Claim:
            """A broker comes over a new connection; then what it had sent before, with an earlier version, over the old one."""
            request = with_topics(earlier.request, configs)
            connection = self._open()
            self.send(connection, request, Style())
            self.send(earlier.connection, stepped(request, step), Style())
            return Claim(connection, request)

        @rule(target=claims, connection=connections, earlier=claims, addr=small.addrs)
        def join_group(self, connection: int, earlier: Claim, addr: str) -> Claim:
            """Another broker of the same name, with the next id."""
            request = attrs.evolve(earlier.request, broker_addr=addr, broker_id=(earlier.request.broker_id or 0) + 1)
            return self.claim(connection, request, Style())

        @rule(
            target=claims, connection=connections, earlier=claims, configs=small.topic_config_tables(), addr=small.addrs
        )
        def leave_group(self, connection: int, earlier: Claim, configs: dict[str, TopicConfig], addr: str) -> Claim:
            """Another broker of the same name comes, and the one that was there leaves."""
            self.send(earlier.connection, earlier.request, Style())
            request = attrs.evolve(
                with_topics(earlier.request, configs),
                broker_addr=addr,
                broker_id=(earlier.request.broker_id or 0) + 1,
            )
            self.send(connection, request, Style())
            self.send(earlier.connection, _unregistration_of(earlier.request), Style())
            return Claim(connection, request)

        @precondition(lambda self: self.open_now > 1)
        @rule(connection=consumes(connections), earlier=claims, name=small.broker_names, addr=small.addrs)
        def close_connection_of_two(self, connection: int, earlier: Claim, name: str, addr: str) -> None:
            """Two brokers over one connection, which is closed."""
            self.send(connection, earlier.request, Style())
            self.send(connection, attrs.evolve(earlier.request, broker_name=name, broker_addr=addr), Style())
            self.open_now -= 1
            self.do(Close(connection=connection))

        @precondition(lambda self: concurrent)
        @rule(target=claims, connection=connections, request=small.register_brokers)
        def register_broker_one_way(self, connection: int, request: RegisterBroker) -> Claim:
            self.send(connection, request, Style(), oneway=True)
            return Claim(connection, request)

        @rule(connection=connections, request=small.register_brokers)
        def register_broker_with_wrong_crc(self, connection: int, request: RegisterBroker) -> None:
            self.send(connection, request, Style(crc=Crc.WRONG))

        @precondition(lambda self: bool(may_lack))
        @rule(target=claims, connection=connections, request=small.register_brokers, data=st.data())
        def register_broker_with_part_missing(
            self, connection: int, request: RegisterBroker, data: st.DataObject
        ) -> Claim:
            for part in data.draw(st.lists(st.sampled_from(may_lack), min_size=1, max_size=2, unique=True)):
                request = without(request, part)
            return self.claim(connection, request, Style())

        @rule(connection=connections, request=small.unregister_brokers, style=small.styles)
        def unregister_broker(self, connection: int, request: UnregisterBroker, style: Style) -> None:
            self.send(connection, request, style)

        @rule(earlier=claims)
        def unregister_own_broker(self, earlier: Claim) -> None:
            self.send(earlier.connection, _unregistration_of(earlier.request), Style())

        @rule(connection=connections, earlier=claims)
        def unregister_registered_broker(self, connection: int, earlier: Claim) -> None:
            self.send(connection, _unregistration_of(earlier.request), Style())

        @rule(connection=connections, request=small.query_data_versions, style=small.styles)
        def query_data_version(self, connection: int, request: QueryDataVersion, style: Style) -> None:
            self.send(connection, request, style)

        @rule(connection=connections, earlier=claims)
        def query_registered_data_version(self, connection: int, earlier: Claim) -> None:
            self.send(connection, question_of(earlier.request), Style())

        @rule(connection=connections, request=small.broker_heartbeats | small.unknown_requests | small.reads)
        def send_other_request(self, connection: int, request: Request) -> None:
            self.send(connection, request, Style())

        # What administrators do: one rule for many, so that brokers keep their share of the steps. The broker speaks first, over
        # a connection that is open for certain.

        @rule(connection=connections, earlier=claims, data=st.data())
        def administer(self, connection: int, earlier: Claim, data: st.DataObject) -> None:
            draw = data.draw
            scenario = draw(
                st.sampled_from((self.by_hand, self.wipe, self.delete_topic, self.add_topic, self.list_all))
            )
            scenario(connection, earlier, draw)

        def by_hand(self, connection: int, earlier: Claim, draw: Draw) -> None:
            """Whatever name or topic."""
            self.send(connection, draw(small.write_perms | small.topics_by_hand), draw(small.styles))

        def wipe(self, connection: int, earlier: Claim, draw: Draw) -> None:
            """A broker loses its write permission, says what it said, and something new, and gets it back."""
            name, said = earlier.request.broker_name, earlier.request
            self.send(connection, said, Style())
            self.send(connection, WipeWritePermOfBroker(broker_name=name), Style())
            self.send(connection, said, Style())
            self.send(connection, stepped(said, draw(small.version_steps)), Style())
            self.send(connection, AddWritePermOfBroker(broker_name=name), Style())

        def delete_topic(self, connection: int, earlier: Claim, draw: Draw) -> None:
            """A topic of a broker is deleted; the broker says what it said."""
            self.send(connection, earlier.request, Style())
            self.send(connection, draw(small.deleted_topics), Style())
            self.send(connection, earlier.request, Style())

        def add_topic(self, connection: int, earlier: Claim, draw: Draw) -> None:
            """A broker that is there gets a topic by hand, and loses it at once or keeps it."""
            given, topic = draw(small.queue_datas), draw(small.topics)
            data = attrs.evolve(given, broker_name=earlier.request.broker_name)
            request = RegisterTopicInNamesrv(topic=topic, queue_datas=(data,))
            self.send(connection, earlier.request, Style())
            self.send(connection, request, Style())
            self.send(connection, attrs.evolve(request, queue_datas=(attrs.evolve(data, perm=4), given, data)), Style())
            self.send(connection, DeleteTopicInNamesrv(topic=topic, cluster_name=earlier.request.cluster_name), Style())

        def list_all(self, connection: int, earlier: Claim, draw: Draw) -> None:
            """A broker registers, and every list is asked for that may show it."""
            request = earlier.request
            self.send(connection, request, Style())
            group = GetBrokerMemberGroup(cluster_name=request.cluster_name, broker_name=request.broker_name)
            units = [GetUnitTopicList(kind=kind) for kind in UnitList]
            reads: tuple[Request, ...] = (
                GetTopicsByCluster(cluster=request.cluster_name),
                GetSystemTopicList(),
                *units,
                group,
            )
            self.do(Requests(sends=tuple(Send(connection=connection, request=read) for read in reads)))

        @rule(connection=connections, data=st.data())
        def configure(self, connection: int, data: st.DataObject) -> None:
            """Some request about keys; or a key that is put over another value, looked up and deleted."""
            if data.draw(st.booleans()):
                self.send(connection, data.draw(small.kv_requests(own=own)), data.draw(small.styles))
                return
            put = data.draw(small.puts(own=own))
            place = {"namespace": put.namespace, "key": put.key}
            before = attrs.evolve(put, value="before")
            for request in (before, put, GetKVConfig(**place), DeleteKVConfig(**place)):
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
        @rule(connections=st.lists(connections, min_size=2, max_size=3), earlier=claims)
        def unregister_while_registering(self, connections: list[int], earlier: Claim) -> None:
            requests: list[Request] = [
                _unregistration_of(earlier.request),
                earlier.request,
                question_of(earlier.request),
            ]
            sends = [
                Send(connection=number, request=request) for number, request in zip(connections, requests, strict=False)
            ]
            self.do(Requests(sends=tuple(sends)))

        @precondition(lambda self: timed)
        @rule(target=claims, connection=connections, request=small.timed_register_brokers)
        def register_broker_with_timeout(self, connection: int, request: RegisterBroker) -> Claim:
            return self.claim(connection, request, Style())

        @precondition(lambda self: timed)
        @rule(ms=small.pauses_ms, scan=st.booleans())
        def advance(self, ms: int, scan: bool) -> None:
            self.do(Advance(ms=ms))
            if scan:
                self.do(Scan())

        @precondition(lambda self: timed)
        @rule(earlier=claims, alive=st.permutations((question_of, _heartbeat_of)))
        def wait_for_expiry(self, earlier: Claim, alive: list[Callable[[RegisterBroker], Request]]) -> None:
            """Registers, gives a sign of life in between, lets the timeout pass to the millisecond and one more, and scans."""
            timeout_ms = earlier.request.heartbeat_timeout_ms
            if timeout_ms is None or not 0 < timeout_ms < 1 << 40:
                timeout_ms = DEFAULT_TIMEOUT_MS
            self.send(earlier.connection, earlier.request, Style())
            for sign_of_life in alive:
                self.do(Advance(ms=timeout_ms // 2))
                self.send(earlier.connection, sign_of_life(earlier.request), Style())
                self.do(Advance(ms=timeout_ms))
                self.do(Scan())
            self.do(Advance(ms=1))
            self.do(Scan())

        def teardown(self) -> None:
            if self.runner is not None:
                journal.requests += self.runner.requests
                self.runner.finish()
                prefix = self.runner.prefix.text
                journal.left_behind += [f"{prefix}{c} {prefix}{name}" for c, name in self.runner.left_behind]

    return RegistrationMachine
